// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "rotation/set.hpp"
#include "vsphere.hpp"

/// Is a copy fit to be a generation? Pure: it looks at what was read.
namespace vmrotate::job {

struct Verdict {
    std::vector<std::string> faults;    ///< it is no generation: "the disk scsi0:1 is missing"
    std::vector<std::string> warnings;  ///< it is one, and somebody should look
};

/// `expected` are the disks as the snapshot holds them, or as the mark has kept them.
Verdict verify(const vimclient::Vm& copy, const std::vector<rotation::DiskSize>& expected,
               const rotation::SetId& id);

}  // namespace vmrotate::job
