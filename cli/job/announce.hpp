// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/outcome.hpp"
#include "job/run.hpp"
#include "vsphere.hpp"

/// What people find in the vSphere Client: which generation is the newest, and what each run did.
/// Nothing here ever fails a backup.
namespace vmrotate::job {

/// The custom attribute.
inline constexpr const char* newest_attribute = "vmrotate.newest";

/// Once the generation is complete: with `newest_alias` the source names it. Where the server has
/// no custom attributes or the account may not set them, its note does; where that cannot be
/// written either, a warning says so.
void name_newest(vimclient::Vsphere& vsphere, const Run& run, const vimclient::Vm& source,
                 Outcome& outcome);

/// With `event_log`: one line in the source's event log. Where that cannot be done, a detail.
void log_outcome(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
                 const Outcome& outcome);

/// The same of a run that made no generation.
void log_failure(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
                 const std::string& message);

}  // namespace vmrotate::job
