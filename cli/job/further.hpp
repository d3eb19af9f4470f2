// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <set>
#include <string>

#include "job/heal.hpp"
#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/run.hpp"
#include "vsphere.hpp"

/// The further places of a VM: each new generation is copied on to them, from the first place
/// and not from the running VM, whose snapshot is long gone by then.
///
/// Each place is a set of its own, with its own ring, under the same guards. A copy there bears
/// the mark of a generation of the same source: `taken` and `quiesced` are the first one's; run,
/// seq, slot and set are its own.
namespace vmrotate::job {

/// The names of place and host, for the report.
void describe(Outcome& outcome, const Prepared& prepared);

/// What was done about dead runs, and what was left.
void add(Outcome& outcome, Healing healing);

/// The ids of generations.
using Ids = std::set<std::string>;

/// Finishes or undoes what dead runs left in the further places; the generations that stand there
/// then. Throws what `heal` throws where a run may be at work in one, and Cancelled; any other
/// trouble with a place waits until it is its turn in `copy_further`.
Ids heal_further(vimclient::Vsphere& vsphere, const Run& run, const Survey& first,
                 const std::string& lock_id, Outcome& outcome);

/// Copies the generation that `outcome` tells of to each further place, one after the other, and
/// lets the old ones expire there. What another machine has copied on meanwhile is told, and not
/// made again: a copy of that second that is none of those `before`. Never throws: one place that
/// fails is left undone, and the others go on.
void copy_further(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                  const std::string& lock_id, const Ids& before, Outcome& outcome);

/// The newest good generation of the first place, where a further one has no copy of it, or
/// cannot be looked at: an earlier run has failed there. Reads only. Throws Fault.
std::optional<rotation::Generation> find_owed(vimclient::Vsphere& vsphere, const Run& run,
                                              const Survey& first);

/// Makes up for that without another snapshot: takes the lock, heals, and copies this generation
/// on to where it is missing. Throws what `heal` throws, and Error where the lock cannot be had.
Outcome copy_owed(vimclient::Vsphere& vsphere, const Run& run, Survey first,
                  const rotation::Generation& generation);

}  // namespace vmrotate::job
