// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "config/values.hpp"

namespace vmrotate::config {

/// The lines of a job that say which VMs are meant: the key, its list, and how a line is read.
struct Selector {
    std::string key;
    std::vector<std::string> Job::*lines;
    std::string (*read)(const Value&);
};

const std::vector<Selector>& selectors();

bool is_selector(const std::string& key);

/// The members of a group: exact names, no patterns.
const Selector& group_members();

}  // namespace vmrotate::config
