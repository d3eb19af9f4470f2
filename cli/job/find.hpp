// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"
#include "vsphere.hpp"

/// From the names that people write to the objects that vCenter knows.
namespace vmrotate::job {

/// The one VM of exactly this name. None: Error (failed) with the nearest names. Several:
/// Error (failed) that lists where they stand.
vimclient::VmRef find_source(vimclient::Vsphere& vsphere, const std::string& name);

/// Where generations live: the datastore and folder of the policy, in the source's datacenter.
struct Target {
    vimclient::Datastore datastore;
    vimclient::Folder folder;  ///< an empty id where it does not exist and is to be made
};

/// Error (usage) with the nearest names where one does not exist; a missing folder is
/// allowed where the policy says `create_folder`.
Target find_target(vimclient::Vsphere& vsphere, const vimclient::Place& source,
                   const config::Policy& policy);

/// The same where the datacenter's datastores and folders are known.
Target pick_target(const std::vector<vimclient::Datastore>& datastores,
                   const std::vector<vimclient::Folder>& folders, const vimclient::Place& source,
                   const config::Policy& policy);

}  // namespace vmrotate::job
