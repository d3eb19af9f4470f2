// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "environment.hpp"

namespace vmrotate::cli {

/// Hooks by the keys that name them.
using NamedHooks = std::vector<std::pair<std::string, config::Command>>;

/// The hooks that are in force for a VM, those of its job included, in the order of their points.
NamedHooks hooks_of(const config::Assignment& assignment);

/// Looks at the programs of all hooks of these VMs, before anything is contacted. Throws Error
/// (usage) with every one that cannot be run, and the keys that name it.
void check_hooks(const Environment& environment, const std::vector<config::Assignment>& selection);

/// The same for these hooks; none of them is empty.
void check_hooks(const Environment& environment, const NamedHooks& hooks);

}  // namespace vmrotate::cli
