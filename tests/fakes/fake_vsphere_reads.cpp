// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "fakes/fake_vsphere_ask.hpp"

using namespace vimclient;
using Kind = Fault::Kind;

namespace {

/// As the port tells it: of a VM that cannot be read there is little to tell.
Vm as_told(const Vm& vm)
{
    Vm told = vm.readable ? vm : Vm{};
    told.ref = vm.ref;
    told.folder_id = vm.folder_id;
    told.connection = vm.connection;
    told.readable = vm.readable;
    return told;
}

}  // namespace

Time FakeVsphere::now()
{
    return ask(reads, "now", "", [&] { return time; });
}

std::vector<VmRef> FakeVsphere::vm_names()
{
    return ask(reads, "vm_names", "", [&] {
        std::vector<VmRef> names;
        for (const Vm& vm : vms_)
            names.push_back(vm.ref);
        return names;
    });
}

std::vector<Standing> FakeVsphere::standings()
{
    return ask(reads, "standings", "", [&] {
        std::vector<Standing> found;
        for (const Vm& vm : vms_) {
            const Place* place = find_place(vm.folder_id);
            Standing standing{vm.ref,
                              vm.is_template,
                              place ? place->datacenter_id : "datacenter-1",
                              place ? place->folder.path : "",
                              pools[vm.ref.id],
                              vm.host_id,
                              {},
                              attributes[vm.ref.id]};
            for (const Disk& disk : vm.disks)
                if (std::ranges::count(standing.datastore_ids, disk.datastore_id) == 0)
                    standing.datastore_ids.push_back(disk.datastore_id);
            found.push_back(std::move(standing));
        }
        return found;
    });
}

std::vector<Vm> FakeVsphere::read_vms(const std::vector<VmRef>& vms)
{
    std::string names;
    for (const VmRef& vm : vms)
        names += (names.empty() ? "" : ", ") + vm.name;
    return ask(reads, "read_vms", names, [&] {
        std::vector<Vm> found;
        for (const VmRef& ref : vms)
            if (const Vm* vm = find(ref.id))
                found.push_back(as_told(*vm));
        return found;
    });
}

std::vector<Vm> FakeVsphere::vms_in(const std::string& folder_id)
{
    Place* place = find_place(folder_id);
    return ask(reads, "vms_in", place ? place->folder.path : folder_id, [&] {
        if (place == nullptr)
            throw Fault(Kind::not_found, "The folder is gone.", "ManagedObjectNotFound");
        std::vector<Vm> found;
        for (const Vm& vm : vms_)
            if (vm.folder_id == folder_id)
                found.push_back(as_told(vm));
        return found;
    });
}

std::set<std::string> FakeVsphere::children_of(const std::string& folder_id)
{
    Place* place = find_place(folder_id);
    return ask(reads, "children_of", place ? place->folder.path : folder_id, [&] {
        if (place == nullptr)
            throw Fault(Kind::not_found, "The folder is gone.", "ManagedObjectNotFound");
        std::set<std::string> found;
        for (const Vm& vm : vms_)
            if (vm.folder_id == folder_id)
                found.insert(vm.ref.id);
        return found;
    });
}

vimclient::Place FakeVsphere::place_of(const VmRef& ref)
{
    return ask(reads, "place_of", ref.name, [&] {
        Place* place = find_place(get(ref).folder_id);
        const std::string datacenter_id = place ? place->datacenter_id : "datacenter-1";
        std::string path = "/" + datacenters_.at(datacenter_id) + "/vm/";
        if (place && !place->folder.path.empty())
            path += place->folder.path + "/";
        for (const char c : ref.name)
            path += c == '/' ? "%2f" : std::string(1, c);
        return vimclient::Place{path, datacenter_id, datacenters_.at(datacenter_id)};
    });
}

