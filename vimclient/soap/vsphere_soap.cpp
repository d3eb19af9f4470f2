// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/vsphere_soap.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "soap/devices.hpp"
#include "soap/folders.hpp"
#include "soap/listing.hpp"
#include "soap/names.hpp"
#include "soap/properties.hpp"
#include "soap/values.hpp"
#include "soap/vm_reader.hpp"
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

}  // namespace

VsphereSoap::VsphereSoap(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                         const Patience& patience, const std::string& user_agent,
                         std::stop_token stop)
    : session_(endpoint, trust, logon, patience, user_agent, std::move(stop))
{
}

Time VsphereSoap::now()
{
    return session_.reading<Time>([](Line& line) {
        Arena arena;
        vim25__CurrentTimeResponse reply;
        auto* self = arena.reference("ServiceInstance", "ServiceInstance");
        line.context.call({"CurrentTime"}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CurrentTime(s, url, action, self, reply);
        });
        const auto time = parse_time(reply.returnval);
        return *require(time ? &time : nullptr, "CurrentTime");
    });
}

std::vector<VmRef> VsphereSoap::vm_names()
{
    return session_.reading<std::vector<VmRef>>(
        [this](Line& line) { return list_names(session_, line); });
}

std::vector<Vm> VsphereSoap::read_vms(const std::vector<VmRef>& vms)
{
    if (vms.empty())
        return {};
    Query query{.root_type = "VirtualMachine",
                .roots = {},
                .steps = {recent_tasks()},
                .wanted = {wanted_of_vm(), wanted_of_task()},
                .page = vms_page};
    for (const VmRef& vm : vms)
        query.roots.push_back(vm.id);
    auto found = session_.reading<std::map<std::string, Vm>>([&](Line& line) {
        for (;;) {
            try {
                VmReader reader;
                retrieve(session_, line, query, [&](const Object& o) { reader.add(o); });
                return reader.take();
            } catch (const ServerFault& fault) {  // some servers do not leave out what is gone
                if (fault.type() != "ManagedObjectNotFound" ||
                    std::erase(query.roots, fault.object()) == 0)
                    throw;
                if (query.roots.empty())
                    return std::map<std::string, Vm>{};
            }
        }
    });
    std::vector<Vm> ordered;
    for (const VmRef& vm : vms) {
        if (const auto position = found.find(vm.id); position != found.end())
            ordered.push_back(position->second);
    }
    return ordered;
}

std::vector<Standing> VsphereSoap::standings()
{
    return session_.reading<std::vector<Standing>>(
        [&](Line& line) { return list_standings(session_, line); });
}

std::vector<Vm> VsphereSoap::vms_in(const std::string& folder_id)
{
    return session_.reading<std::vector<Vm>>(
        [&](Line& line) { return list_folder(session_, line, folder_id); });
}

Place VsphereSoap::place_of(const VmRef& vm)
{
    return session_.reading<Place>([&](Line& line) { return read_place(session_, line, vm.id); });
}

std::vector<Datastore> VsphereSoap::datastores_of(const std::string& datacenter_id)
{
    const Query query{.root_type = "Datacenter",
                      .roots = {datacenter_id},
                      .steps = {{"datastores", "Datacenter", "datastore"}},
                      .wanted = {{"Datastore",
                                  {"name", "summary.capacity", "summary.freeSpace",
                                   "summary.accessible", "summary.maintenanceMode", "host"}}}};
    return session_.reading<std::vector<Datastore>>([&](Line& line) {
        std::vector<Datastore> datastores;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            datastores.push_back(datastore_from(object));
        });
        return datastores;
    });
}

std::vector<Folder> VsphereSoap::folders_of(const std::string& datacenter_id)
{
    return session_.reading<std::vector<Folder>>(
        [&](Line& line) { return FolderTree::read(session_, line, datacenter_id).all(); });
}

