// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "job/heal.hpp"
#include "rotation/plan.hpp"

/// What a run would find and do, for dry runs: reads only.
namespace vmrotate::job {

/// The VM and its set, as they will be once what dead runs left is healed.
struct Foresight {
    Survey seen;
    rotation::Recovery recovery;
};

/// Throws Error: busy where a run may be at work, and what `survey` throws.
Foresight foresee(vimclient::Vsphere& vsphere, const Run& run);

/// What healing and expiry would do without a backup.
struct UpkeepPlan {
    rotation::Recovery recovery;
    std::vector<rotation::Decision> decisions;  ///< once the recovery is done, newest first
};

/// What retention says of a set now, by the run's policy; at most `brake` expire.
std::vector<rotation::Decision> decisions_of(const Run& run, const Survey& seen,
                                             int brake = rotation::Rules{}.brake);

}  // namespace vmrotate::job
