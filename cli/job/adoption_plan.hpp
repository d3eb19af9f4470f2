// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/prepare.hpp"
#include "rotation/adoption.hpp"
#include "vsphere.hpp"

/// Making generations of the clones that the script before us has left: VMs that are named as
/// generations of a source and carry no mark.
namespace vmrotate::job {

/// A VM that is named like a generation of the source, and is none of its set.
struct Candidate {
    vimclient::Vm vm;
    std::string folder;  ///< its path below the datacenter's VM folder, which itself is "/"
    int slot = 0;
    rotation::Time taken{};              ///< what its name says
    std::vector<std::string> obstacles;  ///< why it cannot be adopted; empty if it can
};

struct Adoption {
    Survey seen;
    std::vector<Candidate> candidates;   ///< newest first
    std::vector<std::string> elsewhere;  ///< other folders of the datacenter that hold such VMs
    std::vector<rotation::Numbering> steps;
};

/// Looks in the place's folder and in these others, and decides; changes nothing. `lock` as for
/// `survey_at_rest`. Throws Error: usage where a folder does not exist, and what that throws.
Adoption plan_adoption(vimclient::Vsphere& vsphere, const Run& run,
                       const std::vector<std::string>& wanted, const SourceLock* lock);

/// Why this VM cannot become a generation; empty if it can. Pure: `disk_users` use one of its
/// disks, `names_there` stand in the folder where it is to go.
std::vector<std::string> obstacles_to_adoption(const vimclient::Vm& vm, const rotation::SetId& id,
                                               const std::vector<std::string>& sources,
                                               const std::vector<std::string>& disk_users,
                                               const std::vector<std::string>& names_there);

}  // namespace vmrotate::job
