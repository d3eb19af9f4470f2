// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "config/config.hpp"
#include "vsphere.hpp"

/// Whether the guest is asked to bring its file systems to rest. Pure.
namespace vmrotate::job {

struct QuiesceChoice {
    vimclient::Quiesce ask = vimclient::Quiesce::off;
    bool may_fall_back = false;  ///< a guest that will not is taken as it stands
    std::string shortfall;       ///< why it is not asked although it should be; empty: none
};

/// Looks at the VM's power and at VMware Tools first: vCenter's own answer to a guest without
/// Tools is a fault or, by its documentation, no answer at all. A VM that is off is at rest, and
/// nothing is asked of it.
QuiesceChoice choose_quiesce(config::Quiesce policy, const vimclient::Vm& source);

/// Why `require` cannot be met; empty where it can, or is not the policy. Goes on from "it".
std::string why_not_at_rest(config::Quiesce policy, const vimclient::Vm& source);

}  // namespace vmrotate::job
