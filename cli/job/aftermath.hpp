// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>

#include "job/commit.hpp"
#include "job/copy.hpp"
#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/run.hpp"
#include "job/snapshot_guard.hpp"
#include "job/together.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// What is read at once when the commit and the snapshot's removal have both ended. It serves
/// only what follows immediately.
struct Aftermath {
    std::optional<vimclient::Vm> source;  ///< read after the end of the removal
    std::optional<SetFacts> facts;        ///< what the guards ask, where something is due
};

/// Commits the copy as `commit_or_discard` does. Where the removal has ended by then, the reading
/// that proves the commit is that of the aftermath too.
Aftermath commit_and_look(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                          const Copy& copy, SnapshotGuard& snapshot, Outcome& outcome);

}  // namespace vmrotate::job
