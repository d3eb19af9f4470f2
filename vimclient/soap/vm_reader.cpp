// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/vm_reader.hpp"

#include <string_view>

#include "soap/devices.hpp"
#include "soap/names.hpp"
#include "soap/values.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

constexpr std::string_view mark_prefix = "vmrotate.";

// what is not told, or new, counts as on: an "off" allows more
Power power_from(const std::string& text)
{
    if (text == "poweredOff")
        return Power::off;
    return text == "suspended" ? Power::suspended : Power::on;
}

Mark mark_from(const vim25__ArrayOfOptionValue* options)
{
    Mark mark;
    if (!options)
        return mark;
    for (const vim25__OptionValue* option : whole(options->OptionValue)) {
        if (option->key.starts_with(mark_prefix))
            mark[option->key] = text_of(option->value);
    }
    return mark;
}

// parents before children
void add_snapshots(const std::vector<vim25__VirtualMachineSnapshotTree*>& trees,
                   const SnapshotRef& parent, std::vector<Snapshot>& snapshots)
{
    for (const vim25__VirtualMachineSnapshotTree* tree : whole(trees)) {
        const SnapshotRef ref{id_of(tree->snapshot)};
        snapshots.push_back({.ref = ref,
                             .parent = parent,
                             .name = display_name(tree->name),
                             .description = tree->description,
                             .created = parse_time(tree->createTime).value_or(Time{}),
                             .quiesced = parse_flag(tree->quiesced)});
        add_snapshots(tree->childSnapshotList, ref, snapshots);
    }
}

std::vector<Snapshot> snapshots_from(const vim25__VirtualMachineSnapshotInfo* info)
{
    std::vector<Snapshot> snapshots;
    if (info)
        add_snapshots(info->rootSnapshotList, {}, snapshots);
    return snapshots;
}

// a parent of another type is a vApp
std::string parent_folder(const Object& object)
{
    const auto* parent = object.as<vim25__ManagedObjectReference>("parent");
    return parent && parent->type == "Folder" ? parent->__item : std::string{};
}

bool snapshots_allowed(const Object& object)
{
    const std::string supported = object.text("capability.snapshotOperationsSupported");
    return (supported.empty() || parse_flag(supported)) &&
           !object.flag("config.flags.snapshotDisabled") &&
           !object.flag("config.flags.snapshotLocked");
}

Vm vm_from(const Object& object)
{
    Vm vm;
    vm.ref = {object.id(), display_name(object.text("name"))};
    vm.instance_uuid = object.text("config.instanceUuid");
    vm.folder_id = parent_folder(object);
    vm.host_id = object.reference("runtime.host");
    vm.pool_id = object.reference("resourcePool");
    vm.vmx = object.text("config.files.vmPathName");
    vm.connection = object.text("runtime.connectionState");
    vm.tools = object.text("guest.toolsRunningStatus");
    vm.annotation = object.text("config.annotation");
    if (const auto* owner = object.as<vim25__ManagedByInfo>("config.managedBy"))
        vm.managed_by = owner->extensionKey;
    if (const auto* question = object.as<vim25__VirtualMachineQuestionInfo>("runtime.question"))
        vm.question = question->text;
    vm.power = power_from(object.text("runtime.powerState"));
    vm.used = parse_number(object.text("summary.storage.committed")).value_or(0);
    vm.readable = !vm.instance_uuid.empty() && !vm.vmx.empty();
    vm.is_template = object.flag("config.template");
    vm.consolidation_needed = object.flag("runtime.consolidationNeeded");
    vm.snapshots_allowed = snapshots_allowed(object);
    vm.disks = disks_of(object.demand<vim25__ArrayOfVirtualDevice>("config.hardware.device"));
    vm.networks = object.references("network");
    vm.snapshots = snapshots_from(object.demand<vim25__VirtualMachineSnapshotInfo>("snapshot"));
    vm.mark = mark_from(object.demand<vim25__ArrayOfOptionValue>("config.extraConfig"));
    return vm;
}

TaskState state_from(const std::string& text)
{
    if (text == "success")
        return TaskState::success;
    if (text == "error")
        return TaskState::error;
    return text == "running" ? TaskState::running : TaskState::queued;
}

Task task_from(const Object& object)
{
    Task task{.ref = {object.id()},
              .description = object.text("info.descriptionId"),
              .state = state_from(object.text("info.state")),
              .entity_id = object.reference("info.entity"),
              .result_id = object.reference("info.result"),
              .error = {},
              .started = parse_time(object.text("info.startTime")),
              .ended = parse_time(object.text("info.completeTime"))};
    if (const auto* error = object.as<vim25__LocalizedMethodFault>("info.error"))
        task.error = server_fault(*error).what();
    return task;
}

}  // namespace

Wanted wanted_of_vm()
{
    return {"VirtualMachine",
            {"name",
             "parent",
             "config.instanceUuid",
             "config.files.vmPathName",
             "config.annotation",
             "config.extraConfig",
             "config.hardware.device",
             "config.template",
             "config.managedBy",
             "config.flags.snapshotDisabled",
             "config.flags.snapshotLocked",
             "capability.snapshotOperationsSupported",
             "runtime.host",
             "runtime.powerState",
             "runtime.connectionState",
             "runtime.consolidationNeeded",
             "runtime.question",
             "guest.toolsRunningStatus",
             "summary.storage.committed",
             "resourcePool",
             "network",
             "snapshot",
             "recentTask"}};
}

Wanted wanted_of_task()
{
    return {"Task",
            {"info.descriptionId", "info.state", "info.entity", "info.result", "info.error",
             "info.startTime", "info.completeTime"}};
}

Step recent_tasks()
{
    return {"tasks", "VirtualMachine", "recentTask"};
}

void VmReader::add(const Object& object)
{
    if (object.type() == "Task") {
        tasks_.insert_or_assign(object.id(), task_from(object));
    } else if (object.type() == "VirtualMachine") {
        object.demand_complete();
        if (!object.find("name"))
            return;  // it was asked for something else
        vms_.insert_or_assign(object.id(), vm_from(object));
        recent_[object.id()] = object.references("recentTask");
    }
}

std::map<std::string, Vm> VmReader::take()
{
    for (auto& [id, vm] : vms_) {
        for (const std::string& task : recent_[id]) {
            if (const auto found = tasks_.find(task); found != tasks_.end())
                vm.tasks.push_back(found->second);
        }
    }
    return std::move(vms_);
}

}  // namespace vimclient::wire
