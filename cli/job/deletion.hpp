// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "job/prepare.hpp"
#include "rotation/guards.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// The facts for the guards, but for those that the caller alone knows: reads which other
/// VMs use the victim's disks. `folder` is a reading of the place's folder made just before.
rotation::Deletion deletion_of(vimclient::Vsphere& vsphere, const Run& run,
                               const Prepared& prepared, const vimclient::Vm& victim,
                               const std::vector<vimclient::Vm>& folder);

/// Destroys the VM and reads that it is gone. After a lost reply the end of what runs on it
/// is waited for; nothing is sent again.
/// Throws Fault, or Error where it is still there.
void destroy_and_look(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& victim);

/// The sentences, joined: "it is powered on; it is pinned".
std::string text_of(const std::vector<rotation::Objection>& objections);

}  // namespace vmrotate::job
