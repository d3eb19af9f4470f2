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
#include "job/expire.hpp"
#include "job/freeze.hpp"
#include "job/further.hpp"
#include "job/heal.hpp"
#include "job/hooks.hpp"
#include "job/in_step.hpp"
#include "job/lock_by_snapshot.hpp"
#include "job/make_ready.hpp"
#include "job/skip.hpp"
#include "job/snapshot_guard.hpp"
#include "job/together.hpp"
#include "job/turn.hpp"
#include "rotation/note.hpp"

namespace vmrotate::job {
namespace {

rotation::SnapshotNote note_of(const Run& run, const Prepared& prepared, const SourceLock& lock)
{
    return {run.id, prepared.id.set, lock.id(), prepared.server_time};
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

/// Who has a part in the making of the snapshot.
struct Companions {
    Hooks& hooks;
    GuestWatch& guest;
    InStep& group;
};

/// Between the hook that brings the guest's applications to rest and the one that lets them go
/// on lies the making of the snapshot, and nothing but the wait for the others of a group.
SnapshotGuard take_snapshot(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                            const SourceLock& lock, const Companions& with)
{
    const Thaw thaw(with.hooks);
    with.hooks.before_snapshot();
    with.group.come_to_rest();
    run.observer.step("taking the snapshot");
    const Watched watched(with.guest);
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

/// What is read once the commit and the snapshot's removal have both ended.
struct Aftermath {
    std::optional<vimclient::Vm> source;
    std::optional<SetFacts> facts;
};

/// Whether nothing is left to do at the source: else what was read grows old meanwhile.
bool is_settled(const vimclient::Vm& source, const Run& run)
{
    return !source.consolidation_needed &&
           std::ranges::none_of(source.snapshots, [&](const vimclient::Snapshot& snapshot) {
               const auto note = rotation::read_snapshot(snapshot.name, snapshot.description);
               return note && note->run == run.id;
           });
}

/// Reads the copy, and with it all that is wanted next; nothing while the removal goes on.
std::optional<vimclient::Vm> read_aftermath(vimclient::Vsphere& vsphere, const Run& run,
                                            const Prepared& prepared, const Copy& copy,
                                            const SnapshotGuard& snapshot, Aftermath& after)
{
    if (!snapshot.removal_has_ended())
        return {};
    const bool is_due = std::ranges::any_of(prepared.plan.decisions, [](const auto& decision) {
        return decision.fate == rotation::Fate::expire;
    });
    auto question = is_due ? question_of_set(prepared.id) : vimclient::Question{};
    question.vms = {copy.vm, prepared.source.ref};
    auto answer = ask_together(vsphere, question);
    if (!answer || answer->vms.size() != 2)
        return {};
    auto vm = std::move(answer->vms.front());
    after.source = std::move(answer->vms.back());
    if (is_settled(*after.source, run))
        after.facts = set_facts(prepared.id, std::move(*answer));
    return vm;
}

Aftermath commit_and_look(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                          const Copy& copy, const SnapshotGuard& snapshot, Outcome& outcome)
{
    Aftermath after;
    commit_or_discard(vsphere, run, prepared, copy, outcome, [&] {
        return read_aftermath(vsphere, run, prepared, copy, snapshot, after);
    });
    return after;
}

/// Why the snapshot is still there, if it is.
std::optional<Error> let_go(SnapshotGuard& snapshot, const vimclient::Vm* source = nullptr)
{
    try {
        snapshot.finish_removal(source);
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

Outcome back_up(vimclient::Vsphere& vsphere, const Run& run, Hooks& hooks)
{
    const auto began = run.clock.steady();
    Outcome outcome;

    run.observer.step("looking at the VM and its generations");
    Survey seen = survey(vsphere, run);
    hooks.story.source = seen.source.ref.id;
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

    hooks.story = story_of(prepared);
    recall_freeze(run, prepared);
    GuestWatch guest(vsphere, run, prepared.source.ref);
    SnapshotGuard snapshot = take_snapshot(vsphere, run, prepared, *lock, {hooks, guest, group});
    hooks.story.snapshot = snapshot.ref().id;
    group.snapshot_made(run.muster != nullptr && guest.froze_too_long());
    Taken taken = lock_by_snapshot(vsphere, run, prepared, snapshot.ref());
    outcome.fell_short_of_rest = snapshot.judge_rest(taken.quiesced);
    group.come_with_snapshot(outcome);
    hooks.after_snapshot();
    if (group.copies_wait() && run.gate != nullptr)
        turn = run.gate->copy(place_of(prepared));

    if (run.muster != nullptr || !run.assignment.policy.after_snapshot.empty())
        taken.clone_tasks.reset();  // they aged while others were waited for

    hooks.story.phase = "copy";
    run.observer.source_uses(prepared.source.used);
    run.observer.step(fmt::format("copying to '{}'", prepared.name(prepared.plan.slot)));
    const Copy copy = copy_or_leave(vsphere, run, prepared, taken, *lock, snapshot);
    turn.reset();

    hooks.story.phase = "commit";
    run.observer.step("removing the snapshot, verifying the copy");
    outcome.freeze = guest.freeze();
    guest.begin();
    begin_to_let_go(snapshot, run);
    Aftermath after = commit_and_look(vsphere, run, prepared, copy, snapshot, outcome);
    auto still_there = let_go(snapshot, after.source ? &*after.source : nullptr);
    guest.end();
    if (tell_freeze(vsphere, run, copy, guest, outcome))
        after.facts.reset();
    if (run.assignment.policy.newest_alias)
        after.facts.reset();
    group.snapshot_removed(outcome.froze_too_long);
    name_newest(vsphere, run, prepared.source, outcome);

    hooks.story.phase = "expire";
    hooks.story.generation = outcome.generation;
    if (!run.assignment.policy.after_clone.empty())
        after.facts.reset();  // they age while the hook is at work
    if (hooks.after_clone())
        expire(vsphere, run, prepared, outcome, std::move(after.facts));
    if (still_there && !snapshot.is_over())
        still_there = let_go(snapshot);
    if (still_there)
        outcome.left_undone.insert(outcome.left_undone.begin(), *still_there);
    std::ranges::copy(hooks.troubles(), std::back_inserter(outcome.left_undone));
    outcome.snapshot_held = snapshot.held();
    copy_further(vsphere, run, prepared, lock->id(), outcome);
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
