// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/find.hpp"
#include "rotation/set.hpp"
#include "vsphere.hpp"

/// What forbids a backup before anything has been changed. Pure.
namespace vmrotate::job {

struct Obstacle {
    std::string sentence;  ///< "its disk scsi0:1 is a physical RDM, which cannot be snapshotted"
    std::string hint;
};

/// Every reason why this VM cannot be backed up now; empty if it can.
std::vector<Obstacle> obstacles(const vimclient::Vm& source, const Target& target,
                                const rotation::SetId& set);

/// The same for the length of its generations' names.
std::vector<Obstacle> name_obstacles(const rotation::Stem& stem);

/// Whether the VM carries the whole mark of a generation and stands in this set's folder. One that
/// was moved out has become a VM in its own right.
bool stands_as_generation(const vimclient::Vm& vm, const rotation::SetId& set);

/// Bytes that one more generation of this VM takes at most.
std::int64_t room_needed(const vimclient::Vm& source);

}  // namespace vmrotate::job
