// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "config/config.hpp"

/// Which VMs of a run belong together. Pure.
namespace vmrotate::config {

/// A group as far as it takes part in one run: two members at least.
struct Muster {
    std::string name;
    Group group;
    std::vector<std::size_t> members;  ///< positions in the selection, in the order of the group
};

struct Grouping {
    std::vector<Muster> musters;
    std::vector<std::string> problems;  ///< a sentence each; none is the good answer
};

/// The groups of these assignments. A single member of a group is backed up by itself if a
/// person named it; that a job holds some members of a consistent group and not the others is a
/// problem, and so is a group that is larger than a limit of its job and may not wait, and one
/// that is to stop after a freeze of which nobody would know.
Grouping groups_of(const Config& config, const std::vector<Assignment>& selection);

}  // namespace vmrotate::config
