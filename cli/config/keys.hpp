// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/values.hpp"

/// The keys of the configuration by name. One row in `keys.cpp` is all that a key needs to
/// be known to the file and to the command line.
namespace vmrotate::config {

/// The keys of [vcenter], in the order of `Vcenter`.
std::vector<std::string> vcenter_keys();

/// The keys of [defaults], [job.NAME] and [vm."NAME"], in the order of `Policy`. `alias` is
/// among them.
std::vector<std::string> policy_keys();

/// The keys of [defaults] and [job.NAME] about a job as a whole, in the order of `JobRules`.
std::vector<std::string> rule_keys();

/// The keys of [group.NAME] but `vms`, in the order of `Group`.
std::vector<std::string> group_keys();

/// What `key = value` does. Throws Error(usage): "keep must be 1 to 98", "unknown key 'x'".
std::function<void(Group&)> group_setting(const std::string& key, const Value& value);
std::function<void(Vcenter&)> vcenter_setting(const std::string& key, const Value& value);
std::function<void(Policy&)> policy_setting(const std::string& key, const Value& value);
std::function<void(JobRules&)> rule_setting(const std::string& key, const Value& value);

}  // namespace vmrotate::config
