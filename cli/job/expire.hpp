// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/outcome.hpp"
#include "job/prepare.hpp"

namespace vmrotate::job {

/// Deletes what the plan says, the oldest first: reads each one again, asks every guard,
/// destroys it by its id, reads that it is gone.
///
/// Never throws. A planned expiry that a pin, a use, min_age or the brake holds back is a
/// warning; one that failed or that another guard refused is left undone.
void expire(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
            Outcome& outcome);

}  // namespace vmrotate::job
