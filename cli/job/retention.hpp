// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/expire.hpp"
#include "job/outcome.hpp"
#include "job/run.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// Brings a set down to what `rotation::retention` decided, without a new generation: reads the
/// newest good one again, verifies it against the sizes in its own mark, and so vouches for it;
/// then does what `expire` does. `due.newest_id` is found here.
///
/// Never throws. Where the newest one is not fit nothing is deleted, and that is left undone.
/// Where nothing is to go nothing is read.
void expire_surplus(vimclient::Vsphere& vsphere, const Run& run, Due due, Expiry& outcome);

}  // namespace vmrotate::job
