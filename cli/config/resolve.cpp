// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/resolve.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/places.hpp"

namespace vmrotate::config {
namespace {

using Names = std::vector<std::string>;

constexpr auto datastore_hint = "use --datastore, or write datastore = \"NAME\" into [defaults]";

/// What is wrong, and the first advice that was given about it.
struct Findings {
    Names sentences;
    std::string hint;

    void add(std::string sentence, std::string advice)
    {
        sentences.push_back(std::move(sentence));
        if (hint.empty())
            hint = std::move(advice);
    }

    void throw_if_any() const
    {
        if (!sentences.empty())
            throw Error(ErrorKind::usage, fmt::format("{}", fmt::join(sentences, "\n")), hint);
    }
};

struct Choice {
    std::string vm;
    std::string job;
    bool by_name = false;
};

Names without_repeats(const Names& names)
{
    Names result;
    for (const std::string& name : names)
        if (!contains(result, name))
            result.push_back(name);
    return result;
}

Names names_of_jobs(const Config& config)
{
    Names names;
    for (const auto& [name, job] : config.jobs)
        names.push_back(name);
    return names;
}

/// The given jobs that there are.
Names known_jobs(const Config& config, const Names& jobs, Findings& findings)
{
    Names known;
    for (const std::string& name : without_repeats(jobs)) {
        if (config.jobs.contains(name))
            known.push_back(name);
        else
            findings.add(fmt::format("there is no job {}{}", in_quotes(name),
                                     did_you_mean(name, names_of_jobs(config))),
                         config.jobs.empty()
                             ? "the configuration has no jobs"
                             : "the jobs are " + list_in_quotes(names_of_jobs(config), "and"));
    }
    return known;
}

Names jobs_with(const Config& config, const std::string& vm, const Names& among)
{
    Names found;
    for (const std::string& name : among)
        if (contains(config.jobs.at(name).vms, vm))
            found.push_back(name);
    return found;
}

std::vector<Choice> whole_jobs(const Config& config, const Names& jobs)
{
    std::vector<Choice> choices;
    for (const std::string& name : jobs)
        for (const std::string& vm : without_repeats(config.jobs.at(name).vms))
            choices.push_back({vm, name});
    return choices;
}

std::vector<Choice> vms_of_jobs(const Config& config, const Names& vms, const Names& jobs,
                                Findings& findings)
{
    Names all;
    for (const Choice& choice : whole_jobs(config, jobs))
        all.push_back(choice.vm);

    std::vector<Choice> choices;
    for (const std::string& vm : vms) {
        const Names found = jobs_with(config, vm, jobs);
        for (const std::string& job : found)
            choices.push_back({vm, job});
        if (found.empty() && !jobs.empty())
            findings.add(fmt::format("{} is not in {} {}{}", in_quotes(vm),
                                     jobs.size() == 1 ? "job" : "any of the jobs",
                                     list_in_quotes(jobs, "and"), did_you_mean(vm, all)),
                         "leave --job out, or add the VM to the job's vms");
    }
    return choices;
}

bool is_known_vm(const Config& config, const std::string& name)
{
    return config.vms.contains(name) || !jobs_with(config, name, names_of_jobs(config)).empty();
}

void add(std::vector<Choice>& choices, Choice choice)
{
    for (Choice& known : choices)
        if (known.vm == choice.vm && known.job == choice.job) {
            known.by_name |= choice.by_name;
            return;
        }
    choices.push_back(std::move(choice));
}

std::vector<Choice> words_alone(const Config& config, const Names& words, Findings& findings)
{
    std::vector<Choice> choices;
    Names jobs, vms;
    for (const std::string& word : words) {
        (config.jobs.contains(word) ? jobs : vms).push_back(word);
        if (config.jobs.contains(word) && is_known_vm(config, word))
            findings.add(ambiguous_word(word).what(), ambiguous_word(word).hint());
    }
    for (Choice& choice : whole_jobs(config, jobs))
        add(choices, std::move(choice));
    for (const std::string& vm : vms) {
        if (config.groups.contains(vm) && !is_known_vm(config, vm)) {
            findings.add(fmt::format("{} is a group, and no job or VM", in_quotes(vm)),
                         fmt::format("name its members, {}, or a job that has them",
                                     list_in_quotes(config.groups.at(vm).vms, "and")));
            continue;
        }
        Names found = jobs_with(config, vm, jobs);
        if (found.size() != 1)
            found = jobs_with(config, vm, names_of_jobs(config));
        if (found.size() > 1)
            findings.add(
                fmt::format("{} is in the jobs {}", in_quotes(vm), list_in_quotes(found, "and")),
                "say which one is meant: --job " + found.front());
        else
            add(choices, {vm, found.empty() ? "" : found.front(), true});
    }
    return choices;
}

JobRules rules_for(const Config& config, const std::string& job_name)
{
    JobRules rules;
    for (const auto& setting : config.default_rules)
        setting(rules);
    if (const auto job = config.jobs.find(job_name); job != config.jobs.end())
        for (const auto& setting : job->second.rules)
            setting(rules);
    return rules;
}

Policy policy_for(const Config& config, const Choice& choice, const Layer& options)
{
    Policy policy;
    const auto apply = [&](const Layer& layer) {
        for (const auto& setting : layer)
            setting(policy);
    };
    apply(config.defaults);
    if (const auto job = config.jobs.find(choice.job); job != config.jobs.end())
        apply(job->second.settings);
    if (const auto vm = config.vms.find(choice.vm); vm != config.vms.end())
        apply(vm->second);
    apply(options);
    settle_copies(policy);
    return policy;
}

/// Lays the layers upon each other and throws if that, or anything before, went wrong.
std::vector<Assignment> resolve(const Config& config, const std::vector<Choice>& choices,
                                const Layer& options, Findings findings)
{
    std::vector<Assignment> result;
    for (const Choice& choice : choices) {
        result.push_back({choice.vm, choice.job, policy_for(config, choice, options),
                          rules_for(config, choice.job), choice.by_name});
        if (result.back().policy.datastore.empty())
            findings.add(
                fmt::format(
                    "no datastore is given for {}{}", in_quotes(choice.vm),
                    choice.job.empty() ? "" : fmt::format(" of job {}", in_quotes(choice.job))),
                datastore_hint);
        for (std::string& problem : doubled_places(result.back()))
            findings.add(std::move(problem),
                         "name each datastore once in 'datastore' and 'copies'; a second set on "
                         "the same one is made by another job, with its own set and prefix");
        for (std::string& problem : problems_of_places(result.back()))
            findings.add(std::move(problem),
                         "copies = [{ datastore = \"NAME\", prefix = \"zz1_\", set = \"far\" }]");
    }
    findings.throw_if_any();
    return result;
}

}  // namespace

std::vector<Assignment> assignments(const Config& config, const Layer& options)
{
    return resolve(config, whole_jobs(config, names_of_jobs(config)), options, {});
}

std::vector<Assignment> select(const Config& config, const std::vector<std::string>& vms,
                               const std::vector<std::string>& jobs, const Layer& options)
{
    Findings findings;
    Names wanted = without_repeats(vms);
    if (std::erase(wanted, "") > 0)
        findings.add("the name of a VM is empty", "");
    const Names known = known_jobs(config, jobs, findings);

    std::vector<Choice> choices;
    if (!vms.empty() && !jobs.empty())
        choices = vms_of_jobs(config, wanted, known, findings);
    else if (!vms.empty())
        choices = words_alone(config, wanted, findings);
    else if (!jobs.empty())
        choices = whole_jobs(config, known);
    else if (!config.jobs.empty())
        choices = whole_jobs(config, names_of_jobs(config));
    else
        findings.add("no VM is given, and the configuration has no jobs",
                     "name a VM, or write [job.NAME] with vms = [\"a\", \"b\"]");
    return resolve(config, choices, options, std::move(findings));
}

void check_words(const Config& config, const std::vector<std::string>& vms,
                 const std::vector<std::string>& jobs, const Layer& options)
{
    Findings findings;
    if (contains(vms, ""))
        findings.add("the name of a VM is empty", "");
    const Names known = known_jobs(config, jobs, findings);
    for (const std::string& word : without_repeats(vms))
        if (jobs.empty() && config.jobs.contains(word) && is_known_vm(config, word))
            findings.add(ambiguous_word(word).what(), ambiguous_word(word).hint());
    const bool all = vms.empty() && jobs.empty();
    for (const auto& [name, job] : config.jobs) {
        const bool is_whole =
            all || (vms.empty() && contains(known, name)) || (jobs.empty() && contains(vms, name));
        if (is_whole && policy_for(config, {"", name}, options).datastore.empty())
            findings.add(fmt::format("no datastore is given for job {}", in_quotes(name)),
                         datastore_hint);
    }
    findings.throw_if_any();
}

std::vector<Assignment> possible(const Config& config, const Layer& options)
{
    Names jobs = names_of_jobs(config), vms = {""};
    jobs.emplace_back();
    for (const auto& [name, layer] : config.vms)
        vms.push_back(name);
    std::vector<Assignment> result;
    for (const std::string& job : jobs)
        for (const std::string& vm : vms)
            result.push_back({vm, job, policy_for(config, {vm, job}, options)});
    return result;
}

Error ambiguous_word(const std::string& word)
{
    return {ErrorKind::usage, fmt::format("{} is the name of a job and of a VM", in_quotes(word)),
            fmt::format("--job {} is the job; for the VM, name its job: --job JOB {}", word, word)};
}

}  // namespace vmrotate::config
