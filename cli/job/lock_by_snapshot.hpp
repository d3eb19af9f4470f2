// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/copy.hpp"
#include "job/prepare.hpp"

namespace vmrotate::job {

/// Once our snapshot stands it is the lock: reads the source and the set again.
///
/// If the snapshot of another run is an ancestor of ours, that run was first: AnotherRun,
/// and the caller's guard withdraws ours. If the set is not the one planned for, plans
/// anew, once; if it changes again, Error (busy). Returns what the snapshot turned out to
/// be.
Taken lock_by_snapshot(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared,
                       const vimclient::SnapshotRef& snapshot);

}  // namespace vmrotate::job
