// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/prepare.hpp"
#include "rotation/recovery.hpp"
#include "vsphere.hpp"

/// Finishing or undoing what dead runs left on one source.
namespace vmrotate::job {

/// What is to be done, by what the server says now. Reads only. `lock_id` is that of the lock
/// file that we hold; empty: none.
rotation::Recovery recovery_of(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                               const std::string& lock_id);

struct Healing {
    std::vector<std::string>
        done;  ///< "removed the snapshot 'vmrotate ...': its run was cut short"
    std::vector<std::string> left;  ///< what stays and needs a person, each with the reason
};

/// Waits for the tasks of dead runs, removes their snapshots, commits or undoes their clones;
/// then reads `seen` again. Needs the lock of the source.
///
/// Throws Error: AnotherRun where one may be at work, failed where a snapshot cannot be removed;
/// what the server says; Cancelled. What a guard keeps is left, and stops nobody.
Healing heal(vimclient::Vsphere& vsphere, const Run& run, Survey& seen, const std::string& lock_id);

/// Throws AnotherRun where the recovery says that a run may be at work.
void refuse_alive(const rotation::Recovery& recovery);

}  // namespace vmrotate::job
