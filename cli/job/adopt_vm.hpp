// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/adoption_plan.hpp"
#include "job/joining.hpp"

namespace vmrotate::job {

/// Does the steps one after the other, each of which leaves the set in order: moves the VM into
/// the place's folder, writes its whole mark. `lock_id` is that of the lock that the caller
/// holds. What was done stands in `done`, also where it throws. Throws Error.
void adopt(vimclient::Vsphere& vsphere, const Run& run, Adoption adoption,
           const std::string& lock_id, Joined& done);

}  // namespace vmrotate::job
