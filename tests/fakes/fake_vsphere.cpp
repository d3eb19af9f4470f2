// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakes/fake_vsphere.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

using namespace vimclient;
using Kind = Fault::Kind;

namespace {

std::int64_t total(const std::vector<Disk>& disks)
{
    std::int64_t bytes = 0;
    for (const Disk& disk : disks)
        bytes += disk.bytes;
    return bytes;
}

void merge(Mark& mark, const Mark& keys)
{
    for (const auto& [key, value] : keys)
        if (value.empty())
            mark.erase(key);
        else
            mark[key] = value;
}

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

std::string file_for(const Vm& vm, std::size_t number)
{
    const std::string suffix = number == 0 ? "" : fmt::format("_{}", number);
    return vm.vmx.substr(0, vm.vmx.size() - 4) + suffix + ".vmdk";
}

/// The state where a whole mark is written, else each key; and whether NICs are concerned.
std::string text_of(const Change& change)
{
    std::string keys;
    for (const auto& [key, value] : change.mark)
        keys += fmt::format(" {}={}", key, value);
    const auto state = change.mark.find("vmrotate.state");
    return (state == change.mark.end() ? keys : " " + state->second) +
           (change.disconnect_nics ? " nics" : "");
}

}  // namespace

template <typename Act>
auto FakeVsphere::ask(std::string& list, const std::string& method, const std::string& object,
                      const Act& act)
{
    const std::lock_guard lock(mutex_);
    list += method + (object.empty() ? "" : " ") + object + "\n";
    calls += method + (object.empty() ? "" : " ") + object + "\n";
    if (logged_out_)
        throw Fault(Kind::logon, "The session is not authenticated.", "NotAuthenticated");
    const int nth = ++counts_[method];
    happen(method, nth, false);
    if constexpr (std::is_void_v<decltype(act())>)
        return act(), happen(method, nth, true);
    else {
        auto result = act();
        happen(method, nth, true);
        return result;
    }
}

// ---- reads

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

// ---- changes

Folder FakeVsphere::create_folder(const std::string& datacenter_id, const std::string& path)
{
    return ask(changes, "create_folder", path, [&] {
        const Place* known = find_path(path, datacenter_id);
        return known ? known->folder : add_folder(path, datacenter_id);
    });
}

SnapshotRef FakeVsphere::create_snapshot(const VmRef& ref, const SnapshotSpec& spec)
{
    const bool quiesce = spec.quiesce == Quiesce::require;
    return ask(changes, "create_snapshot", ref.name + (quiesce ? " quiesced" : ""), [&] {
        Vm& vm = get(ref);
        if (!vm.snapshots_allowed)
            throw Fault(Kind::unsupported, "Not supported.", "NotSupported");
        Task& task = start(vm, "VirtualMachine.createSnapshot");
        task.result_id = add_snapshot(vm, spec.name, spec.description).id;
        vm.snapshots.back().quiesced =
            quiesce && vm.power == Power::on && vm.tools == "guestToolsRunning";
        finish(task);
        return SnapshotRef{task.result_id};
    });
}

std::optional<TaskRef> FakeVsphere::begin_remove_snapshot(const SnapshotRef& snapshot)
{
    return ask(changes, "begin_remove_snapshot", snapshot.id, [&]() -> std::optional<TaskRef> {
        Vm* vm = holder_of(snapshot);
        if (vm != nullptr)
            end_tasks(*vm);
        if (holder_of(snapshot) == nullptr)
            return {};
        const Task& task = start(*vm, "VirtualMachineSnapshot.remove");
        deeds_[task.ref.id] = [this, snapshot] { remove(snapshot); };
        return task.ref;
    });
}

VmRef FakeVsphere::clone(const VmRef& ref, const SnapshotRef& from, const CloneSpec& spec,
                         const Progress& progress, std::stop_token stop)
{
    return ask(changes, "clone", spec.name, [&] {
        Vm& source = get(ref);
        Store& store = store_for(source, spec);
        for (const int percent : {0, 50, 100}) {
            if (progress)
                progress(percent);
            if (stop.stop_requested() && !copy_outruns_the_stop)
                throw Cancelled{};
        }
        Vm& copy = vms_.emplace_back(copy_of(source, from, spec, store));
        store.datastore.free -= copy.used;
        Task& task = start(source, "VirtualMachine.clone");
        task.result_id = copy.ref.id;
        finish(task);
        if (spoil_copy)
            spoil_copy(copy);
        return copy.ref;
    });
}

void FakeVsphere::reconfigure(const VmRef& ref, const Change& what)
{
    ask(changes, "reconfigure", ref.name + text_of(what), [&] {
        Vm& vm = get(ref);
        merge(vm.mark, what.mark);
        vm.annotation = what.annotation.value_or(vm.annotation);
    });
}

void FakeVsphere::consolidate(const VmRef& ref)
{
    ask(changes, "consolidate", ref.name,
        [&] { get(ref).consolidation_needed = consolidation_in_vain; });
}

void FakeVsphere::destroy(const VmRef& ref)
{
    ask(changes, "destroy", ref.name, [&] {
        Vm* vm = find(ref.id);
        if (vm == nullptr || destructions_in_vain-- > 0)
            return;
        if (vm->power != Power::off)
            throw Fault(Kind::refused, "The VM is powered on.", "InvalidPowerState");
        for_tasks([&](const Task& task) {
            if (task.result_id == ref.id && task.state == TaskState::running)
                throw Fault(Kind::busy, "Another task is in progress.", "TaskInProgress");
        });
        for (Store& store : stores_)
            if (!vm->disks.empty() && store.datastore.id == vm->disks.front().datastore_id)
                store.datastore.free += vm->used;
        vms_.remove_if([&](const Vm& each) { return each.ref.id == ref.id; });
    });
}

