// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/expire.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/deletion.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"

namespace vmrotate::job {
namespace {

using rotation::Guard;

constexpr auto look_at_it = "look at that VM in vCenter";

/// What a user asked for, or a brake that a later run releases: retention is met in spite of it.
bool holds_back(const rotation::Objection& objection)
{
    switch (objection.guard) {
        case Guard::powered_off:
        case Guard::not_pinned:
        case Guard::set_not_in_use:
        case Guard::old_enough:
        case Guard::brake: return true;
        default: return false;
    }
}

/// What is in use or pinned is not counted as good: too few of them is its effect, no fault.
bool is_held_back(const std::vector<rotation::Objection>& objections)
{
    return std::ranges::any_of(objections, holds_back) &&
           std::ranges::all_of(objections, [](const rotation::Objection& objection) {
               return holds_back(objection) || objection.guard == Guard::enough_left;
           });
}

void warn(const Run& run, Expiry& outcome, const std::string& text)
{
    outcome.warnings.push_back(text);
    run.observer.warning(text);
}

/// Held back by a use, min_age or the brake is as it should be; by a VM that cannot be read is not.
void hold(const Run& run, const Due& due, const rotation::Decision& decision, Expiry& outcome)
{
    const auto text = fmt::format("'{}' stays: {}", decision.generation.name, decision.reason);
    if (due.unread.empty())
        warn(run, outcome, text);
    else
        outcome.left_undone.push_back({ErrorKind::failed, text, look_at_it});
}

/// What cannot be read is not counted, so that nobody knows whether anything is due.
void doubt(const Due& due, Expiry& outcome)
{
    const auto text = fmt::format("'{}' cannot be read, and may be a generation", due.unread);
    if (!due.unread.empty() && std::ranges::find(due.decisions, rotation::Fate::hold,
                                                 &rotation::Decision::fate) == due.decisions.end())
        outcome.left_undone.push_back({ErrorKind::failed, text, look_at_it});
}

/// The seq of the generation that this run vouches for, if it still stands there and is good.
long verified_seq(const Due& due, const std::vector<vimclient::Vm>& folder)
{
    for (const auto& generation : rotation::sort_out(due.id, facts_of(folder)).generations)
        if (generation.id == due.newest_id && generation.condition == rotation::Condition::good)
            return generation.seq;
    return 0;
}

std::optional<rotation::Deletion> facts_for(vimclient::Vsphere& vsphere, const Run& run,
                                            const Due& due, const std::string& victim_id,
                                            std::size_t deleted_before,
                                            std::optional<SetFacts>& just_read)
{
    const auto known = std::exchange(just_read, {});  // it is used once
    const auto read = known ? *known : read_set_facts(vsphere, due.id);
    const auto& folder = read.folder;
    const auto victim = std::ranges::find_if(
        folder, [&](const vimclient::Vm& vm) { return vm.ref.id == victim_id; });
    if (victim == folder.end())
        return {};
    auto deletion = deletion_of(vsphere, run, due.id, *victim, read);
    deletion.newest_verified_seq = verified_seq(due, folder);
    deletion.deleted_before = static_cast<int>(deleted_before);
    deletion.brake = due.brake;
    return deletion;
}

void expire_one(vimclient::Vsphere& vsphere, const Run& run, const Due& due,
                const rotation::Generation& generation, Expiry& outcome,
                std::optional<SetFacts>& just_read)
{
    run.observer.step(fmt::format("deleting '{}'", generation.name));
    bool was_there = false;
    const auto objections =
        delete_under_guards(vsphere, run, {generation.id, generation.name}, [&] {
            auto facts =
                facts_for(vsphere, run, due, generation.id, outcome.expired.size(), just_read);
            was_there = was_there || facts.has_value();
            return facts;
        });
    if (!was_there) {
        warn(run, outcome,
             fmt::format("'{}' was to expire and is no longer in the folder", generation.name));
        return;
    }
    if (objections.empty()) {
        outcome.expired.push_back(generation.name);
        return;
    }
    const auto sentence =
        fmt::format("'{}' was not deleted: {}", generation.name, text_of(objections));
    if (is_held_back(objections))
        warn(run, outcome, sentence);
    else
        outcome.left_undone.push_back(
            {ErrorKind::refused, sentence, "'vmrotate list' shows the set; look at that VM"});
}

}  // namespace

void expire(vimclient::Vsphere& vsphere, const Run& run, const Due& due, Expiry& outcome,
            std::optional<SetFacts> just_read)
{
    doubt(due, outcome);
    for (auto decision = due.decisions.rbegin(); decision != due.decisions.rend(); ++decision) {
        const rotation::Generation& generation = decision->generation;
        if (decision->fate == rotation::Fate::hold)
            hold(run, due, *decision, outcome);
        if (decision->fate != rotation::Fate::expire)
            continue;
        const std::string what = fmt::format("delete '{}'", generation.name);
        if (run.stop.stop_requested()) {
            outcome.left_undone.push_back(
                {ErrorKind::interrupted, fmt::format("cannot {}: interrupted", what)});
            continue;
        }
        try {
            expire_one(vsphere, run, due, generation, outcome, just_read);
        } catch (const vimclient::Fault& fault) {
            outcome.left_undone.push_back(explain(fault, what));
        } catch (const Error& e) {
            outcome.left_undone.push_back(e.within("cannot " + what));
        }
    }
}

void expire(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared, Outcome& outcome,
            std::optional<SetFacts> just_read)
{
    const Due due{prepared.id, prepared.plan.decisions, prepared.set.unread, outcome.generation_id};
    expire(vsphere, run, due, outcome, std::move(just_read));
}

}  // namespace vmrotate::job
