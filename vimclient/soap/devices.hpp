// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "vsphere.hpp"

class vim25__ArrayOfVirtualDevice;

namespace vimclient::wire {

/// The disks among a VM's devices, in order of their addresses. Null has none.
std::vector<Disk> disks_of(const vim25__ArrayOfVirtualDevice* devices);

}  // namespace vimclient::wire
