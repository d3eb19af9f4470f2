// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/backup_vm.hpp"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/commit.hpp"
#include "job/copy.hpp"
#include "job/expire.hpp"
#include "job/further.hpp"
#include "job/heal.hpp"
#include "job/in_step.hpp"
#include "job/lock_by_snapshot.hpp"
#include "job/make_ready.hpp"
#include "job/snapshot_guard.hpp"
#include "job/turn.hpp"

namespace vmrotate::job {
namespace {

rotation::SnapshotNote note_of(const Run& run, const Prepared& prepared, const SourceLock& lock)
{
    return {run.id, prepared.id.set, lock.id(), prepared.server_time};
}

/// Where a copy goes on that nobody may cancel, its snapshot has to stay with it.
Copy copy_or_leave(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                   const Taken& taken, const SourceLock& lock, SnapshotGuard& snapshot)
{
    try {
        return make_copy(vsphere, run, prepared, taken, lock.id());
    } catch (const Error& e) {
        if (e.kind() == ErrorKind::interrupted)
            snapshot.leave_to_next_run();
        throw;
    }
}

/// A removal that cannot be sent never undoes a good copy: `let_go` tries again and tells.
void begin_to_let_go(SnapshotGuard& snapshot, const Run& run)
{
    try {
        snapshot.begin_removal();
    } catch (const std::exception& e) {
        run.observer.remark(e.what());
    }
}

/// Why the snapshot is still there, if it is.
std::optional<Error> let_go(SnapshotGuard& snapshot)
{
    try {
        snapshot.finish_removal();
        return {};
    } catch (const Error& e) {
        return e;
    }
}

void detail(const Run& run, const Prepared& prepared)
{
    job::Observer& observer = run.observer;
    observer.detail(fmt::format("run {}, source {} at {}", run.id, prepared.source.ref.id,
                                prepared.place.path));
    observer.detail(
        fmt::format("slot {:02}, seq {}; copied by {} ({})", prepared.plan.slot, prepared.plan.seq,
                    prepared.host.name.empty() ? "the source's host" : prepared.host.name,
                    prepared.host.reason));
    for (const rotation::Decision& decision : prepared.plan.decisions)
        observer.detail(fmt::format(
            "{}: {}{}", decision.generation.name,
            decision.fate == rotation::Fate::expire ? "expires, " : "stays, ", decision.reason));
    for (const rotation::Stranger& stranger : prepared.set.strangers)
        observer.detail(fmt::format("{}: left alone, it {}", stranger.name, stranger.reason));
}

void warn_of_odd_clock(const Run& run, const Prepared& prepared, Outcome& outcome)
{
    constexpr std::chrono::minutes tolerance{3};
    const auto skew = std::chrono::abs(prepared.clock_skew);
    if (skew <= tolerance)
        return;
    outcome.warnings.push_back(
        fmt::format("the clocks here and at vCenter differ by {}: above an hour nothing expires",
                    duration_text(skew)));
    run.observer.warning(outcome.warnings.back());
}

std::optional<Skip> why_fresh(const Run& run, const Survey& seen)
{
    try {
        refuse_fresh(run, seen.set, seen.server_time);
        return {};
    } catch (const Skip& skip) {
        return skip;
    }
}

}  // namespace

Outcome backup_vm(vimclient::Vsphere& vsphere, const Run& run)
{
    const auto began = run.clock.steady();
    Outcome outcome;

    run.observer.step("looking at the VM and its generations");
    Survey seen = survey(vsphere, run);
    const auto fresh = why_fresh(run, seen);
    if (fresh && run.muster == nullptr) {
        const auto owed = find_owed(vsphere, run, seen);
        if (!owed)
            throw *fresh;
        return copy_owed(vsphere, run, std::move(seen), *owed);
    }
    const auto lock = run.lock(seen.source.instance_uuid);
    add(outcome, heal(vsphere, run, seen, lock->id()));
    heal_further(vsphere, run, seen, lock->id(), outcome);
    Prepared prepared = prepare(vsphere, run, std::move(seen));
    make_ready(vsphere, run, prepared);
    InStep group(run);
    group.come_prepared(prepared, fresh);
    std::unique_ptr<Gate::Pass> turn;
    if (!group.copies_wait())
        turn = take_turn(vsphere, run, prepared);
    group.come_ready();
    describe(outcome, prepared);
    detail(run, prepared);
    warn_of_odd_clock(run, prepared, outcome);

    group.come_to_rest();
    run.observer.step("taking the snapshot");
    SnapshotGuard snapshot(vsphere, run, prepared.source, note_of(run, prepared, *lock));
    group.snapshot_made(false);
    const Taken taken = lock_by_snapshot(vsphere, run, prepared, snapshot.ref());
    group.come_with_snapshot(outcome);
    if (group.copies_wait() && run.gate != nullptr)
        turn = run.gate->copy(place_of(prepared));

    run.observer.step(fmt::format("copying to '{}'", prepared.name(prepared.plan.slot)));
    const Copy copy = copy_or_leave(vsphere, run, prepared, taken, *lock, snapshot);
    turn.reset();

    run.observer.step("removing the snapshot, verifying the copy");
    begin_to_let_go(snapshot, run);
    commit_or_discard(vsphere, run, prepared, copy, outcome);
    auto still_there = let_go(snapshot);

    expire(vsphere, run, prepared, outcome);
    if (still_there && !snapshot.is_over())
        still_there = let_go(snapshot);
    if (still_there)
        outcome.left_undone.insert(outcome.left_undone.begin(), *still_there);
    outcome.snapshot_held = snapshot.held();
    copy_further(vsphere, run, prepared, lock->id(), outcome);
    outcome.total = run.clock.steady() - began;
    return outcome;
}

}  // namespace vmrotate::job
