// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/copy.hpp"
#include "job/outcome.hpp"

namespace vmrotate::job {

/// Reads the copy, verifies it, and makes it a generation by one ReconfigVM_Task. Before
/// that call the copy is nothing; after it, it is the newest generation.
///
/// A copy that is not fit is deleted under the guards. If the reply is lost, the mark is
/// read: committed, or the same call again. One that somebody else has committed meanwhile,
/// taking this run for dead, is the same generation. Throws Error where there is none.
void commit(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen, const Copy& copy,
            Outcome& outcome);

}  // namespace vmrotate::job
