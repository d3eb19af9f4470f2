// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/further.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/places.hpp"
#include "job/commit.hpp"
#include "job/copy.hpp"
#include "job/discard.hpp"
#include "job/expire.hpp"
#include "job/explain.hpp"
#include "job/make_ready.hpp"
#include "job/settle.hpp"
#include "job/skip.hpp"
#include "job/turn.hpp"

namespace vmrotate::job {
namespace {

/// Runs in the further places, each with an id of its own: guards count the VMs of one run.
std::vector<Run> runs_beside(const Run& run)
{
    std::vector<Run> runs;
    for (const config::Assignment& place : config::places_of(run.assignment)) {
        if (!place.first)
            continue;
        runs.push_back(run);
        runs.back().assignment = place;
        runs.back().id = run.new_id();
        runs.back().hints = nullptr;  // they tell of the first place
    }
    return runs;
}

/// Why a generation cannot be copied as it was that night; empty if it can.
std::string what_became_of(const vimclient::Vm& vm, const rotation::MarkReading& reading)
{
    if (reading.kind != rotation::MarkReading::Kind::whole ||
        reading.mark.state != rotation::State::complete || reading.mark.self != vm.instance_uuid)
        return "no longer carries its mark";
    if (vm.power != vimclient::Power::off)
        return "is not powered off";
    if (!vm.snapshots.empty())
        return "has a snapshot";
    return {};
}

/// The generation as it must stand for as long as it is copied. Throws UnfitCopy.
rotation::Mark read_original(vimclient::Vsphere& vsphere, const vimclient::VmRef& generation)
{
    const auto vm = read_one(vsphere, generation);
    const auto reading = rotation::decode(vm.mark);
    if (const auto wrong = what_became_of(vm, reading); !wrong.empty())
        throw UnfitCopy(ErrorKind::failed,
                        fmt::format("cannot copy '{}' on: it {}", generation.name, wrong),
                        "somebody changed it meanwhile; the next backup makes another copy");
    return reading.mark;
}

/// A copy of what was changed under it is none of that night.
void demand_unchanged(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                      const vimclient::VmRef& generation, const Copy& copy)
{
    try {
        read_original(vsphere, generation);
    } catch (const UnfitCopy&) {
        discard_copy(vsphere, run, prepared, {copy.vm, copy.mark.run, copy.made_here});
        throw;
    }
}

/// What this place has of that night, but for what stood there before it.
const rotation::Generation* find_copy(const rotation::Set& set, rotation::Time taken,
                                      const Ids& before = {})
{
    const auto found =
        std::ranges::find_if(set.generations, [&](const rotation::Generation& generation) {
            return generation.taken == taken && !before.contains(generation.id);
        });
    return found == set.generations.end() ? nullptr : &*found;
}

void tell(Outcome& outcome, const rotation::Generation& generation)
{
    outcome.generation = generation.name;
    outcome.generation_id = generation.id;
    outcome.slot = generation.slot;
    outcome.seq = generation.seq;
}

/// What is copied on.
struct Onward {
    vimclient::VmRef generation;
    std::string lock_id;
    Ids before;              ///< none of these is a copy of it
    bool may_expire = true;  ///< what a hook may have found unfit replaces nothing
};

/// What the place is found to be, healed, and what is planned there.
class Planner {
public:
    Planner(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
            const std::string& lock_id, Outcome& result)
        : vsphere_(vsphere), run_(run), first_(first), lock_id_(lock_id), result_(result)
    {
    }

    Survey look() const
    {
        Survey seen = survey_beside(vsphere_, run_, first_);
        add(result_, heal(vsphere_, run_, seen, lock_id_));
        return seen;
    }

