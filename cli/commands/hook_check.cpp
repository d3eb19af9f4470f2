// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/hook_check.hpp"

#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vmrotate::cli {
NamedHooks hooks_of(const config::Assignment& assignment)
{
    const config::Policy& policy = assignment.policy;
    NamedHooks all = {{"before_snapshot", policy.before_snapshot},
                      {"thaw", policy.thaw},
                      {"after_snapshot", policy.after_snapshot},
                      {"after_clone", policy.after_clone},
                      {"on_failure", policy.on_failure}};
    if (!assignment.job.empty()) {
        all.insert(all.begin(), {"before_job", assignment.rules.before_job});
        all.push_back({"after_job", assignment.rules.after_job});
    }
    std::erase_if(all, [](const auto& hook) { return hook.second.empty(); });
    return all;
}

void check_hooks(const Environment& environment, const NamedHooks& hooks)
{
    std::set<std::string> sentences;
    for (const auto& [key, command] : hooks) {
        const std::string problem = environment.hooks == nullptr
                                        ? "no programs are run here"
                                        : environment.hooks->obstacle(command.front());
        if (!problem.empty())
            sentences.insert(fmt::format("the hook {} cannot be run: {}: {}", key,
                                         in_quotes(command.front()), problem));
    }
    if (!sentences.empty())
        throw Error(ErrorKind::usage, fmt::format("{}", fmt::join(sentences, "\n")),
                    "a hook is a list that begins with the absolute path of an executable file");
}

void check_hooks(const Environment& environment, const std::vector<config::Assignment>& selection)
{
    NamedHooks all;
    for (const config::Assignment& assignment : selection)
        for (auto& hook : hooks_of(assignment))
            all.push_back(std::move(hook));
    check_hooks(environment, all);
}

}  // namespace vmrotate::cli
