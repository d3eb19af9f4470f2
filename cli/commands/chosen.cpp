// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/chosen.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/session.hpp"
#include "config/conflicts.hpp"
#include "config/groups.hpp"
#include "config/places.hpp"
#include "config/resolve.hpp"
#include "job/explain.hpp"

namespace vmrotate::cli {
namespace {

/// Those meant, once nothing contradicts anything in all jobs together.
std::vector<config::Assignment> select_without_conflict(const config::Config& config,
                                                        const Wish& wish)
{
    auto selection = config::select(config, wish.vms, wish.jobs, wish.options);
    auto all = config.jobs.empty() ? selection : config::assignments(config, wish.options);
    all.insert(all.end(), selection.begin(), selection.end());
    if (const auto conflicts = config::conflicts(all); !conflicts.empty())
        throw Error(ErrorKind::usage, fmt::format("{}", fmt::join(conflicts, "\n")),
                    "prefix, set, folder and keep may be given in [defaults], [job.NAME] and "
                    "[vm.\"NAME\"]; the nearer wins");
    return selection;
}

/// The lines of jobs that are not meant are nobody's concern today.
bool is_meant(const Wish& wish, const std::string& job)
{
    if (wish.vms.empty() && wish.jobs.empty())
        return true;
    return wish.jobs.empty() ? contains(wish.vms, job)
                             : wish.vms.empty() && contains(wish.jobs, job);
}

/// A word that is a job's name and a VM's: only now it is known.
void refuse_ambiguous_words(const Wish& wish, const std::vector<std::string>& names)
{
    if (!wish.jobs.empty())
        return;
    for (const std::string& word : wish.vms)
        if (wish.config.jobs.contains(word) && contains(names, word))
            throw config::ambiguous_word(word);
}

std::vector<std::string> names_of(const std::vector<vimclient::VmRef>& vms)
{
    std::vector<std::string> names;
    for (const vimclient::VmRef& vm : vms)
        names.push_back(vm.name);
    return names;
}

bool names_a_job(const Wish& wish)
{
    return wish.jobs.empty() && std::ranges::any_of(wish.vms, [&](const std::string& word) {
               return wish.config.jobs.contains(word);
           });
}

}  // namespace

Wish wish_of(const config::Config& config, const SelectionOptions& options)
{
    Wish wish{config, options.vms, options.jobs, options.layer(), {}, {}};
    if (fleet::has_patterns(config)) {
        config::check_words(config, wish.vms, wish.jobs, wish.options);
        wish.patience = patience_of(config::possible(config, wish.options));
    } else {
        wish.known = select_without_conflict(config, wish);
        wish.patience = patience_of(*wish.known);
    }
    return wish;
}

void refuse_broken_groups(const config::Config& config,
                          const std::vector<config::Assignment>& selection)
{
    const auto problems = config::groups_of(config, selection).problems;
    if (!problems.empty())
        throw Error(ErrorKind::usage, fmt::format("{}", fmt::join(problems, "\n")),
                    "a consistent group is copied at once: name all of it, or one VM alone; raise "
                    "the limit, or set group_waits = true");
}

Chosen in_all_places(Chosen chosen)
{
    chosen.assignments = config::places_of(chosen.assignments);
    return chosen;
}

Inventory read_inventory(vimclient::Vsphere& vsphere, const config::Config& config,
                         const config::Layer& options, const Clock& clock)
{
    return job::explaining("read the inventory", [&] {
        Inventory inventory{vsphere.standings(), {}};
        std::set<std::string> datacenters, folders, names;
        for (const vimclient::Standing& standing : inventory.standings) {
            names.insert(standing.ref.name);
            if (!standing.datacenter_id.empty())
                datacenters.insert(standing.datacenter_id);
        }
        for (const config::Assignment& each : config::places_of(config::possible(config, options)))
            folders.insert(each.policy.folder);
        inventory.places = fleet::Places::read(vsphere, datacenters, folders, clock);
        inventory.places.neighbours()->note_sources(names);
        return inventory;
    });
}

Chosen choose(vimclient::Vsphere& vsphere, const Wish& wish, const Clock& clock)
{
    if (wish.known) {
        if (names_a_job(wish))
            refuse_ambiguous_words(wish, names_of(job::explaining(
                                             "list the VMs", [&] { return vsphere.vm_names(); })));
        return {wish.config, *wish.known, {}, {}};
    }
    auto inventory = read_inventory(vsphere, wish.config, wish.options, clock);
    std::vector<fleet::Candidate> candidates;
    std::vector<std::string> names;
    for (const vimclient::Standing& standing : inventory.standings) {
        candidates.push_back({standing, inventory.places.holds(standing.ref.id)});
        names.push_back(standing.ref.name);
    }
    refuse_ambiguous_words(wish, names);
    auto roster = fleet::resolve(wish.config, candidates);
    std::erase_if(roster.lacks, [&](const fleet::Lack& lack) { return !is_meant(wish, lack.job); });
    auto assignments = select_without_conflict(roster.config, wish);
    return {std::move(roster.config), std::move(assignments), std::move(roster.lacks),
            std::move(inventory)};
}

}  // namespace vmrotate::cli
