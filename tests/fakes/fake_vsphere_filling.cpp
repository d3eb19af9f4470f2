// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include <fmt/format.h>

#include "fakes/fake_vsphere.hpp"

using namespace vimclient;

std::string FakeVsphere::file_for(const Vm& vm, std::size_t number)
{
    const std::string suffix = number == 0 ? "" : fmt::format("_{}", number);
    return vm.vmx.substr(0, vm.vmx.size() - 4) + suffix + ".vmdk";
}

std::string FakeVsphere::add_datacenter(const std::string& name)
{
    const std::string id = new_id("datacenter");
    datacenters_[id] = name;
    add_folder("", id);
    return id;
}

Host& FakeVsphere::add_host(const std::string& name)
{
    hosts_.push_back({new_id("host"), name, new_id("resgroup"), true, {"network-1"}});
    for (Store& store : stores_)
        store.datastore.hosts.push_back({hosts_.back().id, true});
    return hosts_.back();
}

Folder& FakeVsphere::add_folder(const std::string& path, const std::string& datacenter_id)
{
    return places_.emplace_back(Place{{new_id("group-v"), path}, datacenter_id}).folder;
}

Datastore& FakeVsphere::add_datastore(const std::string& name, const std::string& datacenter_id)
{
    constexpr std::int64_t tebibyte = std::int64_t{1} << 40;
    Datastore datastore{new_id("datastore"), name, 10 * tebibyte, 5 * tebibyte, true, "normal", {}};
    for (const Host& host : hosts_)
        datastore.hosts.push_back({host.id, true});
    return stores_.emplace_back(Store{datastore, datacenter_id}).datastore;
}

Vm& FakeVsphere::add_vm(const std::string& name, const std::string& folder)
{
    const Place* place = find_path(folder, "datacenter-1");
    Vm& vm = vms_.emplace_back();
    vm.ref = {new_id("vm"), name};
    vm.instance_uuid = fmt::format("5028{:0>28}", vm.ref.id);
    vm.folder_id = place ? place->folder.id : add_folder(folder).id;
    vm.networks = {"network-1"};
    vm.connection = "connected";
    vm.tools = "guestToolsRunning";
    vm.power = Power::on;
    vm.host_id = hosts_.empty() ? "" : hosts_.front().id;
    vm.pool_id = hosts_.empty() ? "" : hosts_.front().pool_id;
    if (!stores_.empty())
        put_on(vm, stores_.front().datastore.name);
    return vm;
}

void FakeVsphere::put_on(Vm& vm, const std::string& datastore)
{
    constexpr std::int64_t gibibyte = std::int64_t{1} << 30;
    vm.vmx = fmt::format("[{0}] {1}/{1}.vmx", datastore, vm.ref.name);
    vm.disks.clear();
    add_disk(vm, datastore, 40 * gibibyte);
    add_disk(vm, datastore, 10 * gibibyte);
}

Disk& FakeVsphere::add_disk(Vm& vm, const std::string& datastore_name, std::int64_t bytes)
{
    const int unit = static_cast<int>(vm.disks.size());
    const std::string file = file_for(vm, vm.disks.size());
    return vm.disks.emplace_back(Disk{2000 + unit,
                                      fmt::format("scsi0:{}", unit),
                                      bytes,
                                      file,
                                      datastore(datastore_name).id,
                                      "persistent",
                                      Backing::flat,
                                      true,
                                      false,
                                      false,
                                      {}});
}

SnapshotRef FakeVsphere::add_snapshot(Vm& vm, const std::string& name,
                                      const std::string& description)
{
    const SnapshotRef ref{new_id("snapshot")};
    const std::string parent = std::exchange(current_snapshots_[vm.ref.id], ref.id);
    vm.snapshots.push_back({ref, {parent}, name, description, time, false});
    snapshot_disks_[ref.id] = vm.disks;
    return ref;
}
