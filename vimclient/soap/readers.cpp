// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/readers.hpp"

#include <fmt/format.h>

#include "soap/devices.hpp"
#include "soap/listing.hpp"
#include "soap/names.hpp"
#include "soap/values.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

std::vector<DatastoreMount> mounts_from(const vim25__ArrayOfDatastoreHostMount* mounts)
{
    std::vector<DatastoreMount> hosts;
    if (!mounts)
        return hosts;
    for (const vim25__DatastoreHostMount* mount : whole(mounts->DatastoreHostMount)) {
        const vim25__HostMountInfo* const info = mount->mountInfo;
        const bool writable = info && info->accessMode == "readWrite" &&
                              (!info->mounted || parse_flag(*info->mounted)) &&
                              (!info->accessible || parse_flag(*info->accessible));
        hosts.push_back({id_of(mount->key), writable});
    }
    return hosts;
}

Datastore datastore_from(const Object& object)
{
    return {.id = object.id(),
            .name = display_name(object.text("name")),
            .capacity = parse_number(object.text("summary.capacity")).value_or(0),
            .free = parse_number(object.text("summary.freeSpace")).value_or(0),
            .accessible = object.flag("summary.accessible"),
            .maintenance = object.text("summary.maintenanceMode"),
            .hosts = mounts_from(object.as<vim25__ArrayOfDatastoreHostMount>("host"))};
}

// not told is not none
std::vector<Disk> demand_disks(const Object& object)
{
    object.demand_complete();
    const auto* devices = object.demand<vim25__ArrayOfVirtualDevice>("config.hardware.device");
    if (!devices)
        throw Fault(Fault::Kind::refused,
                    fmt::format("the disks of '{}' cannot be read", object.id()));
    return disks_of(devices);
}

}  // namespace

Query query_of_vms(const std::vector<VmRef>& vms)
{
    Query query{.root_type = "VirtualMachine",
                .roots = {},
                .steps = {recent_tasks()},
                .wanted = {wanted_of_vm(), wanted_of_task()},
                .page = vms_page};
    for (const VmRef& vm : vms)
        query.roots.push_back(vm.id);
    return query;
}

Query ChildReader::query() const
{
    return {.root_type = "Folder",
            .roots = {folder_id_},
            .wanted = {{"Folder", {"childEntity"}}},
            .page = vms_page};
}

void ChildReader::add(const Object& object)
{
    if (object.id() != folder_id_)
        return;
    object.demand_complete();
    const auto* children = object.demand<vim25__ArrayOfManagedObjectReference>("childEntity");
    found_ = found_ || children || !object.find("name");  // else it came for its name alone
    if (!children)
        return;
    for (const vim25__ManagedObjectReference* child : whole(children->ManagedObjectReference)) {
        if (child->type == "VirtualMachine")
            ids_.insert(child->__item);
    }
}

Query FolderReader::query() const
{
    return {.root_type = "Folder",
            .roots = {children_.folder_id()},
            .steps = {{"children", "Folder", "childEntity", {"tasks"}}, recent_tasks()},
            .wanted = {{"Folder", {"childEntity"}}, wanted_of_vm(), wanted_of_task()},
            .page = vms_page};
}

void FolderReader::add(const Object& object)
{
    vms_.add(object);
    children_.add(object);
}

std::optional<std::vector<Vm>> FolderReader::take()
{
    std::vector<Vm> vms;
    std::set<std::string> listed;
    for (auto& entry : vms_.take()) {
        if (entry.second.folder_id != children_.folder_id() &&
            !children_.ids().contains(entry.first))
            continue;  // it was asked for by itself
        listed.insert(entry.first);
        vms.push_back(std::move(entry.second));
    }
    return found() && listed == children_.ids() ? std::optional(std::move(vms)) : std::nullopt;
}

Wanted DatastoreReader::wanted()
{
    return {"Datastore",
            {"name", "summary.capacity", "summary.freeSpace", "summary.accessible",
             "summary.maintenanceMode", "host"}};
}

void DatastoreReader::add(const Object& object)
{
    if (object.type() != "Datastore" || !object.find("name") || !seen_.insert(object.id()).second)
        return;
    object.demand_complete();
    datastores.push_back(datastore_from(object));
}

Query HostReader::query() const
{
    return {.root_type = "HostSystem",
            .roots = ids_,
            .steps = {{"owner", "HostSystem", "parent"}},
            .wanted = {{"HostSystem",
                        {"name", "parent", "runtime.connectionState", "runtime.inMaintenanceMode",
                         "network"}},
                       {"ComputeResource", {"resourcePool"}}}};
}

void HostReader::add(const Object& object)
{
    if (object.find("resourcePool") && object.type().ends_with("ComputeResource")) {
        object.demand_complete();
        pools_[object.id()] = object.reference("resourcePool");
    }
    if (object.type() != "HostSystem")
        return;
    object.demand_complete();
    owners_[object.id()] = object.reference("parent");
    hosts_[object.id()] = {.id = object.id(),
                           .name = display_name(object.text("name")),
                           .pool_id = {},
                           .usable = object.text("runtime.connectionState") == "connected" &&
                                     !object.flag("runtime.inMaintenanceMode"),
                           .networks = object.references("network")};
}

std::vector<Host> HostReader::take()
{
    std::vector<Host> ordered;
    for (const std::string& id : ids_) {
        const auto found = hosts_.find(id);
        if (found == hosts_.end())
            continue;
        found->second.pool_id = pools_[owners_[id]];
        ordered.push_back(found->second);
    }
    return ordered;
}

Query SnapshotReader::query() const
{
    return {.root_type = "VirtualMachineSnapshot",
            .roots = {id_},
            .steps = {},
            .wanted = {{"VirtualMachineSnapshot", {"config.hardware.device"}}}};
}

void SnapshotReader::add(const Object& object)
{
    if (object.id() == id_)
        disks = demand_disks(object);
}

Query UseReader::query() const
{
    return {.root_type = "Datastore",
            .roots = {datastore_id_},
            .steps = {{"vms", "Datastore", "vm", {"roots"}},
                      {"roots", "VirtualMachine", "rootSnapshot", {"children"}},
                      {"children", "VirtualMachineSnapshot", "childSnapshot", {"children"}}},
            .wanted = {{"VirtualMachine", {"config.hardware.device"}},
                       {"VirtualMachineSnapshot", {"vm", "config.hardware.device"}}},
            .page = vms_page};
}

void UseReader::add(const Object& object)
{
    const bool is_vm = object.type() == "VirtualMachine";
    if (!is_vm && object.type() != "VirtualMachineSnapshot")
        return;
    const std::string vm = is_vm ? object.id() : object.reference("vm");
    for (const Disk& disk : demand_disks(object)) {
        seen_.emplace(vm, disk.file);
        for (const std::string& parent : disk.parents)
            seen_.emplace(vm, parent);
    }
}

std::vector<DiskUse> UseReader::take() const
{
    std::vector<DiskUse> uses;
    for (const auto& use : seen_)
        uses.push_back({use.first, use.second});
    return uses;
}

}  // namespace vimclient::wire
