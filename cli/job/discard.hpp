// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/prepare.hpp"
#include "vsphere.hpp"

/// Undoes what a run began and did not finish.
namespace vmrotate::job {

/// A clone with `state=copying`, and the run that made it.
struct UnfinishedClone {
    vimclient::VmRef vm;
    std::string run;
    bool made_here = false;  ///< this very run's clone task named it as its result
};

struct Discard {
    bool was_there = false;  ///< in the folder, at the first look
    std::string objections;  ///< why it was not deleted; empty once it is gone
};

/// Deletes it, if every guard agrees. Throws Fault, Error.
Discard discard(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                const UnfinishedClone& clone);

/// Deletes a copy that is not fit to be a generation. Never throws: what cannot be undone is
/// warned of, and left to the next run.
void discard_copy(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                  const UnfinishedClone& clone);

/// Looks in the folder for what a failed copy of this run left behind, and deletes it alike.
void discard_remains(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen);

}  // namespace vmrotate::job
