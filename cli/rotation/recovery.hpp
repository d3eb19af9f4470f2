// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rotation/mark.hpp"
#include "rotation/note.hpp"
#include "rotation/set.hpp"

/// What runs that did not end left behind, and what is to be done with it.
///
/// Pure: the caller reads, `recover` decides, the caller acts; a dry run prints the steps.
/// vCenter is the only witness: the note of a snapshot, the mark of a clone, the tasks.
namespace vmrotate::rotation {

/// A snapshot of ours on the source.
struct LeftSnapshot {
    std::string id, name;
    SnapshotNote note;
    Time created{};
};

/// A clone of the set with `state=copying`.
struct LeftClone {
    std::string id, name;
    Mark mark;
    bool is_busy = false;        ///< a task runs on it
    std::optional<Time> copied;  ///< set: the server tells that its copy ended well then
    int of_that_run = 1;         ///< VMs of the folder with that run's mark, whatever its state
};

struct Remains {
    std::vector<LeftSnapshot> snapshots;
    std::vector<LeftClone> clones;
    bool source_is_busy = false;  ///< a task runs on the source, such as a copy that goes on
    Time last_task_end{};         ///< of the source's snapshot and clone tasks

    bool empty() const { return snapshots.empty() && clones.empty(); }
};

/// What tells a dead run from one at work.
struct Witness {
    std::string own_lock;  ///< of the lock file that we hold: who held it before is dead
    Time now{};            ///< the server's clock, by which all signs of life are dated
    std::chrono::seconds grace{15 * 60};
};

enum class Remedy {
    wait,             ///< for the tasks of a dead run, then read and decide again: no other step
    remove_snapshot,  ///< of a dead run
    commit,           ///< a clone whose copy is known to have ended well
    undo,             ///< a clone of which nobody knows that
    leave,            ///< in doubt: it is reported, and stays
};

struct RecoveryStep {
    Remedy remedy = Remedy::leave;
    std::string id, name;  ///< of the snapshot or the clone; empty for `wait`
    std::string run;
    std::string reason;

    bool operator==(const RecoveryStep&) const = default;
};

struct Recovery {
    std::string alive;  ///< why a run may still be at work; then there are no steps
    std::vector<RecoveryStep> steps;
};

/// A run is dead at once if its lock is the one that we hold. Any other is alive while a task
/// runs on the source or on its clone, or its last sign (snapshot made, copy ended) is younger
/// than `grace`, or lies in the future. While one may be alive nothing is touched.
///
/// The snapshots of dead runs go, a clone is committed on proof alone: a half-copied disk has
/// its full capacity and looks whole.
Recovery recover(const Remains& remains, const Witness& witness);

/// The set as these steps will leave it, for the plan of a dry run.
Set foresee(const Set& set, const Recovery& recovery);

}  // namespace vmrotate::rotation
