// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "soap/properties.hpp"
#include "soap/vm_reader.hpp"
#include "vsphere.hpp"

/// What can be read together: each reader knows its query, and takes what is its own out of the
/// objects that come, whatever else was asked for in the same call.
namespace vimclient::wire {

/// These VMs with their tasks: for `VmReader`.
Query query_of_vms(const std::vector<VmRef>& vms);

/// Which VMs stand directly in a folder.
class ChildReader {
public:
    explicit ChildReader(std::string folder_id) : folder_id_(std::move(folder_id)) {}

    Query query() const;
    void add(const Object& object);

    const std::string& folder_id() const { return folder_id_; }
    bool found() const { return found_; }
    const std::set<std::string>& ids() const { return ids_; }

private:
    std::string folder_id_;
    std::set<std::string> ids_;
    bool found_ = false;
};

/// The VMs that stand directly in a folder.
class FolderReader {
public:
    explicit FolderReader(std::string folder_id) : children_(std::move(folder_id)) {}

    Query query() const;
    void add(const Object& object);

    /// All of them; unset where the folder is not there, or changed while it was read.
    std::optional<std::vector<Vm>> take();
    bool found() const { return children_.found(); }

private:
    ChildReader children_;
    VmReader vms_;
};

/// The datastores of a datacenter.
class DatastoreReader {
public:
    static Wanted wanted();
    void add(const Object& object);

    std::vector<Datastore> datastores;

private:
    std::set<std::string> seen_;
};

class HostReader {
public:
    explicit HostReader(std::vector<std::string> ids) : ids_(std::move(ids)) {}

    Query query() const;
    void add(const Object& object);

    /// In the order of the ids; those that are gone are left out.
    std::vector<Host> take();

private:
    std::vector<std::string> ids_;
    std::map<std::string, Host> hosts_;
    std::map<std::string, std::string> owners_, pools_;
};

/// The disks of a snapshot.
class SnapshotReader {
public:
    explicit SnapshotReader(std::string id) : id_(std::move(id)) {}

    Query query() const;
    void add(const Object& object);

    std::optional<std::vector<Disk>> disks;

private:
    std::string id_;
};

/// The disk files of every VM of a datastore. Throws Fault where one cannot be read: not told
/// is not none.
class UseReader {
public:
    explicit UseReader(std::string datastore_id) : datastore_id_(std::move(datastore_id)) {}

    Query query() const;
    void add(const Object& object);
    std::vector<DiskUse> take() const;

private:
    std::string datastore_id_;
    std::set<std::pair<std::string, std::string>> seen_;
};

}  // namespace vimclient::wire