    Prepared plan(Survey seen) const
    {
        Prepared prepared = prepare_beside(vsphere_, run_, first_, std::move(seen));
        make_folder(vsphere_, run_, prepared);
        return prepared;
    }

private:
    vimclient::Vsphere& vsphere_;
    const Run& run_;
    const Prepared& first_;
    const std::string& lock_id_;
    Outcome& result_;
};

void copy_to(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
             const Onward& onward, Outcome& result)
{
    const vimclient::VmRef& generation = onward.generation;
    const auto mark = read_original(vsphere, generation);
    const Planner planner(vsphere, run, first, onward.lock_id, result);
    Survey seen = planner.look();
    if (const auto* there = find_copy(seen.set, mark.taken, onward.before))
        return tell(result, *there);
    std::optional<rotation::Generation> made_by_another;
    Prepared prepared = planner.plan(std::move(seen));
    auto pass = take_turn_beside(run, first, prepared, [&] {
        read_original(vsphere, generation);
        Survey now = planner.look();
        const auto* found = find_copy(now.set, mark.taken, onward.before);
        if (found == nullptr)
            return planner.plan(std::move(now));
        made_by_another = *found;
        return prepared;
    });
    describe(result, prepared);
    if (made_by_another)
        return tell(result, *made_by_another);

    const Taken taken{{}, mark.taken, mark.quiesced, Original{generation, mark}};
    run.observer.step(fmt::format("copying '{}' on to '{}' on '{}'", generation.name,
                                  prepared.name(prepared.plan.slot), result.datastore));
    const Copy copy = make_copy(vsphere, run, prepared, taken, onward.lock_id);
    pass.reset();
    demand_unchanged(vsphere, run, prepared, generation, copy);
    commit_or_discard(vsphere, run, prepared, copy, result);
    if (onward.may_expire)
        expire(vsphere, run, prepared, result);
}

/// The same; what went wrong is left undone.
Outcome try_to_copy_to(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                       const Onward& onward)
{
    const auto began = run.clock.steady();
    Outcome result;
    result.datastore = run.assignment.policy.datastore;
    result.folder = run.assignment.policy.folder;
    const auto fail = [&](const Error& error) { result.left_undone.push_back(error); };
    try {
        if (run.stop.stop_requested())
            throw vimclient::Cancelled{};
        explaining("copy it on", [&] { copy_to(vsphere, run, first, onward, result); });
    } catch (const vimclient::Cancelled&) {
        fail({ErrorKind::interrupted, "interrupted: no copy was made there"});
    } catch (const Skip& skip) {
        const std::string why = fmt::format("not copied on: {}", skip.what());
        if (run.assignment.rules.window_is_failure) {
            fail({ErrorKind::some_failed, why, "the next run makes up for it"});
        } else {
            result.warnings.push_back(why);
            run.observer.warning(why);
        }
    } catch (const Error& error) {
        fail(error);
    } catch (const vimclient::OutcomeUnknown& lost) {
        fail(explain(lost, "copy it on"));
    }
    result.total = run.clock.steady() - began;
    return result;
}

void copy_to_all(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                 const Onward& onward, Outcome& outcome)
{
    for (const Run& there : runs_beside(run)) {
        Outcome result = try_to_copy_to(vsphere, there, first, onward);
        const std::string where = fmt::format("the copy on '{}'", result.datastore);
        for (const Error& undone : result.left_undone)
            outcome.left_undone.push_back(undone.within(where));
        for (const std::string& warning : result.warnings)
            outcome.warnings.push_back(where + ": " + warning);
        for (const std::string& deed : result.healed)
            outcome.healed.push_back(deed);
        outcome.copies.push_back(std::move(result));
    }
}

}  // namespace

void describe(Outcome& outcome, const Prepared& prepared)
{
    outcome.datastore = prepared.target.datastore.name;
    outcome.folder = prepared.target.folder.path;
    outcome.host = prepared.host.name;
}

void add(Outcome& outcome, Healing healing)
{
    for (std::string& text : healing.done)
        outcome.healed.push_back(std::move(text));
    for (std::string& text : healing.left)
        outcome.warnings.push_back(std::move(text));
}

Ids heal_further(vimclient::Vsphere& vsphere, const Run& run, const Survey& first,
                 const std::string& lock_id, Outcome& outcome)
{
    Ids standing;
    for (const Run& there : runs_beside(run)) {
        try {
            Survey seen = survey_beside(vsphere, there, first);
            add(outcome, heal(vsphere, there, seen, lock_id));
            for (const rotation::Generation& generation : seen.set.generations)
                standing.insert(generation.id);
        } catch (const Error& error) {
            if (error.kind() == ErrorKind::busy)
                throw;
            run.observer.detail(fmt::format("the place on '{}': {}",
                                            there.assignment.policy.datastore, error.what()));
        } catch (const vimclient::OutcomeUnknown& lost) {
            run.observer.warning(lost.what());
        }
    }
    return standing;
}

void copy_further(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                  const std::string& lock_id, const Ids& before, Outcome& outcome)
{
    const Onward onward{{outcome.generation_id, outcome.generation}, lock_id, before};
    copy_to_all(vsphere, run, first, onward, outcome);
}

std::optional<rotation::Generation> find_owed(vimclient::Vsphere& vsphere, const Run& run,
                                              const Survey& first)
{
    const auto newest = std::ranges::find(first.set.generations, rotation::Condition::good,
                                          &rotation::Generation::condition);
    if (run.assignment.policy.copies.empty() || newest == first.set.generations.end())
        return {};
    for (const Run& there : runs_beside(run)) {
        try {
            const Survey seen = survey_beside(vsphere, there, first);
            if (find_copy(seen.set, newest->taken) == nullptr)
                return *newest;
        } catch (const Error&) {  // whoever copies on says what it is
            return *newest;
        }
    }
    return {};
}

Outcome copy_owed(vimclient::Vsphere& vsphere, const Run& run, Survey first,
                  const rotation::Generation& generation)
{
    const auto began = run.clock.steady();
    Outcome outcome;
    const auto lock = run.lock(first.source.instance_uuid);
    add(outcome, heal(vsphere, run, first, lock->id()));
    heal_further(vsphere, run, first, lock->id(), outcome);
    Prepared prepared{std::move(first), {}, {}, {}};
    prepared.stamp = run.clock.stamp(run.clock.now());
    describe(outcome, prepared);
    tell(outcome, generation);
    const bool is_fit = run.assignment.policy.after_clone.empty();
    const Onward onward{{generation.id, generation.name}, lock->id(), {}, is_fit};
    copy_to_all(vsphere, run, prepared, onward, outcome);
    outcome.total = run.clock.steady() - began;
    return outcome;
}

}  // namespace vmrotate::job
