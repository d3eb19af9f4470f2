// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/adoption.hpp"

#include <algorithm>
#include <functional>
#include <tuple>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

Newcomer member_of(const Generation& generation)
{
    return {generation.id, generation.name, generation.taken, generation.seq};
}

struct Member {
    Newcomer vm;
    bool joins = false;
};

/// Newest first. Neither order is changed within itself.
std::vector<Member> merge(const Set& set, const std::vector<Newcomer>& newcomers)
{
    std::vector<Member> members;
    auto next = newcomers.begin();
    for (const Generation& generation : set.generations) {
        for (; next != newcomers.end() && next->taken > generation.taken; ++next)
            members.push_back({*next, true});
        members.push_back({member_of(generation), false});
    }
    for (; next != newcomers.end(); ++next)
        members.push_back({*next, true});
    return members;
}

/// How many of the newest cannot keep their numbers.
std::size_t count_to_move_up(const std::vector<Member>& members)
{
    long below = 0;
    std::size_t keep = 0;
    for (auto member = members.rbegin(); member != members.rend(); ++member) {
        if (member->vm.seq <= below)
            break;
        below = member->vm.seq;
        ++keep;
    }
    return members.size() - keep;
}

long highest_of(const Set& set, const std::vector<Member>& members)
{
    long highest = set.highest_seq;
    for (const Unfinished& clone : set.unfinished)
        highest = std::max(highest, clone.seq);
    for (const Member& member : members)
        highest = std::max(highest, member.vm.seq);
    return highest;
}

/// `place` counts from the newest, which is 0.
std::string reason_of(const std::vector<Member>& members, std::size_t place)
{
    if (!members[place].joins) {
        const auto below = std::find_if(members.begin() + static_cast<std::ptrdiff_t>(place),
                                        members.end(), std::mem_fn(&Member::joins));
        return below == members.end()
                   ? "moves up"
                   : fmt::format("moves up: '{}' joins below it", below->vm.name);
    }
    if (place == 0)
        return "joins as the newest";
    return fmt::format("joins below '{}'", members[place - 1].vm.name);
}

}  // namespace

std::vector<Numbering> number(const Set& set, std::vector<Newcomer> newcomers)
{
    std::ranges::sort(newcomers, std::greater{}, [](const Newcomer& vm) {
        return std::tuple(vm.seq, vm.taken, vm.name, vm.id);
    });
    const auto members = merge(set, newcomers);
    const std::size_t moving = count_to_move_up(members);
    const long highest = highest_of(set, members);

    std::vector<Numbering> steps;
    for (std::size_t place = 0; place < members.size(); ++place) {
        const Member& member = members[place];
        const bool moves = place < moving;
        if (moves || member.joins)
            steps.push_back({member.vm.id, member.vm.name,
                             moves ? highest + static_cast<long>(moving - place) : member.vm.seq,
                             member.joins, reason_of(members, place)});
    }
    return steps;
}

bool fits(const std::vector<Numbering>& steps)
{
    return std::ranges::all_of(steps,
                               [](const Numbering& step) { return step.seq <= highest_number; });
}

}  // namespace vmrotate::rotation