std::vector<Datastore> FakeVsphere::datastores_of(const std::string& datacenter_id)
{
    return ask(reads, "datastores_of", datacenter_id, [&] {
        std::vector<Datastore> found;
        for (const Store& store : stores_)
            if (store.datacenter_id == datacenter_id)
                found.push_back(store.datastore);
        return found;
    });
}

std::vector<Folder> FakeVsphere::folders_of(const std::string& datacenter_id)
{
    return ask(reads, "folders_of", datacenter_id, [&] {
        std::vector<Folder> found;
        for (const Place& place : places_)
            if (place.datacenter_id == datacenter_id && !place.folder.path.empty())
                found.push_back(place.folder);
        return found;
    });
}

std::vector<Host> FakeVsphere::read_hosts(const std::vector<std::string>& ids)
{
    return ask(reads, "read_hosts", fmt::format("{}", fmt::join(ids, ", ")), [&] {
        std::vector<Host> found;
        for (const std::string& id : ids)
            if (const Host* host = first(hosts_, [&](const auto& h) { return h.id == id; }))
                found.push_back(*host);
        return found;
    });
}

std::vector<Disk> FakeVsphere::disks_of(const SnapshotRef& snapshot)
{
    return ask(reads, "disks_of", snapshot.id, [&] {
        if (holder_of(snapshot) == nullptr)
            throw Fault(Kind::not_found, "The snapshot is gone.", "ManagedObjectNotFound");
        return snapshot_disks_.at(snapshot.id);
    });
}

std::vector<DiskUse> FakeVsphere::disk_uses(const std::string& datastore_id)
{
    return ask(reads, "disk_uses", datastore_id, [&] {
        std::vector<DiskUse> uses;
        for (const Vm& vm : vms_)
            for (const Disk& disk : vm.disks) {
                if (disk.datastore_id == datastore_id)
                    uses.push_back({vm.ref.id, disk.file});
                for (const std::string& parent : disk.parents)
                    uses.push_back({vm.ref.id, parent});
            }
        return uses;
    });
}

std::optional<VmRef> FakeVsphere::own_vm()
{
    return ask(reads, "own_vm", "", [&]() -> std::optional<VmRef> {
        const Vm* vm = first(vms_, [&](const Vm& each) { return each.ref.name == own_vm_name; });
        return vm == nullptr ? std::nullopt : std::optional(vm->ref);
    });
}

std::optional<Time> FakeVsphere::copied_at(const VmRef& source, const VmRef& copy)
{
    return ask(reads, "copied_at", copy.name, [&]() -> std::optional<Time> {
        if (const Vm* vm = find(source.id))
            for (const Task& task : vm->tasks)
                if (task.description == "VirtualMachine.clone" && task.result_id == copy.id &&
                    task.state == TaskState::success)
                    return task.ended;
        const auto event = clone_events_.find(copy.id);
        return event == clone_events_.end() ? std::nullopt : std::optional(event->second);
    });
}

std::string FakeVsphere::guest_address(const VmRef& ref)
{
    return ask(reads, "guest_address", ref.name, [&] {
        get(ref);
        return address_of_guests;
    });
}

Answer FakeVsphere::read(const Question& question)
{
    Answer answer;
    if (!question.vms.empty())
        answer.vms = read_vms(question.vms);
    if (!question.placed.id.empty()) {
        answer.place = place_of(question.placed);
        answer.datastores = datastores_of(answer.place->datacenter_id);
        answer.folders = folders_of(answer.place->datacenter_id);
    }
    if (!question.folder_id.empty())
        answer.folder = vms_in(question.folder_id);
    if (!question.children_of.empty())
        answer.children = children_of(question.children_of);
    if (!question.hosts.empty())
        answer.hosts = read_hosts(question.hosts);
    if (!question.snapshot.id.empty())
        answer.disks = disks_of(question.snapshot);
    if (!question.datastore_id.empty())
        answer.uses = disk_uses(question.datastore_id);
    if (question.time)
        answer.time = now();
    return answer;
}
