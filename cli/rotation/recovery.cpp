// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/recovery.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

/// What one run has left to be known by.
struct Life {
    std::string lock, name;
    Time last_sign{};
    bool is_busy = false;
};

/// By run id.
using Lives = std::map<std::string, Life>;

Lives lives_of(const Remains& remains)
{
    Lives lives;
    for (const LeftSnapshot& snapshot : remains.snapshots) {
        Life& life = lives[snapshot.note.run];
        life.lock = snapshot.note.lock;
        life.name = "the snapshot '" + snapshot.name + "'";
        life.last_sign = std::max({life.last_sign, snapshot.note.started, snapshot.created});
    }
    for (const LeftClone& clone : remains.clones) {
        Life& life = lives[clone.mark.run];
        life.lock = clone.mark.lock;
        life.name = "the copy '" + clone.name + "'";
        life.last_sign =
            std::max({life.last_sign, clone.mark.taken, clone.copied.value_or(Time{})});
        life.is_busy = life.is_busy || clone.is_busy;
    }
    for (auto& [run, life] : lives)
        life.last_sign = std::max(life.last_sign, remains.last_task_end);
    return lives;
}

std::string why_alive(const Life& life, const Remains& remains, const Witness& witness)
{
    if (!witness.own_lock.empty() && life.lock == witness.own_lock)
        return {};
    if (remains.source_is_busy || life.is_busy)
        return "a task of it may be running";
    if (life.last_sign > witness.now)
        return fmt::format("its last sign, of {}, lies in the future of vCenter's clock",
                           utc_text(life.last_sign));
    if (witness.now - life.last_sign < witness.grace)
        return fmt::format("its last sign, of {}, is younger than the grace of {} min",
                           utc_text(life.last_sign),
                           std::chrono::ceil<std::chrono::minutes>(witness.grace).count());
    return {};
}

std::string find_alive(const Lives& lives, const Remains& remains, const Witness& witness)
{
    for (const auto& [run, life] : lives)
        if (const auto why = why_alive(life, remains, witness); !why.empty())
            return fmt::format("run {}, which left {}: {}", run, life.name, why);
    return {};
}

RecoveryStep step_for(const LeftClone& clone)
{
    RecoveryStep step{Remedy::leave, clone.id, clone.name, clone.mark.run, {}};
    if (clone.of_that_run != 1) {
        step.reason = "several VMs carry the mark of its run";
    } else if (clone.copied) {
        step.remedy = Remedy::commit;
        step.reason = fmt::format("its copy ended well at {}", utc_text(*clone.copied));
    } else {
        step.remedy = Remedy::undo;
        step.reason = "nothing tells that its copy ended well";
    }
    return step;
}

}  // namespace

Recovery recover(const Remains& remains, const Witness& witness)
{
    const Lives lives = lives_of(remains);
    Recovery recovery{find_alive(lives, remains, witness), {}};
    if (!recovery.alive.empty())
        return recovery;

    const bool is_busy =
        remains.source_is_busy || std::ranges::any_of(remains.clones, &LeftClone::is_busy);
    if (is_busy && !remains.empty()) {
        recovery.steps.push_back(
            {Remedy::wait, {}, {}, lives.begin()->first, "a task that it began may still run"});
        return recovery;
    }
    for (const LeftSnapshot& snapshot : remains.snapshots)
        recovery.steps.push_back({Remedy::remove_snapshot, snapshot.id, snapshot.name,
                                  snapshot.note.run, "its run was cut short"});
    for (const LeftClone& clone : remains.clones)
        recovery.steps.push_back(step_for(clone));
    return recovery;
}

Set foresee(const Set& set, const Recovery& recovery)
{
    Set result = set;
    for (const RecoveryStep& step : recovery.steps) {
        const auto clone = std::ranges::find(result.unfinished, step.id, &Unfinished::id);
        if (clone == result.unfinished.end() || step.remedy == Remedy::leave)
            continue;
        if (step.remedy == Remedy::commit)
            result.generations.push_back(
                {clone->id, clone->name, clone->slot, clone->seq, clone->taken, {}, {}});
        else if (clone->seq == set.highest_seq)
            result.highest_seq = 0;  // the next lower one is not known here, and not needed
        result.unfinished.erase(clone);
    }
    std::ranges::sort(result.generations, std::greater{}, &Generation::seq);
    return result;
}

}  // namespace vmrotate::rotation
