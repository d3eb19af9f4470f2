// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <vector>

#include "config/config.hpp"
#include "job/muster.hpp"

namespace vmrotate::cli {

/// Where the members of the groups that take part wait for each other, by the member's number in
/// the selection. None for a group whose members need not wait.
std::map<std::size_t, std::shared_ptr<job::Muster>> musters_of(
    const config::Config& config, const std::vector<config::Assignment>& selection);

}  // namespace vmrotate::cli
