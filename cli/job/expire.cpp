// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/expire.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/deletion.hpp"
#include "job/explain.hpp"

namespace vmrotate::job {
namespace {

using rotation::Guard;

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

void warn(const Run& run, Outcome& outcome, const std::string& text)
{
    outcome.warnings.push_back(text);
    run.observer.warning(text);
}

/// Held back by a use, min_age or the brake is as it should be; by a VM that cannot be read is not.
void hold(const Run& run, const Prepared& prepared, const rotation::Decision& decision,
          Outcome& outcome)
{
    const auto text = fmt::format("'{}' stays: {}", decision.generation.name, decision.reason);
    if (prepared.set.unread.empty())
        warn(run, outcome, text);
    else
        outcome.left_undone.push_back({ErrorKind::failed, text, "look at that VM in vCenter"});
}

void expire_one(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                const rotation::Generation& generation, Outcome& outcome)
{
    const auto folder = vsphere.vms_in(prepared.id.folder_id);
    const auto victim = std::ranges::find_if(
        folder, [&](const vimclient::Vm& vm) { return vm.ref.id == generation.id; });
    if (victim == folder.end()) {
        warn(run, outcome,
             fmt::format("'{}' was to expire and is no longer in the folder", generation.name));
        return;
    }
    auto deletion = deletion_of(vsphere, run, prepared, *victim, folder);
    deletion.newest_verified_seq = outcome.seq;
    deletion.deleted_before = static_cast<int>(outcome.expired.size());

    const auto objections = rotation::objections(deletion);
    if (objections.empty()) {
        run.observer.step(fmt::format("deleting '{}'", generation.name));
        destroy_and_look(vsphere, run, victim->ref);
        outcome.expired.push_back(generation.name);
        return;
    }
    const auto sentence =
        fmt::format("'{}' was not deleted: {}", generation.name, text_of(objections));
    if (std::ranges::all_of(objections, holds_back))
        warn(run, outcome, sentence);
    else
        outcome.left_undone.push_back(
            {ErrorKind::refused, sentence, "'vmrotate list' shows the set; look at that VM"});
}

}  // namespace

void expire(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared, Outcome& outcome)
{
    const auto& decisions = prepared.plan.decisions;  // newest first
    for (auto decision = decisions.rbegin(); decision != decisions.rend(); ++decision) {
        const rotation::Generation& generation = decision->generation;
        if (decision->fate == rotation::Fate::hold)
            hold(run, prepared, *decision, outcome);
        if (decision->fate != rotation::Fate::expire)
            continue;
        const std::string what = fmt::format("delete '{}'", generation.name);
        if (run.stop.stop_requested()) {
            outcome.left_undone.push_back(
                {ErrorKind::interrupted, fmt::format("cannot {}: interrupted", what)});
            continue;
        }
        try {
            expire_one(vsphere, run, prepared, generation, outcome);
        } catch (const vimclient::Fault& fault) {
            outcome.left_undone.push_back(explain(fault, what));
        } catch (const Error& e) {
            outcome.left_undone.push_back(e.within("cannot " + what));
        }
    }
}

}  // namespace vmrotate::job
