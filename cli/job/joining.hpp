// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "job/prepare.hpp"
#include "job/run.hpp"
#include "rotation/adoption.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// What became of the steps, in their order; also where not all of them could be taken.
struct Joined {
    std::vector<std::string> joined;    ///< names of the VMs that are generations of the set now
    std::vector<std::string> moved_up;  ///< generations that were there and got another number

    bool is_change() const { return !joined.empty() || !moved_up.empty(); }
};

/// What stands there now, if it is at rest. `lock` is that of the source; none: it is looked at
/// without being taken. Throws Error: busy where a run may be at work, or was cut short and
/// left something that has to be healed first; refused where a VM of the place's folder cannot
/// be read; and what `survey` throws.
Survey survey_at_rest(vimclient::Vsphere& vsphere, const Run& run, const SourceLock* lock);

/// Takes the steps one after the other and stops at the first that fails, since those that
/// follow rely on it: `join` writes a newcomer's mark, generations of the set get their number
/// here. Throws Error: refused where a generation is no longer what it was, interrupted on a
/// stop request before a step, and what `join` throws, with the VM's name in it.
void take_steps(vimclient::Vsphere& vsphere, const Run& run,
                const std::vector<rotation::Numbering>& steps,
                const std::function<void(const rotation::Numbering&)>& join, Joined& done);

}  // namespace vmrotate::job
