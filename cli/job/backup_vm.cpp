// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/backup_vm.hpp"

#include <algorithm>
#include <exception>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/announce.hpp"
#include "job/commit.hpp"
#include "job/copy.hpp"
#include "job/discard.hpp"
#include "job/expire.hpp"
#include "job/freeze.hpp"
#include "job/heal.hpp"
#include "job/hooks.hpp"
#include "job/lock_by_snapshot.hpp"
#include "job/make_ready.hpp"
#include "job/skip.hpp"
#include "job/snapshot_guard.hpp"

namespace vmrotate::job {
namespace {

rotation::SnapshotNote note_of(const Run& run, const Prepared& prepared, const SourceLock& lock)
{
    return {run.id, prepared.id.set, lock.id(), prepared.server_time};
}

void describe(Outcome& outcome, const Prepared& prepared)
{
    outcome.datastore = prepared.target.datastore.name;
    outcome.folder = prepared.target.folder.path;
    outcome.host = prepared.host.name;
}

HookStory story_of(const Prepared& prepared)
{
    HookStory story;
    story.phase = "snapshot";
    story.source = prepared.source.ref.id;
    story.datastore = prepared.target.datastore.name;
    story.generation = prepared.name(prepared.plan.slot);
    for (const vimclient::Disk& disk : prepared.source.disks) {
        const auto end = disk.file.find(']');  // "[NFS_mango] a/a.vmdk"
        std::string name = end == std::string::npos ? "" : disk.file.substr(1, end - 1);
        if (!name.empty() && !contains(story.source_datastores, name))
            story.source_datastores.push_back(std::move(name));
    }
    return story;
}

/// Between the hook that brings the guest's applications to rest and the one that lets them go
/// on lies the making of the snapshot, and nothing else.
SnapshotGuard take_snapshot(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                            const SourceLock& lock, Hooks& hooks, GuestWatch& guest)
{
    const Thaw thaw(hooks);
    hooks.before_snapshot();
    run.observer.step("taking the snapshot");
    const Watched watched(guest);
    return SnapshotGuard(vsphere, run, prepared.source, note_of(run, prepared, lock));
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

void commit_or_discard(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                       const Copy& copy, Outcome& outcome)
{
    try {
        commit(vsphere, run, prepared, copy, outcome);
    } catch (const UnfitCopy&) {
        discard_copy(vsphere, run, prepared, {copy.vm, copy.mark.run, copy.made_here});
        throw;
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

void add(Outcome& outcome, Healing healing)
{
    outcome.healed = std::move(healing.done);
    for (std::string& text : healing.left)
        outcome.warnings.push_back(std::move(text));
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

Outcome back_up(vimclient::Vsphere& vsphere, const Run& run, Hooks& hooks)
{
    const auto began = run.clock.steady();
    Outcome outcome;

    run.observer.step("looking at the VM and its generations");
    Survey seen = survey(vsphere, run);
    hooks.story.source = seen.source.ref.id;
    const auto lock = run.lock(seen.source.instance_uuid);
    add(outcome, heal(vsphere, run, seen, lock->id()));
    Prepared prepared = prepare(vsphere, run, std::move(seen));
    make_ready(vsphere, run, prepared);
    describe(outcome, prepared);
    detail(run, prepared);
    warn_of_odd_clock(run, prepared, outcome);

    hooks.story = story_of(prepared);
    recall_freeze(run, prepared);
    GuestWatch guest(vsphere, run, prepared.source.ref);
    SnapshotGuard snapshot = take_snapshot(vsphere, run, prepared, *lock, hooks, guest);
    hooks.story.snapshot = snapshot.ref().id;
    const Taken taken = lock_by_snapshot(vsphere, run, prepared, snapshot.ref());
    outcome.fell_short_of_rest = snapshot.judge_rest(taken.quiesced);
    hooks.after_snapshot();

    hooks.story.phase = "copy";
    run.observer.step(fmt::format("copying to '{}'", prepared.name(prepared.plan.slot)));
    const Copy copy = copy_or_leave(vsphere, run, prepared, taken, *lock, snapshot);

    hooks.story.phase = "commit";
    run.observer.step("removing the snapshot, verifying the copy");
    outcome.freeze = guest.freeze();
    guest.begin();
    begin_to_let_go(snapshot, run);
    commit_or_discard(vsphere, run, prepared, copy, outcome);
    auto still_there = let_go(snapshot);
    guest.end();
    tell_freeze(vsphere, run, copy, guest, outcome);
    name_newest(vsphere, run, prepared.source, outcome);

    hooks.story.phase = "expire";
    hooks.story.generation = outcome.generation;
    if (hooks.after_clone())
        expire(vsphere, run, prepared, outcome);
    if (still_there && !snapshot.is_over())
        still_there = let_go(snapshot);
    if (still_there)
        outcome.left_undone.insert(outcome.left_undone.begin(), *still_there);
    std::ranges::copy(hooks.troubles(), std::back_inserter(outcome.left_undone));
    outcome.snapshot_held = snapshot.held();
    outcome.total = run.clock.steady() - began;
    return outcome;
}

}  // namespace

Outcome backup_vm(vimclient::Vsphere& vsphere, const Run& run)
{
    Hooks hooks(run);
    const auto source = [&] { return vimclient::VmRef{hooks.story.source, run.assignment.vm}; };
    const auto tell_failure = [&](const std::string& message, bool is_server_there) {
        if (is_server_there)
            log_failure(vsphere, run, source(), message);
        hooks.on_failure(message);
    };
    try {
        Outcome outcome = back_up(vsphere, run, hooks);
        log_outcome(vsphere, run, source(), outcome);
        if (!outcome.ok())
            hooks.on_failure(outcome.left_undone.front().what());
        return outcome;
    } catch (const Skip&) {
        throw;
    } catch (const vimclient::Cancelled&) {
        tell_failure("interrupted", true);
        throw;
    } catch (const Error& e) {
        tell_failure(e.what(), e.kind() != ErrorKind::unreachable && e.kind() != ErrorKind::logon);
        throw;
    } catch (const std::exception& e) {
        tell_failure(e.what(), false);
        throw;
    }
}

}  // namespace vmrotate::job
