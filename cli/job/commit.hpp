// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/copy.hpp"
#include "job/outcome.hpp"

namespace vmrotate::job {

/// Reads the copy, verifies it, and makes it a generation by one ReconfigVM_Task. Before
/// that call the copy is nothing; after it, it is the newest generation.
///
/// A copy that is not fit is deleted under the guards. If the reply is lost, the mark is
/// read: committed, or the same call again. Throws Error where there is no generation.
void commit(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared, const Copy& copy,
            Outcome& outcome);

}  // namespace vmrotate::job
