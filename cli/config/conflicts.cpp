// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/conflicts.hpp"

#include <map>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/places.hpp"

namespace vmrotate::config {
namespace {

/// What is said of several VMs at once: the sentence after the VM's name -> the VMs.
using Said = std::vector<std::pair<std::string, std::vector<std::string>>>;

void say(Said& said, const std::string& vm, const std::string& sentence)
{
    for (auto& [known, vms] : said)
        if (known == sentence) {
            if (vms.back() != vm)
                vms.push_back(vm);
            return;
        }
    said.push_back({sentence, {vm}});
}

std::vector<std::string> sentences(const Said& said)
{
    std::vector<std::string> result;
    for (const auto& [sentence, vms] : said) {
        const std::string others =
            vms.size() > 1 ? fmt::format(" (and {} more)", vms.size() - 1) : "";
        result.push_back(fmt::format("{}{}: {}", in_quotes(vms.front()), others, sentence));
    }
    return result;
}

auto ring_of(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    return std::tie(assignment.vm, policy.datastore, policy.folder, policy.set);
}

std::string begin_of_names(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    return policy.prefix + (policy.alias.empty() ? assignment.vm : policy.alias);
}

std::string job_of(const Assignment& assignment)
{
    return assignment.job.empty() ? "the command line" : "job " + in_quotes(assignment.job);
}

std::string jobs_of(const Assignment& one, const Assignment& other)
{
    if (one.job == other.job && (one.first || other.first))
        return "two places of " + job_of(one);
    return fmt::format("{} and {}", job_of(one), job_of(other));
}

/// What the marks know: two places of one such set would share slots, numbers and recovery.
auto set_of(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    return std::tie(assignment.vm, policy.folder, policy.set);
}

void compare_places(const Assignment& one, const Assignment& other, Said& said)
{
    if (one.policy.datastore != other.policy.datastore)
        say(said, one.vm,
            fmt::format("{} put one set (folder {}, set {}) on two datastores ({} and {}); give "
                        "one of them another set and prefix",
                        jobs_of(one, other), in_quotes(one.policy.folder),
                        in_quotes(one.policy.set), in_quotes(one.policy.datastore),
                        in_quotes(other.policy.datastore)));
}

/// Two assignments of one ring.
void compare_ring(const Assignment& one, const Assignment& other, Said& said)
{
    const Policy& a = one.policy;
    const Policy& b = other.policy;
    const std::string where = fmt::format("datastore {}, folder {}, set {}", in_quotes(a.datastore),
                                          in_quotes(a.folder), in_quotes(a.set));
    if (a.keep != b.keep)
        say(said, one.vm,
            fmt::format("{} differ in keep ({} and {}) for one set ({}); make keep equal, or give "
                        "one of them another set and prefix",
                        jobs_of(one, other), a.keep, b.keep, where));
    if (a.prefix != b.prefix)
        say(said, one.vm,
            fmt::format("{} differ in prefix ({} and {}) for one set ({}); make the prefix equal, "
                        "or give one of them another set",
                        jobs_of(one, other), in_quotes(a.prefix), in_quotes(b.prefix), where));
}

std::string described(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    const std::string alias =
        policy.alias.empty() ? "" : fmt::format(", alias {}", in_quotes(policy.alias));
    return fmt::format("{} (prefix {}{})", in_quotes(assignment.vm), in_quotes(policy.prefix),
                       alias);
}

/// Two rings in one folder whose names begin alike.
void compare_rings(const Assignment& one, const Assignment& other, Said& said)
{
    const std::string folder = in_quotes(one.policy.folder);
    if (one.vm == other.vm)
        return say(said, one.vm,
                   fmt::format("{} use the prefix {} for two sets in the folder {}; give one of "
                               "them another prefix or folder",
                               jobs_of(one, other), in_quotes(other.policy.prefix), folder));
    say(said, one.vm,
        fmt::format("the generations of {} and {} would bear the same names in the folder {}; "
                    "give one of them another prefix, alias or folder",
                    described(one), described(other), folder));
}

}  // namespace

std::vector<std::string> conflicts(const std::vector<Assignment>& vms)
{
    const auto assignments = places_of(vms);
    using Names = std::pair<std::string, std::string>;  // folder, what the names begin with
    std::map<decltype(ring_of(assignments.front())), const Assignment*> rings;
    std::map<decltype(set_of(assignments.front())), const Assignment*> sets;
    std::map<Names, const Assignment*> names;
    Said said;
    for (const Assignment& assignment : assignments) {
        const auto [ring, is_new] = rings.try_emplace(ring_of(assignment), &assignment);
        if (!is_new)
            compare_ring(*ring->second, assignment, said);

        compare_places(*sets.try_emplace(set_of(assignment), &assignment).first->second, assignment,
                       said);

        const auto [name, is_free] =
            names.try_emplace({assignment.policy.folder, begin_of_names(assignment)}, &assignment);
        if (!is_free && ring_of(*name->second) != ring_of(assignment))
            compare_rings(*name->second, assignment, said);
    }
    return sentences(said);
}

}  // namespace vmrotate::config
