// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "job/copy.hpp"
#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/probe.hpp"

/// What is told of a guest's freeze, and to whom.
namespace vmrotate::job {

/// Before this VM's guest may freeze again: what the newest generation says of the last time.
void recall_freeze(const Run& run, const Survey& seen);

/// Once the snapshot is gone: into the outcome, with a warning where it was longer than
/// `max_freeze`, and into the generation's mark where that does not say it yet: the commit has
/// written what `outcome.freeze` held then. What cannot be written is a warning. Returns whether
/// the generation was changed.
bool tell_freeze(vimclient::Vsphere& vsphere, const Run& run, const Copy& copy, GuestWatch& guest,
                 Outcome& outcome);

}  // namespace vmrotate::job