std::vector<Host> VsphereSoap::read_hosts(const std::vector<std::string>& ids)
{
    if (ids.empty())
        return {};
    const Query query{.root_type = "HostSystem",
                      .roots = ids,
                      .steps = {{"owner", "HostSystem", "parent"}},
                      .wanted = {{"HostSystem",
                                  {"name", "parent", "runtime.connectionState",
                                   "runtime.inMaintenanceMode", "network"}},
                                 {"ComputeResource", {"resourcePool"}}}};
    return session_.reading<std::vector<Host>>([&](Line& line) {
        std::map<std::string, Host> hosts;
        std::map<std::string, std::string> owners, pools;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            if (object.type() != "HostSystem") {
                pools[object.id()] = object.reference("resourcePool");
                return;
            }
            owners[object.id()] = object.reference("parent");
            hosts[object.id()] = {.id = object.id(),
                                  .name = display_name(object.text("name")),
                                  .pool_id = {},
                                  .usable = object.text("runtime.connectionState") == "connected" &&
                                            !object.flag("runtime.inMaintenanceMode"),
                                  .networks = object.references("network")};
        });
        std::vector<Host> ordered;
        for (const std::string& id : ids) {
            const auto found = hosts.find(id);
            if (found == hosts.end())
                continue;
            found->second.pool_id = pools[owners[id]];
            ordered.push_back(found->second);
        }
        return ordered;
    });
}

std::vector<Disk> VsphereSoap::disks_of(const SnapshotRef& snapshot)
{
    const Query query{.root_type = "VirtualMachineSnapshot",
                      .roots = {snapshot.id},
                      .steps = {},
                      .wanted = {{"VirtualMachineSnapshot", {"config.hardware.device"}}}};
    return session_.reading<std::vector<Disk>>([&](Line& line) {
        std::optional<std::vector<Disk>> disks;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            if (const auto* devices =
                    object.demand<vim25__ArrayOfVirtualDevice>("config.hardware.device"))
                disks = wire::disks_of(devices);
            else  // not told is not none
                throw Fault(Fault::Kind::refused,
                            fmt::format("the disks of '{}' cannot be read", object.id()));
        });
        if (!disks)
            throw ServerFault(Fault::Kind::not_found,
                              fmt::format("there is no snapshot '{}'", snapshot.id),
                              "ManagedObjectNotFound", snapshot.id);
        return *disks;
    });
}

std::vector<DiskUse> VsphereSoap::disk_uses(const std::string& datastore_id)
{
    const Query query{
        .root_type = "Datastore",
        .roots = {datastore_id},
        .steps = {{"vms", "Datastore", "vm", {"roots"}},
                  {"roots", "VirtualMachine", "rootSnapshot", {"children"}},
                  {"children", "VirtualMachineSnapshot", "childSnapshot", {"children"}}},
        .wanted = {{"VirtualMachine", {"config.hardware.device"}},
                   {"VirtualMachineSnapshot", {"vm", "config.hardware.device"}}},
        .page = vms_page};
    return session_.reading<std::vector<DiskUse>>([&](Line& line) {
        std::set<std::pair<std::string, std::string>> seen;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            const bool is_vm = object.type() == "VirtualMachine";
            const std::string vm = is_vm ? object.id() : object.reference("vm");
            const auto* devices =
                object.demand<vim25__ArrayOfVirtualDevice>("config.hardware.device");
            if (!devices)  // not told is not none
                throw Fault(Fault::Kind::refused,
                            fmt::format("the disks of '{}' cannot be read", object.id()));
            for (const Disk& disk : wire::disks_of(devices)) {
                seen.emplace(vm, disk.file);
                for (const std::string& parent : disk.parents)
                    seen.emplace(vm, parent);
            }
        });
        std::vector<DiskUse> uses;
        for (const auto& use : seen)
            uses.push_back({use.first, use.second});
        return uses;
    });
}

}  // namespace vimclient::wire
