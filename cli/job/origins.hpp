// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

#include "job/prepare.hpp"
#include "rotation/recovery.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {

/// What unfinished clones of this place can have been copied from: in a further place the
/// generations of the first place that hold the same night, by `taken`; in the first place
/// nothing but the source, which is not among them. Throws Fault.
std::vector<vimclient::Vm> origins_of(vimclient::Vsphere& vsphere, const Run& run,
                                      const Survey& seen,
                                      const std::vector<rotation::LeftClone>& unfinished);

}  // namespace vmrotate::job
