// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/plan.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

int keep_of(const Rules& rules)
{
    return std::clamp(rules.keep, 1, 98);
}

int slot_after(int slot, int keep)
{
    return slot > keep ? 1 : slot + 1;  // the last slot is keep + 1
}

int first_slot(const Set& set, int keep)
{
    return next_free_slot(set, set.generations.empty() ? keep + 1 : set.generations.front().slot,
                          keep);
}

long next_seq(const Set& set)
{
    long highest = set.highest_seq;
    for (const Generation& generation : set.generations)
        highest = std::max(highest, generation.seq);
    for (const Unfinished& clone : set.unfinished)
        highest = std::max(highest, clone.seq);
    return highest + 1;
}

/// Why nothing of this set may expire now, if so.
std::string general_hold(const Set& set)
{
    if (!set.unread.empty())
        return fmt::format("'{}' cannot be read", set.unread);
    const auto used = std::ranges::find(set.generations, Condition::in_use, &Generation::condition);
    if (used != set.generations.end())
        return fmt::format("'{}' {}", used->name, used->reason);
    return {};
}

/// `places_taken` of the `keep` go to generations that are not in the set yet.
std::vector<Decision> keep_or_expire(const Set& set, int keep, int places_taken)
{
    std::vector<Decision> decisions;
    int place = places_taken;
    for (const Generation& generation : set.generations) {
        Decision decision{generation, Fate::keep, generation.reason};
        if (generation.condition == Condition::good) {
            const bool stays = ++place <= keep;
            decision.fate = stays ? Fate::keep : Fate::expire;
            decision.reason = stays ? fmt::format("{} of {}", place, keep)
                                    : fmt::format("older than the newest {}", keep);
        }
        decisions.push_back(std::move(decision));
    }
    return decisions;
}

void hold_back(Decision& decision, const std::string& why)
{
    decision.fate = Fate::hold;
    decision.reason += ", held back: " + why;
}

/// What is due and may not go now: the oldest go first, so the brake holds the newest of them.
void hold_back(std::vector<Decision>& decisions, const Set& set, const Rules& rules)
{
    const std::string hold = general_hold(set);
    int expiring = 0;
    for (auto decision = decisions.rbegin(); decision != decisions.rend(); ++decision) {
        if (decision->fate != Fate::expire)
            continue;
        if (!hold.empty())
            hold_back(*decision, hold);
        else if (decision->generation.taken + rules.min_age > rules.now &&
                 rules.min_age > rules.min_age.zero())
            hold_back(*decision, "younger than min_age");
        else if (expiring >= rules.brake)
            hold_back(*decision, fmt::format("at most {} expire in one run", rules.brake));
        else
            ++expiring;
    }
}

std::vector<Decision> decide(const Set& set, const Rules& rules, int places_taken)
{
    auto decisions = keep_or_expire(set, keep_of(rules), places_taken);
    hold_back(decisions, set, rules);
    return decisions;
}

}  // namespace

int next_free_slot(const Set& set, int slot, int keep)
{
    std::set<int> taken;
    for (const Generation& generation : set.generations)
        taken.insert(generation.slot);
    for (const Unfinished& clone : set.unfinished)
        taken.insert(clone.slot);

    const int next = slot_after(slot, keep);
    for (int candidate = next;;) {
        if (!taken.contains(candidate))
            return candidate;
        candidate = slot_after(candidate, keep);
        if (candidate == next)
            return next;
    }
}

Plan plan(const Set& set, const Rules& rules)
{
    return {first_slot(set, keep_of(rules)), next_seq(set), decide(set, rules, 1)};
}

std::vector<Decision> retention(const Set& set, const Rules& rules)
{
    return decide(set, rules, 0);
}

}  // namespace vmrotate::rotation
