// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "vsphere.hpp"

namespace vmrotate::job {

/// Which host makes the copy, and why.
struct HostChoice {
    std::string host_id, pool_id;  ///< empty: the source's own
    std::string name;              ///< for people; empty: the source's own
    std::string reason;
};

/// Pure. `wanted` is the policy's `host`: "auto" is a usable host other than the source's
/// that mounts the datastore read-write and has the source's networks, so that the copy
/// outlives its host; where there is none, the source's host. "source" is that one at once.
/// Anything else is a host's name. Throws Error (refused) where the host cannot do it.
HostChoice choose_host(const std::string& wanted, const vimclient::Vm& source,
                       const vimclient::Datastore& datastore,
                       const std::vector<vimclient::Host>& hosts);

}  // namespace vmrotate::job
