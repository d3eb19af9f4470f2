// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "job/prepare.hpp"
#include "rotation/recovery.hpp"

/// What a run would do, or is about to.
namespace vmrotate::report {

/// A group that takes part in the run.
struct GroupPlan {
    std::string name;
    std::vector<std::string> vms;  ///< its members, in their order
    config::Group group = {};
};

/// What is around the backup of one VM.
struct Setting {
    /// The keys of the hooks that are in force, and their programs, in the order of their points.
    std::vector<std::pair<std::string, std::string>> hooks = {};
    std::optional<GroupPlan> group = {};
};

void write_plan(std::ostream& out, const job::Prepared& prepared,
                const rotation::Recovery& recovery, const Setting& setting);

/// A line of type `plan`.
void write_plan_json(std::ostream& out, const std::string& vm, const job::Prepared& prepared,
                     const rotation::Recovery& recovery, const Setting& setting);

}  // namespace vmrotate::report
