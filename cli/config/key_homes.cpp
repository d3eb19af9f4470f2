// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/key_homes.hpp"

#include "base/text.hpp"
#include "config/keys.hpp"
#include "config/selectors.hpp"

namespace vmrotate::config {

std::string home_of(const std::string& key)
{
    if (key == "alias" || key == "self")
        return "[vm.\"NAME\"]";
    if (contains(group_keys(), key))
        return "[group.NAME]";
    if (is_selector(key))
        return "[job.NAME]";
    if (contains(vcenter_keys(), key))
        return "[vcenter]";
    if (contains(rule_keys(), key))
        return "[job.NAME] or [defaults]";
    return contains(policy_keys(), key) ? "[defaults]" : "";
}

std::string advice_on(const std::string& key)
{
    if (contains({"tag", "tags", "tag_category", "tag_categories"}, key))
        return "; vSphere tags cannot be read: use a custom attribute, attributes = "
               "[\"NAME=VALUE\"]";
    return {};
}

}  // namespace vmrotate::config
