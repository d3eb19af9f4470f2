// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/groups.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace vmrotate::config {
namespace {

std::optional<std::size_t> find_vm(const std::vector<Assignment>& selection, const std::string& vm)
{
    const auto found = std::ranges::find(selection, vm, &Assignment::vm);
    if (found == selection.end())
        return {};
    return static_cast<std::size_t>(found - selection.begin());
}

std::string too_large(const std::string& name, std::size_t size, const std::string& limit,
                      int value)
{
    return fmt::format(
        "the group {} has {} members that are copied at once, and {} is {}; raise it, or set "
        "group_waits = true: then its snapshots wait for their copies",
        in_quotes(name), size, limit, value);
}

/// Limits that are known without the server.
void check_limits(const Muster& muster, const std::vector<Assignment>& selection,
                  std::vector<std::string>& problems)
{
    std::map<std::string, int> on_target;
    int concurrency = 0, per_target = 0;
    for (const std::size_t member : muster.members) {
        const Assignment& assignment = selection[member];
        const JobRules& rules = assignment.rules;
        ++on_target[assignment.policy.datastore];
        concurrency =
            concurrency == 0 ? rules.concurrency : std::min(concurrency, rules.concurrency);
        per_target = per_target == 0 ? rules.per_target_datastore
                                     : std::min(per_target, rules.per_target_datastore);
    }
    if (std::cmp_greater(muster.members.size(), concurrency))
        problems.push_back(
            too_large(muster.name, muster.members.size(), "concurrency", concurrency));
    for (const auto& [datastore, count] : on_target)
        if (count > per_target)
            problems.push_back(
                too_large(muster.name, muster.members.size(), "per_target_datastore", per_target));
}

/// Who asks whether guests stand still.
void check_probes(const Muster& muster, const std::vector<Assignment>& selection,
                  std::vector<std::string>& problems)
{
    if (muster.group.on_freeze != OnFreeze::stop_group)
        return;
    for (const std::size_t member : muster.members) {
        const Policy& policy = selection[member].policy;
        const bool is_probed = policy.probe.kind != Probe::Kind::off;
        if (is_probed && policy.max_freeze.count() > 0)
            continue;
        problems.push_back(fmt::format(
            "the group {} has on_freeze = \"stop_group\", and nobody can tell that {} froze for "
            "too long; give it {}, or let on_freeze be \"go_on\"",
            in_quotes(muster.name), in_quotes(selection[member].vm),
            is_probed ? "a max_freeze above 0" : "probe = \"tcp:22\" or \"icmp\""));
    }
}

/// Names that stand nowhere else may be wrong.
std::string doubt_of(const Config& config, const std::vector<std::string>& missing)
{
    std::vector<std::string> known, unknown;
    for (const auto& [name, job] : config.jobs)
        known.insert(known.end(), job.vms.begin(), job.vms.end());
    for (const std::string& vm : missing)
        if (!contains(known, vm))
            unknown.push_back(vm);
    if (known.empty() || unknown.empty())
        return {};
    return fmt::format("; no job has {}{}", list_in_quotes(unknown),
                       did_you_mean(unknown.front(), known));
}

std::vector<std::string> missing_from(const Group& group, const std::vector<Assignment>& selection)
{
    std::vector<std::string> missing;
    for (const std::string& vm : group.vms)
        if (!find_vm(selection, vm))
            missing.push_back(vm);
    return missing;
}

}  // namespace

Grouping groups_of(const Config& config, const std::vector<Assignment>& selection)
{
    Grouping grouping;
    for (const auto& [name, group] : config.groups) {
        Muster muster{name, group, {}};
        bool is_wanted_by_name = false;
        for (const std::string& vm : group.vms)
            if (const auto member = find_vm(selection, vm)) {
                muster.members.push_back(*member);
                is_wanted_by_name |= selection[*member].by_name;
            }
        const auto missing = missing_from(group, selection);
        if (muster.members.empty() || (muster.members.size() == 1 && is_wanted_by_name))
            continue;
        if (group.consistent && !missing.empty())
            grouping.problems.push_back(fmt::format(
                "{} is to be backed up without {}, and both are in the group {}, which "
                "is consistent; name all of its members, or one alone{}",
                in_quotes(selection[muster.members.front()].vm), list_in_quotes(missing, "and"),
                in_quotes(name), doubt_of(config, missing)));
        if (group.consistent && !group.group_waits)
            check_limits(muster, selection, grouping.problems);
        check_probes(muster, selection, grouping.problems);
        if (muster.members.size() > 1)
            grouping.musters.push_back(std::move(muster));
    }
    return grouping;
}

}  // namespace vmrotate::config
