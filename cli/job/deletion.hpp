// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "job/run.hpp"
#include "job/together.hpp"
#include "rotation/guards.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// The facts for the guards, but for those that the caller alone knows. `read` is a reading made
/// just before; what it does not tell of who uses the victim's disks, and of the server's clock,
/// is read now.
rotation::Deletion deletion_of(vimclient::Vsphere& vsphere, const Run& run,
                               const rotation::SetId& id, const vimclient::Vm& victim,
                               const SetFacts& read);

/// Asks every guard, then destroys, then reads that the VM is gone. `facts` reads all that the
/// guards look at, and is called just before each attempt; nothing where the VM is gone.
///
/// While a task at work on the VM is the only objection, or the server says that it is busy, or
/// that the session has ended (once), all of that is done again, for `task_wait` at most. A lost
/// reply is looked after until nothing works on the VM; nothing is sent again. Returns what speaks
/// against it: empty once it is gone. Throws Fault, or Error where it is still there.
std::vector<rotation::Objection> delete_under_guards(
    vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& victim,
    const std::function<std::optional<rotation::Deletion>()>& facts);

/// The sentences, joined: "it is powered on; it is pinned".
std::string text_of(const std::vector<rotation::Objection>& objections);

}  // namespace vmrotate::job
