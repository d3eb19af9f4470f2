// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "soap/properties.hpp"
#include "vsphere.hpp"

namespace vimclient::wire {

/// Puts together where VMs stand, from objects in any order: VirtualMachine, Folder, ResourcePool
/// and Datacenter.
class StandingReader {
public:
    /// The names of custom attributes by their keys.
    explicit StandingReader(std::map<std::string, std::string> attributes);

    void add(const Object& object);

    /// In the order in which the VMs came.
    std::vector<Standing> take();

private:
    struct Node {
        std::string parent, stored_name;
    };
    struct Vm {
        Standing standing;
        std::string folder_id, pool_id;
    };

    /// The names from below the root down to this node, and the root; empty where the way up ends
    /// elsewhere.
    struct Way {
        std::string root, path;
    };
    Way way_to(const std::map<std::string, Node>& nodes, std::string id,
               bool (StandingReader::*is_root)(const std::string& id) const) const;
    bool is_vm_folder(const std::string& id) const { return datacenters_.contains(id); }
    bool is_root_pool(const std::string& id) const;

    std::map<std::string, std::string> attributes_of(const Object& object) const;

    std::map<std::string, std::string> attributes_;
    std::vector<Vm> vms_;
    std::map<std::string, Node> folders_, pools_;
    std::map<std::string, std::string> datacenters_;  ///< by their VM folders
};

}  // namespace vimclient::wire
