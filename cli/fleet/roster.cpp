// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/roster.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/glob.hpp"
#include "base/text.hpp"

namespace vmrotate::fleet {
namespace {

using config::Job;
using Names = std::vector<std::string>;
using Test = std::function<bool(const vimclient::Standing&)>;

/// "a/b" is in "a" and in "a/b".
bool is_in(const std::string& path, const std::string& above)
{
    return path == above || path.starts_with(above + "/");
}

bool has_attribute(const vimclient::Standing& vm, const std::string& line)
{
    const auto equals = line.find('=');
    const auto found = vm.attributes.find(line.substr(0, equals));
    return found != vm.attributes.end() && found->second == line.substr(equals + 1);
}

/// One kind of line that is no list of names.
struct Kind {
    const char* what;  ///< "in this folder, or below it"
    Names Job::*lines;
    bool (*means)(const vimclient::Standing&, const std::string& line);
};

const std::vector<Kind>& kinds()
{
    static const std::vector<Kind> table = {
        {"in a folder of this path, or below it", &Job::folders,
         [](const auto& vm, const std::string& line) { return is_in(vm.folder, line); }},
        {"in a resource pool of this path, or below it", &Job::pools,
         [](const auto& vm, const std::string& line) { return is_in(vm.pool, line); }},
        {"with this custom attribute", &Job::attributes, has_attribute},
    };
    return table;
}

class Resolver {
public:
    Resolver(const std::vector<Candidate>& inventory, std::vector<Lack>& lacks)
        : inventory_(inventory), lacks_(lacks)
    {
        for (const Candidate& candidate : inventory)
            if (!candidate.is_generation)
                ++bearers_[candidate.standing.ref.name];
    }

    Names vms_of(const std::string& job_name, const Job& job)
    {
        job_ = job_name;
        excluded_ = &job.exclude;
        found_.clear();
        for (const std::string& line : job.vms)
            if (!is_pattern(line) || bearers_.contains(line))
                add(line);
            else
                add_all(line, "whose name fits it",
                        [&](const auto& vm) { return fits(vm.ref.name, line); });
        for (const Kind& kind : kinds())
            for (const std::string& line : job.*kind.lines)
                add_all(line, kind.what, [&](const auto& vm) { return kind.means(vm, line); });
        return found_;
    }

private:
    bool is_excluded(const std::string& name) const
    {
        return std::ranges::any_of(
            *excluded_, [&](const std::string& line) { return line == name || fits(name, line); });
    }

    void add(const std::string& name)
    {
        if (!is_excluded(name) && !contains(found_, name))
            found_.push_back(name);
    }

    void add_all(const std::string& line, const char* what, const Test& means)
    {
        std::map<std::string, int> names;
        for (const Candidate& candidate : inventory_)
            if (!candidate.is_generation && !candidate.standing.is_template &&
                means(candidate.standing))
                ++names[candidate.standing.ref.name];
        if (names.empty())
            lack(line,
                 fmt::format("job {} means no VM by {}: there is none {}", in_quotes(job_),
                             in_quotes(line), what),
                 "generations in their place and templates do not count");
        for (const auto& [name, count] : names) {
            if (bearers_.at(name) == 1 || is_excluded(name))
                add(name);
            else
                lack(line,
                     fmt::format("job {} cannot tell which one is meant by {}: {} VMs have "
                                 "the name {}",
                                 in_quotes(job_), in_quotes(line), bearers_.at(name),
                                 in_quotes(name)),
                     "rename all but one of them, or exclude the name");
        }
    }

    void lack(const std::string& line, const std::string& sentence, const std::string& hint)
    {
        lacks_.push_back({job_, line, Error(ErrorKind::failed, sentence, hint)});
    }

    const std::vector<Candidate>& inventory_;
    std::vector<Lack>& lacks_;
    std::map<std::string, int> bearers_;  ///< how many VMs have this name, without generations
    std::string job_;
    const Names* excluded_ = nullptr;
    Names found_;
};

}  // namespace

bool has_patterns(const config::Config& config)
{
    return std::ranges::any_of(config.jobs, [](const auto& entry) {
        const Job& job = entry.second;
        return !job.folders.empty() || !job.pools.empty() || !job.attributes.empty() ||
               !job.exclude.empty() || std::ranges::any_of(job.vms, is_pattern);
    });
}

Roster resolve(const config::Config& config, const std::vector<Candidate>& inventory)
{
    Roster roster{config, {}};
    Resolver resolver(inventory, roster.lacks);
    for (auto& [name, job] : roster.config.jobs) {
        job.vms = resolver.vms_of(name, config.jobs.at(name));
        for (const Kind& kind : kinds())
            (job.*kind.lines).clear();
        job.exclude.clear();
    }
    return roster;
}

}  // namespace vmrotate::fleet
