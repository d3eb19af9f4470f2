// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "job/run.hpp"
#include "vsphere.hpp"

/// Learning how a change of a VM ended.
namespace vmrotate::job {

/// The VM as it is now. Throws Error: failed where it is gone; what the server says.
vimclient::Vm read_one(vimclient::Vsphere& vsphere, const vimclient::VmRef& vm);

/// After a reply was lost: reads the VM until no task works on it, for `task_wait` at most,
/// so that what is read then is how the change ended. Nothing if the VM is gone. Sends no
/// change. Throws Fault.
std::optional<vimclient::Vm> read_once_idle(vimclient::Vsphere& vsphere, const Run& run,
                                            const vimclient::VmRef& vm);

/// Sends a change, and believes it only when `is_done` says so of the VM as it then is. If the
/// reply was lost, the VM is read once nothing works on it, and the change is sent once more
/// where it was not done. `read_back` may read the VM once the change has ended, with other things
/// that it wants; nothing: it is read by itself. `what` is the deed, "commit 'zz_a-01-...'".
/// Returns the changed VM. Throws Error.
vimclient::Vm change_surely(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& vm,
                            const std::string& what, const std::function<void()>& send,
                            const std::function<bool(const vimclient::Vm&)>& is_done,
                            const std::function<std::optional<vimclient::Vm>()>& read_back = {});

}  // namespace vmrotate::job
