// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

/// Who is backed up, and how: the layers of the configuration laid upon each other.
///
/// Pure. Both functions throw Error(usage) with all that is wrong, a line for each, a VM
/// without a datastore included.
namespace vmrotate::config {

/// Every VM of every job, in order of the jobs' names. A VM in two jobs is there twice.
/// `options` is what the command line says.
std::vector<Assignment> assignments(const Config& config, const Layer& options);

/// What the user asked for, nothing twice:
///  - `vms`, each with the settings of the one job that it is in, else of [defaults]; one that
///    is in several jobs is refused;
///  - all VMs of `jobs`;
///  - both: these VMs as they stand in these jobs;
///  - neither: all jobs; refused if there are none.
std::vector<Assignment> select(const Config& config, const std::vector<std::string>& vms,
                               const std::vector<std::string>& jobs, const Layer& options);

}  // namespace vmrotate::config
