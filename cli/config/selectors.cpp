// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/selectors.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/reading.hpp"

namespace vmrotate::config {
namespace {

std::string read_exact_name(const Value& value)
{
    std::string name = read_text(value);
    if (name.find_first_of("*?") != std::string::npos)
        refuse(fmt::format("is a pattern, {}, and a group lists exact names; name each of its VMs",
                           in_quotes(name)));
    return name;
}

}  // namespace

const std::vector<Selector>& selectors()
{
    static const std::vector<Selector> table = {
        {"vms", &Job::vms, read_text},         {"folders", &Job::folders, read_folder},
        {"pools", &Job::pools, read_folder},   {"attributes", &Job::attributes, read_attribute},
        {"exclude", &Job::exclude, read_text},
    };
    return table;
}

bool is_selector(const std::string& key)
{
    return std::ranges::count(selectors(), key, &Selector::key) > 0;
}

const Selector& group_members()
{
    static const Selector members{"vms", &Job::vms, read_exact_name};
    return members;
}

}  // namespace vmrotate::config
