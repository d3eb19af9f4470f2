// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/run.hpp"
#include "rotation/mark.hpp"
#include "vsphere.hpp"

/// Reading and changing the marks of VMs that stand already.
namespace vmrotate::job {

/// Why this VM is no complete generation of its own; empty if it is.
std::string why_no_generation(const vimclient::Vm& vm);

/// The mark of a generation. Throws Error (refused) where it is none: "cannot pin it: ...",
/// where `what` is "pin it".
rotation::Mark mark_of_generation(const vimclient::Vm& vm, const std::string& what);

/// Makes one change of a VM by one ReconfigVM_Task and reads that the keys are as they were to
/// be. If the reply is lost, waits until nothing works on the VM, reads, and sends it once more
/// where it was not done. Returns the VM as it is then. Throws Error: "cannot pin it: ...".
vimclient::Vm change_mark(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& vm,
                          const vimclient::Change& change, const std::string& what);

}  // namespace vmrotate::job
