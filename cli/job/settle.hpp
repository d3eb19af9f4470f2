// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "job/run.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// After a reply was lost: reads the VM until no task works on it, for `task_wait` at most,
/// so that what is read then is how the change ended. Nothing if the VM is gone. Sends no
/// change. Throws Fault.
std::optional<vimclient::Vm> read_once_idle(vimclient::Vsphere& vsphere, const Run& run,
                                            const vimclient::VmRef& vm);

}  // namespace vmrotate::job
