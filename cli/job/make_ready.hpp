// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/prepare.hpp"

namespace vmrotate::job {

/// What must be so before the snapshot: no task at work on the source (waited for, up to
/// `task_wait`), nothing to consolidate (done here where the policy allows), the folder
/// there (made here where the policy allows). Brings `prepared` up to date.
///
/// Throws Error (busy) where the VM does not come to rest, and vimclient::Cancelled on a
/// stop request.
void make_ready(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared);

/// Makes the place's folder where it is missing. Throws Error.
void make_folder(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared);

/// Reads `source` until no task runs on it. Throws as `make_ready` does.
void wait_until_idle(vimclient::Vsphere& vsphere, const Run& run, vimclient::Vm& source);

}  // namespace vmrotate::job
