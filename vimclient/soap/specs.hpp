// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "soap/arena.hpp"
#include "vsphere.hpp"

/// The port's wishes -> the specs of calls. The objects live in `arena`.
namespace vimclient::wire {

vim25__VirtualMachineCloneSpec* clone_spec(Arena& arena, const SnapshotRef& from,
                                           const CloneSpec& wish);

/// Without the network cards of `change`; see disconnected.
vim25__VirtualMachineConfigSpec* config_spec(Arena& arena, const Change& change);

/// Edits of all network cards among `devices`: not connected at power-on. `devices` must
/// outlive the call.
std::vector<vim25__VirtualDeviceConfigSpec*> disconnected(
    Arena& arena, const vim25__ArrayOfVirtualDevice* devices);

}  // namespace vimclient::wire
