// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "job/joining.hpp"
#include "job/prepare.hpp"
#include "rotation/adoption.hpp"

/// Handing the set of a source that is gone to the VM that was made in its place.
namespace vmrotate::job {

struct HandOver {
    Survey seen;        ///< of the new source
    std::string from;   ///< the instanceUuid of the source that is gone
    rotation::Set old;  ///< its set
    std::vector<rotation::Numbering> steps;
};

/// Reads and decides; changes nothing. Throws Error: refused where `uuid` is the VM's own, where
/// there is no such generation in the place's folder, where a VM of that identity still exists
/// or may exist; and what `survey_at_rest` throws.
HandOver plan_hand_over(vimclient::Vsphere& vsphere, const Run& run, const std::string& uuid,
                        const SourceLock* lock);

/// Does the steps one after the other, each of which leaves both sets in order. What was done
/// stands in `done`, also where it throws. Throws Error.
void hand_over(vimclient::Vsphere& vsphere, const Run& run, const HandOver& plan, Joined& done);

}  // namespace vmrotate::job
