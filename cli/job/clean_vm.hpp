// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/foresight.hpp"
#include "job/outcome.hpp"

/// What a backup does about dead runs, without a backup.
namespace vmrotate::job {

/// Something that looks like ours and is not touched.
struct LeftAlone {
    std::string name, reason;
};

/// What is to be cleaned, as a dry run shows it.
struct CleaningPlan : UpkeepPlan {
    std::vector<LeftAlone> left_alone;
};

/// Reads only. Throws Error: busy where a run may be at work, and what `survey` throws.
CleaningPlan plan_cleaning(vimclient::Vsphere& vsphere, const Run& run);

struct Cleaning : Expiry {
    std::vector<std::string> healed;
    std::vector<LeftAlone> left_alone;
};

/// Takes the lock of the source, heals what dead runs left on it, and does the expiry that
/// they owe: at most two, once the newest generation was read and verified again.
///
/// Throws what `heal` throws, and Error where the lock cannot be had.
Cleaning clean_vm(vimclient::Vsphere& vsphere, const Run& run);

}  // namespace vmrotate::job
