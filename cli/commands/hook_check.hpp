// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "environment.hpp"

namespace vmrotate::cli {

/// Looks at the programs of all hooks of these VMs, before anything is contacted. Throws Error
/// (usage) with every one that cannot be run, and the keys that name it.
void check_hooks(const Environment& environment, const std::vector<config::Assignment>& selection);

/// The same for hooks that belong to no VM: a key and its command each.
void check_hooks(const Environment& environment,
                 const std::vector<std::pair<std::string, config::Command>>& hooks);

}  // namespace vmrotate::cli
