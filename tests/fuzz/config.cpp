// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <string>
#include <tuple>

#include "base/error.hpp"
#include "config/conflicts.hpp"
#include "config/parse.hpp"
#include "config/resolve.hpp"
#include "laws.hpp"

// A configuration file.

using namespace vmrotate::config;
using fuzz::law;

namespace {

bool is_control(char c)
{
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

void check_problems(const std::vector<Problem>& problems, long lines)
{
    const auto place = [](const Problem& problem) {
        return std::tuple(problem.line, problem.column);
    };
    law(std::ranges::is_sorted(problems, {}, place), "problems come in order of their places");
    for (const Problem& problem : problems) {
        law(problem.line >= 1 && problem.line <= lines && problem.column >= 1,
            "a problem stands in the file");
        law(!problem.message.empty() && std::ranges::none_of(problem.message, is_control),
            "a message is one printable line");
    }
}

void check_assignment(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    law(!assignment.vm.empty() && !policy.datastore.empty(), "a backup says what and where to");
    law(policy.keep >= 1 && policy.keep <= 98, "keep is 1 to 98");
    law(policy.min_age.count() >= 0 && policy.task_wait.count() >= 0, "no time is negative");
    law(std::ranges::none_of(policy.set + policy.prefix + policy.alias, is_control),
        "names are printable");
    law(!policy.set.empty() && policy.set.find(' ') == std::string::npos,
        "a set's name can stand in a snapshot's description");
}

std::string beginning_of_names(const Assignment& assignment)
{
    const Policy& policy = assignment.policy;
    return policy.prefix + (policy.alias.empty() ? assignment.vm : policy.alias);
}

void check_rings(const std::vector<Assignment>& all)
{
    if (!conflicts(all).empty())
        return;
    for (const Assignment& one : all)
        for (const Assignment& other : all)
            law(one.policy.folder != other.policy.folder ||
                    beginning_of_names(one) != beginning_of_names(other) ||
                    std::tie(one.vm, one.policy.datastore, one.policy.set, one.policy.keep) ==
                        std::tie(other.vm, other.policy.datastore, other.policy.set,
                                 other.policy.keep),
                "two rings of one folder differ in their names");
}

void check_config(const Config& config)
{
    try {
        const auto all = assignments(config, {});
        std::ranges::for_each(all, check_assignment);
        check_rings(all);
        std::ranges::for_each(select(config, {}, {}, {}), check_assignment);
    } catch (const vmrotate::Error& error) {
        law(error.kind() == vmrotate::ErrorKind::usage && *error.what() != '\0',
            "what is wrong is the configuration, and it is said");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const std::string_view text = fuzz::text_of(data, size);
    const Parsed parsed = parse(text, "vmrotate.toml");
    check_problems(parsed.problems, std::ranges::count(text, '\n') + 1);
    if (parsed.problems.empty())
        check_config(parsed.config);
    return 0;
}
