// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/prepare.hpp"
#include "vsphere.hpp"

/// Undoes what this run began and did not finish. Nothing here throws, but for Cancelled
/// never either: what cannot be undone is warned of, and left to people.
namespace vmrotate::job {

/// Deletes a copy that this run's own task made and that is not fit to be a generation,
/// if every guard agrees.
void discard_copy(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                  const vimclient::VmRef& copy);

/// Looks in the folder for what a failed copy of this run left behind, and deletes it if
/// every guard agrees.
void discard_remains(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared);

}  // namespace vmrotate::job
