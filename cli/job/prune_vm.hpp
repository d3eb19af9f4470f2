// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/foresight.hpp"
#include "job/outcome.hpp"

/// Bringing one VM's set down to its size at once, without a backup and without the brake.
namespace vmrotate::job {

struct Pruned : Expiry {
    std::vector<std::string> healed;  ///< what a dead run had left, and what was done with it
};

/// Reads and decides; changes nothing. Throws Error: busy where a run may be at work.
UpkeepPlan plan_pruning(vimclient::Vsphere& vsphere, const Run& run);

/// Takes the source's lock, heals what dead runs left, then does what `expire_surplus` does.
/// Throws Error where nothing could be begun, as `heal` does.
Pruned prune_vm(vimclient::Vsphere& vsphere, const Run& run);

}  // namespace vmrotate::job
