// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>

#include "job/muster.hpp"
#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/run.hpp"
#include "job/skip.hpp"

namespace vmrotate::job {

/// One VM's way through the points at which the members of its group wait for each other (see
/// Muster). Without a group every call returns at once.
class InStep {
public:
    explicit InStep(const Run& run) : run_(run) {}

    /// Nothing is changed yet. `fresh` is why it would be skipped by itself; it is thrown where
    /// all members are fresh: some that are not are backed up with all the others. Throws Error
    /// (usage) where the group needs more than a limit allows and may not wait, and what
    /// `Muster::arrive` throws, here and below.
    void come_prepared(const Prepared& prepared, const std::optional<Skip>& fresh);

    /// It holds the right to copy, unless its snapshot may wait for that.
    void come_ready();

    /// Its applications are at rest. The snapshot is taken right after this.
    void come_to_rest();

    /// The snapshot has just been made.
    void snapshot_made(bool froze_too_long);

    /// And it is the lock. What is known of the group goes into `outcome`.
    void come_with_snapshot(Outcome& outcome);

    /// It is gone; `froze_too_long` from its making to here.
    void snapshot_removed(bool froze_too_long);

    /// Whether snapshots are made before there is a right to copy.
    bool copies_wait() const;

private:
    void arrive(Muster::Point point);

    const Run& run_;
    std::chrono::milliseconds snapshot_began_{0}, snapshot_ended_{0};
};

}  // namespace vmrotate::job
