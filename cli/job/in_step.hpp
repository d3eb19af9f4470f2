// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "job/muster.hpp"
#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/run.hpp"
#include "job/skip.hpp"

namespace vmrotate::job {

/// Whether it is of a group whose snapshots are taken together. The group decides then what is
/// done with a member that needs no backup.
bool is_in_step(const Run& run);

/// One VM's way through the points at which the members of its group wait for each other (see
/// Muster). Without a group every call returns at once.
class InStep {
public:
    explicit InStep(const Run& run) : run_(run) {}

    /// Before anything is looked at. In a group that is not consistent this waits until the
    /// members before it have ended.
    void come();

    /// Nothing is changed yet. `fresh` is why it would be skipped by itself; it is thrown where
    /// all members are fresh: some that are not are backed up with all the others. Throws Error
    /// (usage) where the group needs more than a limit allows and may not wait, and what
    /// `Muster::arrive` throws, here and below.
    void come_prepared(const Prepared& prepared, const std::optional<Skip>& fresh);

    /// Takes the right to copy, unless its snapshot may wait for that. Null where it waits, and
    /// without a gate. See `take_turn`.
    std::unique_ptr<Gate::Pass> come_ready(vimclient::Vsphere& vsphere, Prepared& prepared);

    /// Its applications are at rest. The snapshot is taken right after this.
    void come_to_rest();

    /// The snapshot has just been made.
    void snapshot_made(bool froze_too_long);

    /// And it is the lock. What is known of the group goes into `outcome`.
    void come_with_snapshot(Outcome& outcome);

    /// It is gone; `froze_too_long` from its making to here.
    void snapshot_removed(bool froze_too_long);

    /// It fails, by the exception that is being handled: nobody waits for it any more.
    void leave() noexcept;

    /// Whether snapshots are made before there is a right to copy.
    bool copies_wait() const;

private:
    void arrive(Muster::Point point);
    void refuse_shortage(const std::vector<Muster::Report>& reports,
                         const Prepared& prepared) const;

    const Run& run_;
    std::chrono::milliseconds snapshot_began_{0}, snapshot_ended_{0};
};

}  // namespace vmrotate::job
