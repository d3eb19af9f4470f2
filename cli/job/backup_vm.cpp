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
#include "job/aftermath.hpp"
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
#include "job/obstacles.hpp"
#include "job/skip.hpp"
#include "job/snapshot_guard.hpp"
#include "job/turn.hpp"

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

/// One backup of one VM. What a step leaves for those after it are the members; they end in
/// reverse order, the snapshot first and the lock last.
class Backup {
public:
    Backup(vimclient::Vsphere& vsphere, const Run& run, Hooks& hooks)
        : vsphere_(vsphere), run_(run), hooks_(hooks), group_(run)
    {
    }

    Outcome run()
    try {
        group_.come();
        run_.observer.step("looking at the VM and its generations");
        Survey seen = survey(vsphere_, run_);
        if (!stands_as_generation(seen.source, seen.id))
            hooks_.story.source = seen.source.ref.id;
        const auto fresh = why_fresh(run_, seen);
        if (fresh && !is_in_step(run_))
            return make_up_for(*fresh, std::move(seen));

        heal_and_prepare(std::move(seen));
        come_to_the_turn(fresh);
        take_snapshot();
        copy();
        commit_and_let_go();
        const bool is_fit = expire_what_is_due();
        tell_what_is_left();
        if (is_fit)
            copy_further(vsphere_, run_, *prepared_, lock_->id(), beside_before_, outcome_);
        outcome_.total = run_.clock.steady() - began_;
        return std::move(outcome_);
    } catch (...) {
        if (is_in_step(run_))
            group_.leave();  // before what is undone here, which takes its time
        throw;
    }

private:
    Outcome make_up_for(const Skip& fresh, Survey seen)
    {
        const auto owed = find_owed(vsphere_, run_, seen);
        if (!owed)
            throw fresh;
        return copy_owed(vsphere_, run_, std::move(seen), *owed);
    }

    void heal_and_prepare(Survey seen)
    {
        lock_ = run_.lock(seen.source.instance_uuid);
        add(outcome_, heal(vsphere_, run_, seen, lock_->id()));
        if (!is_in_step(run_))  // what it waited for may have been another run's
            refuse_fresh(run_, seen.set, seen.server_time);
        beside_before_ = heal_further(vsphere_, run_, seen, lock_->id(), outcome_);
        prepared_ = prepare(vsphere_, run_, std::move(seen));
        make_ready(vsphere_, run_, *prepared_);
    }

    void come_to_the_turn(const std::optional<Skip>& fresh)
    {
        group_.come_prepared(*prepared_, fresh);
        turn_ = group_.come_ready(vsphere_, *prepared_);
        describe(outcome_, *prepared_);
        detail(run_, *prepared_);
        warn_of_odd_clock(run_, *prepared_, outcome_);
    }

    void take_snapshot()
    {
        hooks_.story = story_of(*prepared_);
        recall_freeze(run_, *prepared_);
        guest_.emplace(vsphere_, run_, prepared_->source.ref);
        take_it_at_rest();
        hooks_.story.snapshot = snapshot_->ref().id;
        group_.snapshot_made(run_.muster != nullptr && guest_->froze_too_long());
        taken_ = lock_by_snapshot(vsphere_, run_, *prepared_, snapshot_->ref());
        outcome_.fell_short_of_rest = snapshot_->judge_rest(taken_.quiesced);
        group_.come_with_snapshot(outcome_);
        hooks_.after_snapshot();
    }

    /// Between the hook that brings the guest's applications to rest and the one that lets them
    /// go on lies the making of the snapshot, and nothing but the wait for the others of a group.
    void take_it_at_rest()
    {
        const Thaw thaw(hooks_);
        hooks_.before_snapshot();
        group_.come_to_rest();
        run_.observer.step("taking the snapshot");
        const Watched watched(*guest_);
        snapshot_.emplace(vsphere_, run_, prepared_->source, note_of(run_, *prepared_, *lock_));
    }

