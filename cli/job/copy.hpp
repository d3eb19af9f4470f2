// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "job/prepare.hpp"
#include "rotation/mark.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// A copy that has ended well, and is not yet a generation.
struct Copy {
    vimclient::VmRef vm;
    int slot = 0;
    rotation::Mark mark;         ///< as it was written: copying, without `self`
    std::vector<int> disk_keys;  ///< of the snapshot's disks
    bool made_here = true;       ///< by this run, not by one that was cut short
};

/// A generation that is copied on to a further place.
struct Original {
    vimclient::VmRef vm;
    rotation::Mark mark;
};

/// What is copied, once it is known by reading it: a snapshot of the source, or a generation.
struct Taken {
    vimclient::SnapshotRef ref;  ///< empty where it is a generation
    rotation::Time created{};
    bool quiesced = false;
    std::optional<Original> generation = {};

    /// What was read with the snapshot: its disks, and the source's clone tasks.
    std::optional<std::vector<vimclient::Disk>> disks = {};
    std::optional<std::vector<vimclient::Task>> clone_tasks = {};
};

/// Of a VM's tasks those that clone it.
std::vector<vimclient::Task> clone_tasks_of(const vimclient::Vm& source);

/// Clones the snapshot, or the generation, into the planned slot; where the name is taken, into the
/// next one, once round the ring. If the reply was lost, finds the task and waits for its end.
///
/// Throws Error, or vimclient::Cancelled. What a failed copy left behind is undone under
/// the guards, or warned of.
Copy make_copy(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
               const Taken& snapshot, const std::string& lock_id);

}  // namespace vmrotate::job
