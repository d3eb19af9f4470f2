// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/musters.hpp"

#include <string>

#include "config/groups.hpp"

namespace vmrotate::cli {
namespace {

job::Muster::Rules rules_of(const config::Muster& muster)
{
    const config::Group& group = muster.group;
    return {.name = muster.name,
            .consistent = group.consistent,
            .all_or_nothing = group.policy == config::GroupPolicy::all_or_nothing,
            .stops_at_freeze = group.on_freeze == config::OnFreeze::stop_group,
            .copies_wait = group.group_waits,
            .patience = group.patience};
}

}  // namespace

std::map<std::size_t, std::shared_ptr<job::Muster>> musters_of(
    const config::Config& config, const std::vector<config::Assignment>& selection)
{
    std::map<std::size_t, std::shared_ptr<job::Muster>> musters;
    for (const config::Muster& muster : config::groups_of(config, selection).musters) {
        const auto rules = rules_of(muster);
        if (!rules.consistent && !rules.stops_at_freeze)
            continue;
        std::vector<std::string> names;
        for (const std::size_t vm : muster.members)
            names.push_back(selection[vm].vm);
        const auto made = std::make_shared<job::Muster>(names, rules);
        for (const std::size_t vm : muster.members)
            musters[vm] = made;
    }
    return musters;
}

}  // namespace vmrotate::cli
