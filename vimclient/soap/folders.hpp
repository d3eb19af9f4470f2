// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "soap/properties.hpp"
#include "soap/session.hpp"

namespace vimclient::wire {

/// The VM folders of a datacenter.
class FolderTree {
public:
    /// To be used within Session::read.
    static FolderTree read(const Session& session, Line& line, const std::string& datacenter_id);

    /// Takes datacenters and folders in; other objects are ignored.
    void add(const Object& object);

    const std::string& root() const { return root_; }

    /// Every folder below the root, parents before children.
    std::vector<Folder> all() const;

    /// The id of the child of this name, as people see it; empty where there is none.
    std::string child(const std::string& parent_id, const std::string& name) const;

private:
    struct Node {
        std::string parent, stored_name;
    };

    void add_below(const std::string& parent, const std::string& path,
                   std::vector<Folder>& folders) const;

    std::string root_;
    std::map<std::string, Node> nodes_;
};

/// Where a VM stands: the names from the top of the inventory down to it.
class PlaceReader {
public:
    explicit PlaceReader(std::string vm_id) : vm_id_(std::move(vm_id)) {}

    Query query() const;

    /// Both together do the same, beside a query for the VM itself (`query_of_vms`); and they bring
    /// the datastores and folders of its datacenter: see `DatastoreReader` and `FolderTree`.
    Query query_of_start() const;
    Query query_of_surroundings() const;

    void add(const Object& object);

    /// Throws Fault (not_found).
    Place take(const std::string& root_folder);

private:
    struct Entity {
        std::string type, stored_name, parent;
    };

    std::string vm_id_;
    std::map<std::string, Entity> entities_;
};

/// To be used within Session::read.
Place read_place(const Session& session, Line& line, const std::string& vm_id);

}  // namespace vimclient::wire