void FakeVsphere::logout()
{
    ask(changes, "logout", "", [&] { logged_out_ = true; });
}

void FakeVsphere::wait(const TaskRef& ref)
{
    const auto end = [&](Task& task) {
        if (task.ref.id != ref.id)
            return;
        finish(task);
        if (task.state == TaskState::error)
            throw Fault(Kind::refused, task.error);
    };
    ask(reads, "wait", ref.id, [&] { for_tasks(end); });
}

// ---- what happens inside

Vm& FakeVsphere::get(const VmRef& ref)
{
    Vm* vm = find(ref.id);
    if (vm == nullptr)
        throw Fault(Kind::not_found, "The VM is gone.", "ManagedObjectNotFound");
    return *vm;
}

Task& FakeVsphere::start(Vm& vm, const std::string& description)
{
    return vm.tasks.emplace_back(
        Task{{new_id("task")}, description, TaskState::running, vm.ref.id, {}, {}, time, {}});
}

void FakeVsphere::finish(Task& task)
{
    if (task.state != TaskState::running)
        return;
    task.state = TaskState::success;
    task.ended = time;
    if (const auto deed = deeds_.extract(task.ref.id))
        deed.mapped()();
}

void FakeVsphere::remove(const SnapshotRef& snapshot)
{
    Vm* vm = holder_of(snapshot);
    if (vm == nullptr || removals_in_vain-- > 0)
        return;
    const auto found = std::ranges::find(vm->snapshots, snapshot, &Snapshot::ref);
    const Snapshot gone = *found;
    vm->snapshots.erase(found);
    for (Snapshot& child : vm->snapshots)
        if (child.parent == snapshot)
            child.parent = gone.parent;
    if (current_snapshots_[vm->ref.id] == snapshot.id)
        current_snapshots_[vm->ref.id] = gone.parent.id;
    if (removal_leaves_disks)
        vm->consolidation_needed = true;
}

FakeVsphere::Store& FakeVsphere::store_for(const Vm& source, const CloneSpec& spec)
{
    for (const Vm& vm : vms_)
        if (vm.folder_id == spec.folder_id && vm.ref.name == spec.name)
            throw Fault(Kind::duplicate_name, "The name '" + spec.name + "' already exists.",
                        "DuplicateName");
    Store* store =
        first(stores_, [&](const Store& each) { return each.datastore.id == spec.datastore_id; });
    if (store == nullptr || find_place(spec.folder_id) == nullptr)
        throw Fault(Kind::not_found, "Datastore or folder are gone.", "ManagedObjectNotFound");
    if (total(source.disks) > store->datastore.free)
        throw Fault(Kind::no_space, "There is not enough space.", "NoDiskSpace");
    return *store;
}

Vm FakeVsphere::copy_of(const Vm& source, const SnapshotRef& from, const CloneSpec& spec,
                        const Store& store)
{
    if (holder_of(from) != &source)
        throw Fault(Kind::not_found, "The snapshot is gone.", "ManagedObjectNotFound");
    Vm copy;
    copy.ref = {new_id("vm"), spec.name};
    copy.instance_uuid = fmt::format("5028{:0>28}", copy.ref.id);
    copy.folder_id = spec.folder_id;
    copy.host_id = spec.host_id.empty() ? source.host_id : spec.host_id;
    copy.pool_id = spec.pool_id.empty() ? source.pool_id : spec.pool_id;
    copy.vmx = fmt::format("[{0}] {1}/{1}.vmx", store.datastore.name, spec.name);
    copy.connection = "connected";
    copy.annotation = spec.annotation.empty() ? source.annotation : spec.annotation;
    copy.networks = source.networks;
    copy.mark = source.mark;
    if (!clone_drops_the_mark)
        merge(copy.mark, spec.mark);
    for (Disk disk : snapshot_disks_.at(from.id)) {
        disk.file = file_for(copy, copy.disks.size());
        disk.datastore_id = store.datastore.id;
        disk.parents.clear();
        disk.thin = std::ranges::count(spec.disk_keys, disk.key) > 0;
        copy.disks.push_back(disk);
    }
    copy.used = total(copy.disks);
    return copy;
}

// ---- what goes wrong

void FakeVsphere::happen(const std::string& method, int nth, bool afterwards)
{
    for (Incident& incident : incidents_)
        if (incident.method == method && incident.nth == nth && incident.afterwards == afterwards) {
            incident.happened = true;
            incident.deed();
        }
}

void FakeVsphere::fail_task(int nth, const Fault& fault)
{
    when("wait", nth, [this, fault] {
        for_tasks([&](Task& task) {
            if (task.state != TaskState::running)
                return;
            task.state = TaskState::error;
            task.error = fault.what();
            deeds_.erase(task.ref.id);
        });
        throw fault;
    });
}

void FakeVsphere::lose(const std::string& method, int nth, Lost lost)
{
    const auto deed = [this, lost] {
        const std::string last = fmt::format("task-{}", ids_["task"]);
        for_tasks([&](Task& task) {
            if (lost == Lost::still_running && task.ref.id == last)
                task.state = TaskState::running;
        });
        throw OutcomeUnknown(Kind::unreachable, "the reply was lost");
    };
    incidents_.push_back({method, counts_[method] + nth, lost != Lost::not_executed, deed});
}

// ---- filling it

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
