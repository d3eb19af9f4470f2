// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "base/error.hpp"
#include "config/config.hpp"
#include "job/run.hpp"
#include "report/backup_report.hpp"

namespace vimclient {
class Vsphere;
}

/// What becomes of one VM's backup: done, skipped or failed, and why.
namespace vmrotate::cli {

/// Nobody named the VM itself: it may be skipped.
bool is_of_a_job(const config::Assignment& assignment);

/// Backs it up. Throws nothing that a backup may end with; `is_late` tells a copy that was
/// cancelled by its deadline.
report::VmResult back_up(vimclient::Vsphere& vsphere, const job::Run& run,
                         const std::function<bool()>& is_late);

/// What the window left over: skipped, or failed where `window_is_failure` is set.
void skip_for_window(const config::Assignment& assignment, const std::string& reason,
                     report::VmResult& result);

/// The hook before its job failed: skipped or failed, as `hook_failure` says.
report::VmResult refused_by_job(const config::Assignment& assignment, const Error& why);

/// "papaya3: cannot ...", or nothing.
std::string trouble_of(const report::VmResult& result);

}  // namespace vmrotate::cli
