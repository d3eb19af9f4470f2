// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/outcome.hpp"
#include "job/run.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// Backs one VM up, from the look to the expiry of the oldest generation.
///
/// With a gate it waits for its turn to copy, before the snapshot is taken, and to remove.
///
/// Throws Error (Skip where none is needed), or vimclient::Cancelled, if there is no new
/// generation; then no old one has been deleted, and the snapshot is removed or, failing that,
/// warned of and named by the next run. Once the generation is committed nothing throws: what could
/// not be done is in `Outcome::left_undone`.
/// Of a VM that would be skipped as it has a young generation, only the copies of that one are
/// made that further places lack.
Outcome backup_vm(vimclient::Vsphere& vsphere, const Run& run);

}  // namespace vmrotate::job
