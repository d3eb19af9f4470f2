// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "vsphere.hpp"

/// Which VMs a job means, now. Pure.
namespace vmrotate::fleet {

/// A VM of the inventory.
struct Candidate {
    vimclient::Standing standing;
    bool is_generation = false;  ///< a copy of ours, finished or not, where copies lie
};

/// A line of a job that does not say what it should.
struct Lack {
    std::string job;
    std::string line;  ///< "web*", "Production"
    Error error;
};

struct Roster {
    config::Config config;    ///< the same, with the names of VMs alone in each job's `vms`
    std::vector<Lack> lacks;  ///< of all jobs; the other lines stand
};

/// Whether a job has more than names of VMs, so that the inventory is asked.
bool has_patterns(const config::Config& config);

/// Resolves every job. A job's VMs are in the order of its lines, those of one line in the order
/// of their names; none is there twice, none that `exclude` names.
///
///  - A line of `vms` that is exactly a VM's name means that VM, whatever characters it has; else
///    * and ? are wildcards. A name without them is taken as it is: whoever looks for it says
///    whether there is such a VM.
///  - Other lines never mean a template, nor a generation in its place.
///  - A line that means no VM is a lack, and so is a name that several of the VMs meant have.
Roster resolve(const config::Config& config, const std::vector<Candidate>& inventory);

}  // namespace vmrotate::fleet
