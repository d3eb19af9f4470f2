// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "fakes/fake_vsphere_ask.hpp"

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
        const auto deed = [this, &vm, spec, quiesce](Task& task) {
            task.result_id = add_snapshot(vm, spec.name, spec.description).id;
            vm.snapshots.back().quiesced =
                quiesce && vm.power == Power::on && vm.tools == "guestToolsRunning";
        };
        return SnapshotRef{run(vm, "VirtualMachine.createSnapshot", deed).result_id};
    });
}

std::optional<TaskRef> FakeVsphere::begin_remove_snapshot(const SnapshotRef& snapshot)
{
    return ask(changes, "begin_remove_snapshot", snapshot.id, [&]() -> std::optional<TaskRef> {
        if (Vm* vm = holder_of(snapshot))
            end_tasks(*vm);
        Vm* vm = holder_of(snapshot);
        if (vm == nullptr)
            return {};
        return begin(*vm, "VirtualMachineSnapshot.remove",
                     [this, snapshot](Task&) { remove(snapshot); });
    });
}

VmRef FakeVsphere::clone(const VmRef& ref, const SnapshotRef& from, const CloneSpec& spec,
                         const Progress& progress, std::stop_token stop)
{
    return ask(changes, "clone", spec.name, [&] {
        Vm& source = get(ref);
        const VmRef copy = add_copy(source, from, spec).ref;
        const auto deed = [this, copy](Task& task) {
            task.result_id = copy.id;
            clone_events_[copy.id] = time;
            if (spoil_copy)
                spoil_copy(get(copy));
        };
        const TaskRef task = start(source, "VirtualMachine.clone", deed);
        being_made_[task.id] = copy.id;
        happen(Moment::during);
        for (const int percent : {0, 50, 100}) {
            if (progress)
                progress(percent);
            if (stop.stop_requested() && !copy_outruns_the_stop) {
                break_task(*find_task(task), "The task was canceled by a user.");
                remove_vm(copy.id);
                throw Cancelled{};
            }
        }
        finish(task);
        return copy;
    });
}

void FakeVsphere::reconfigure(const VmRef& ref, const Change& what)
{
    ask(changes, "reconfigure", ref.name + text_of(what), [&] {
        Vm& vm = get(ref);
        run(vm, "VirtualMachine.reconfigure", [this, &vm, what](Task&) {
            if (changes_in_vain-- > 0)
                return;
            merge(vm.mark, what.mark);
            vm.annotation = what.annotation.value_or(vm.annotation);
        });
    });
}

void FakeVsphere::consolidate(const VmRef& ref)
{
    ask(changes, "consolidate", ref.name, [&] {
        Vm& vm = get(ref);
        run(vm, "VirtualMachine.consolidateDisks",
            [this, &vm](Task&) { vm.consolidation_needed = consolidation_in_vain; });
    });
}

void FakeVsphere::move_into_folder(const VmRef& ref, const std::string& folder_id)
{
    const Place* place = find_place(folder_id);
    const std::string to = place ? place->folder.path : folder_id;
    ask(changes, "move_into_folder", fmt::format("{} to {}", ref.name, to), [&] {
        Vm& vm = get(ref);
        if (place == nullptr)
            throw Fault(Kind::not_found, "The folder is gone.", "ManagedObjectNotFound");
        demand_free_name(folder_id, ref.name);
        run(vm, "Folder.moveInto", [&vm, folder_id](Task&) { vm.folder_id = folder_id; });
    });
}

bool FakeVsphere::has_ended(const TaskRef& removal)
{
    const std::lock_guard lock(mutex_);
    const Task* task = find_task(removal);
    return task && task->state == TaskState::success;
}

bool FakeVsphere::destroy(const VmRef& ref)
{
    return ask(changes, "destroy", ref.name, [&] {
        Vm* vm = find(ref.id);
        if (vm == nullptr || destructions_in_vain-- > 0)
            return false;
        if (vm->power != Power::off)
            throw Fault(Kind::refused, "The VM is powered on.", "InvalidPowerState");
        for (const auto& [task, made] : being_made_)
            if (made == ref.id)
                throw Fault(Kind::busy, "Another task is in progress.", "TaskInProgress");
        run(*vm, "VirtualMachine.destroy", [this, ref](Task&) { remove_vm(ref.id); });
        return false;
    });
}

void FakeVsphere::logout()
{
    ask(changes, "logout", "", [&] { logged_out_ = true; });
}

// ---- what they do

Vm& FakeVsphere::get(const VmRef& ref)
{
    Vm* vm = find(ref.id);
    if (vm == nullptr)
        throw Fault(Kind::not_found, "The VM is gone.", "ManagedObjectNotFound");
    return *vm;
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

void FakeVsphere::remove_vm(const std::string& id)
{
    const Vm* vm = find(id);
    if (vm == nullptr)
        return;
    for (Store& store : stores_)
        if (!vm->disks.empty() && store.datastore.id == vm->disks.front().datastore_id)
            store.datastore.free += vm->used;
    vms_.remove_if([&](const Vm& each) { return each.ref.id == id; });
}

void FakeVsphere::demand_free_name(const std::string& folder_id, const std::string& name)
{
    for (const Vm& vm : vms_)
        if (vm.folder_id == folder_id && vm.ref.name == name)
            throw Fault(Kind::duplicate_name, "The name '" + name + "' already exists.",
                        "DuplicateName");
}

FakeVsphere::Store& FakeVsphere::store_for(const Vm& source, const CloneSpec& spec)
{
    demand_free_name(spec.folder_id, spec.name);
    Store* store =
        first(stores_, [&](const Store& each) { return each.datastore.id == spec.datastore_id; });
    if (store == nullptr || find_place(spec.folder_id) == nullptr)
        throw Fault(Kind::not_found, "Datastore or folder are gone.", "ManagedObjectNotFound");
    if (total(source.disks) > store->datastore.free)
        throw Fault(Kind::no_space, "There is not enough space.", "NoDiskSpace");
    return *store;
}

Vm& FakeVsphere::add_copy(const Vm& source, const SnapshotRef& from, const CloneSpec& spec)
{
    Store& store = store_for(source, spec);
    Vm& copy = vms_.emplace_back(copy_of(source, from, spec, store));
    store.datastore.free -= copy.used;
    return copy;
}

Vm FakeVsphere::copy_of(const Vm& source, const SnapshotRef& from, const CloneSpec& spec,
                        const Store& store)
{
    const bool is_from_vm = from.id.empty();
    if (!is_from_vm && holder_of(from) != &source)
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
    for (Disk disk : is_from_vm ? source.disks : snapshot_disks_.at(from.id)) {
        disk.file = file_for(copy, copy.disks.size());
        disk.datastore_id = store.datastore.id;
        disk.parents.clear();
        disk.thin = std::ranges::count(spec.disk_keys, disk.key) > 0;
        copy.disks.push_back(disk);
    }
    copy.used = total(copy.disks);
    return copy;
}

void FakeVsphere::set_attribute(const VmRef& ref, const std::string& name, const std::string& value)
{
    ask(announced, "set_attribute", fmt::format("{} {} = {}", ref.name, name, value),
        [&] { get(ref); });
}

void FakeVsphere::log_event(const VmRef& ref, const std::string& text)
{
    ask(announced, "log_event", fmt::format("{} {}", ref.name, text), [&] { get(ref); });
}