    void copy()
    {
        if (group_.copies_wait() && run_.gate != nullptr) {
            auto place = place_of(*prepared_);
            place.kind = CopyKind::under_snapshot;
            turn_ = run_.gate->copy(place);
        }
        if (run_.muster != nullptr || !run_.assignment.policy.after_snapshot.empty())
            taken_.clone_tasks.reset();  // they aged while others were waited for
        hooks_.story.phase = "copy";
        run_.observer.source_uses(prepared_->source.used);
        run_.observer.step(fmt::format("copying to '{}'", prepared_->name(prepared_->plan.slot)));
        copy_ = copy_or_leave();
        turn_.reset();
    }

    /// Where a copy goes on that nobody may cancel, its snapshot has to stay with it.
    Copy copy_or_leave()
    {
        try {
            return make_copy(vsphere_, run_, *prepared_, taken_, lock_->id());
        } catch (const Error& e) {
            if (e.kind() == ErrorKind::interrupted)
                snapshot_->leave_to_next_run();
            throw;
        }
    }

    void commit_and_let_go()
    {
        hooks_.story.phase = "commit";
        run_.observer.step("removing the snapshot, verifying the copy");
        begin_to_let_go();
        after_ = commit_and_look(vsphere_, run_, *prepared_, copy_, *snapshot_, outcome_);
        still_there_ = let_go(after_.source ? &*after_.source : nullptr);
        guest_->end();
        tell_freeze(vsphere_, run_, copy_, *guest_, outcome_);
        if (outcome_.freeze || run_.assignment.policy.newest_alias)
            after_.facts.reset();  // they age while the guest is waited for, or more is asked
        group_.snapshot_removed(outcome_.froze_too_long);
        name_newest(vsphere_, run_, prepared_->source, outcome_);
    }

    /// A removal that cannot be sent never undoes a good copy: `let_go` tries again and tells.
    void begin_to_let_go()
    {
        outcome_.freeze = guest_->freeze();
        guest_->begin();
        try {
            snapshot_->begin_removal();
        } catch (const std::exception& e) {
            run_.observer.remark(e.what());
        }
    }

    /// Why the snapshot is still there, if it is.
    std::optional<Error> let_go(const vimclient::Vm* source)
    {
        try {
            snapshot_->finish_removal(source);
            return {};
        } catch (const Error& e) {
            return e;
        }
    }

    /// Nothing goes for a generation that a hook has found unfit. Returns whether none has.
    bool expire_what_is_due()
    {
        hooks_.story.phase = "expire";
        hooks_.story.generation = outcome_.generation;
        if (!run_.assignment.policy.after_clone.empty())
            after_.facts.reset();  // they age while the hook is at work
        if (!hooks_.after_clone())
            return false;
        expire(vsphere_, run_, *prepared_, outcome_, std::move(after_.facts));
        return true;
    }

    void tell_what_is_left()
    {
        if (still_there_ && !snapshot_->is_over())
            still_there_ = let_go(nullptr);
        if (still_there_)
            outcome_.left_undone.insert(outcome_.left_undone.begin(), *still_there_);
        std::ranges::copy(hooks_.troubles(), std::back_inserter(outcome_.left_undone));
        outcome_.snapshot_held = snapshot_->held();
    }

    vimclient::Vsphere& vsphere_;
    const Run& run_;
    Hooks& hooks_;
    InStep group_;
    std::chrono::milliseconds began_ = run_.clock.steady();
    Outcome outcome_;
    std::unique_ptr<SourceLock> lock_;
    std::optional<Prepared> prepared_;
    Ids beside_before_;  ///< what stood in the further places
    std::unique_ptr<Gate::Pass> turn_;
    std::optional<GuestWatch> guest_;
    std::optional<SnapshotGuard> snapshot_;
    Taken taken_;
    Copy copy_;
    Aftermath after_;
    std::optional<Error> still_there_;
};

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
        Outcome outcome = Backup(vsphere, run, hooks).run();
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
