// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/naming.hpp"
#include "soap/properties.hpp"
#include "soap/retry.hpp"
#include "soap/specs.hpp"
#include "soap/values.hpp"
#include "soap/vsphere_soap.hpp"

namespace vimclient::wire {

namespace {

bool is_busy(const ServerFault& fault)
{
    return fault.type() == "TaskInProgress";
}

bool is_gone(const ServerFault& fault, const std::string& id)
{
    return fault.type() == "ManagedObjectNotFound" &&
           (fault.object().empty() || fault.object() == id);
}

// They live until the line's next release. Nothing is changed yet, so a lost answer here is
// as good as a call that was never sent.
const vim25__ArrayOfVirtualDevice* read_devices(const Session& session, Line& line,
                                                const std::string& vm_id)
{
    const Query query{.root_type = "VirtualMachine",
                      .roots = {vm_id},
                      .steps = {},
                      .wanted = {{"VirtualMachine", {"config.hardware.device"}}}};
    const vim25__ArrayOfVirtualDevice* devices = nullptr;
    try {
        retrieve_kept(session, line, {query}, [&](const Object& object) {
            object.demand_complete();
            devices = object.as<vim25__ArrayOfVirtualDevice>("config.hardware.device");
        });
    } catch (const NoAnswer& lost) {
        throw NoAnswer(lost.reason(), false, lost.what());
    }
    return devices;
}

std::string text_of(const Call& call)
{
    return fmt::format("{} of '{}'", call.method, call.object);
}

}  // namespace

std::string VsphereSoap::start(const Call& call, const Start& start, OnStop on_stop)
{
    std::string task;
    try {
        session_.change([&](Line& line) { task = start(line); }, on_stop);
    } catch (const ServerFault& fault) {
        throw named(session_, fault);
    }
    if (task.empty())
        throw OutcomeUnknown(
            Fault::Kind::unreachable,
            fmt::format("incomplete reply to {}; it may have been done", text_of(call)));
    return task;
}

std::string VsphereSoap::start_when_free(const Call& call, const Start& start_call,
                                         const Waiting& waiting)
{
    for (;;) {
        if (waiting.stop.stop_requested())
            throw Cancelled{};
        try {
            return start(call, start_call, waiting.on_stop);
        } catch (const ServerFault& fault) {
            if (!is_busy(fault) || Clock::now() >= waiting.until)
                throw;
            wait_until_free(fault, waiting.until, waiting.stop);
        }
    }
}

// the task in the way ends, or a while passes
void VsphereSoap::wait_until_free(const ServerFault& busy, Clock::time_point until,
                                  const std::stop_token& stop)
{
    constexpr std::chrono::seconds slice{1};
    const auto left = std::chrono::ceil<std::chrono::seconds>(until - Clock::now());
    if (!busy.object().empty() && !stop.stop_possible()) {
        try {
            wait_for_task(session_, busy.object(), {.what = "the task in the way", .limit = left});
            return;
        } catch (const Fault&) {  // it cannot be watched
        }
    }
    const auto pause = std::clamp<std::chrono::milliseconds>(left, std::chrono::seconds{0}, slice);
    sleep_unless_stopped(pause, stop);
}

std::string VsphereSoap::run(const Call& call, const Start& start_call, const Watch& watch,
                             const std::stop_token& stop)
{
    const Waiting waiting{.until = Clock::now() + session_.patience().task_wait, .stop = stop};
    for (;;) {
        const std::string task = start_when_free(call, start_call, waiting);
        std::optional<TaskEnd> along;
        const TaskEnd end = wait_for_task(session_, task, watch, &along);
        if (along) {
            const std::lock_guard lock(mutex_);
            if (const auto found = removals_.find(watch.along); found != removals_.end())
                found->second.end = along;
        }
        if (!end.error)
            return end.result_id;
        if (watch.stop.stop_requested())
            throw Cancelled{};
        if (!is_busy(*end.error) || Clock::now() >= waiting.until)
            throw named(session_, *end.error);
        wait_until_free(*end.error, waiting.until, stop);
    }
}

SnapshotRef VsphereSoap::create_snapshot(const VmRef& vm, const SnapshotSpec& spec)
{
    const Call call{"CreateSnapshot_Task", vm.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachine", vm.id);
        std::string* const description = arena.text(spec.description);
        const std::string name = escaped_name(spec.name);
        const bool quiesce = spec.quiesce == Quiesce::require;
        vim25__CreateSnapshot_USCORETaskResponse reply;
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CreateSnapshot_USCORETask(s, url, action, self, name,
                                                              description, false, quiesce, reply);
        });
        return id_of(reply.returnval);
    };
    const std::string id = run(call, start_call, {.what = text_of(call), .needs_result = true},
                               session_.stop().token());
    if (id.empty())
        throw OutcomeUnknown(Fault::Kind::refused,
                             fmt::format("{} ended without naming a snapshot", text_of(call)));
    return {id};
}

std::optional<TaskRef> VsphereSoap::begin_remove_snapshot(const SnapshotRef& snapshot)
{
    const Call call{"RemoveSnapshot_Task", snapshot.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachineSnapshot", snapshot.id);
        bool* const consolidate = arena.flag(true);
        vim25__RemoveSnapshot_USCORETaskResponse reply;
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__RemoveSnapshot_USCORETask(s, url, action, self, false,
                                                              consolidate, reply);
        });
        return id_of(reply.returnval);
    };
    const Waiting waiting{
        .until = Clock::now() + session_.patience().removal, .stop = {}, .on_stop = OnStop::go_on};
    try {
        const TaskRef task{start_when_free(call, start_call, waiting)};
        const std::lock_guard lock(mutex_);
        for (auto& entry : removals_)
            if (entry.second.begun_by == std::this_thread::get_id())
                entry.second.begun_by = {};  // nobody waited for it
        removals_[task.id] = {snapshot, std::this_thread::get_id(), {}};
        return task;
    } catch (const ServerFault& fault) {
        if (!is_gone(fault, snapshot.id))
            throw;
        return std::nullopt;
    }
}

// the removal that this thread has begun, as long as nobody has seen its end
std::string VsphereSoap::own_removal()
{
    const std::lock_guard lock(mutex_);
    for (const auto& [task, removal] : removals_)
        if (removal.begun_by == std::this_thread::get_id() && !removal.end)
            return task;
    return {};
}

std::optional<VsphereSoap::Removal> VsphereSoap::take_removal(const std::string& task)
{
    const std::lock_guard lock(mutex_);
    auto found = removals_.extract(task);
    return found ? std::optional(std::move(found.mapped())) : std::nullopt;
}

std::optional<TaskEnd> VsphereSoap::known_end(const std::string& task)
{
    const std::lock_guard lock(mutex_);
    const auto found = removals_.find(task);
    return found == removals_.end() ? std::nullopt : found->second.end;
}

bool VsphereSoap::has_ended(const TaskRef& removal)
{
    const auto end = known_end(removal.id);
    return end && !end->error;
}

// a removal that failed because the VM was busy is begun anew
void VsphereSoap::wait(const TaskRef& task, std::stop_token stop)
{
    const Clock::time_point until = Clock::now() + session_.patience().removal;
    for (TaskRef current = task;;) {
        const std::string what = fmt::format("task '{}'", current.id);
        const auto known = known_end(current.id);
        const TaskEnd end =
            known ? *known : wait_for_task(session_, current.id, {.what = what, .until = stop});
        const auto removal = take_removal(current.id);
        const SnapshotRef removed = removal ? removal->snapshot : SnapshotRef{};
        if (!end.error || (!removed.id.empty() && is_gone(*end.error, removed.id)))
            return;
        if (removed.id.empty() || !is_busy(*end.error) || Clock::now() >= until)
            throw named(session_, *end.error);
        wait_until_free(*end.error, until, {});
        const auto again = begin_remove_snapshot(removed);
        if (!again)
            return;
        current = *again;
    }
}

VmRef VsphereSoap::clone(const VmRef& source, const SnapshotRef& from, const CloneSpec& spec,
                         const Progress& progress, std::stop_token stop)
{
    const Call call{"CloneVM_Task", source.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachine", source.id);
        auto* folder = arena.reference("Folder", spec.folder_id);
        auto* wish = clone_spec(arena, from, spec);
        const std::string name = escaped_name(spec.name);
        vim25__CloneVM_USCORETaskResponse reply;
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CloneVM_USCORETask(s, url, action, self, folder, name, wish,
                                                       reply);
        });
        return id_of(reply.returnval);
    };
    const std::string id = run(
        call, start_call,
        {.what = text_of(call), .needs_result = true, .progress = progress, .stop = stop}, stop);
    if (id.empty())
        throw OutcomeUnknown(Fault::Kind::refused,
                             fmt::format("{} ended without naming a VM", text_of(call)));
    return {id, spec.name};
}

void VsphereSoap::reconfigure(const VmRef& vm, const Change& change)
{
    const Call call{"ReconfigVM_Task", vm.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachine", vm.id);
        auto* spec = config_spec(arena, change);
        vim25__ReconfigVM_USCORETaskResponse reply;
        if (change.disconnect_nics)
            spec->deviceChange = disconnected(arena, read_devices(session_, line, vm.id));
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__ReconfigVM_USCORETask(s, url, action, self, spec, reply);
        });
        return id_of(reply.returnval);
    };
    run(call, start_call, {.what = text_of(call), .along = own_removal()});
}

void VsphereSoap::consolidate(const VmRef& vm)
{
    const Call call{"ConsolidateVMDisks_Task", vm.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachine", vm.id);
        vim25__ConsolidateVMDisks_USCORETaskResponse reply;
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__ConsolidateVMDisks_USCORETask(s, url, action, self, reply);
        });
        return id_of(reply.returnval);
    };
    run(call, start_call, {.what = text_of(call)});
}

bool VsphereSoap::destroy(const VmRef& vm)
{
    const Call call{"Destroy_Task", vm.id};
    std::string task;
    try {
        session_.change_once([&](Line& line) {
            Arena arena;
            auto* self = arena.reference("VirtualMachine", vm.id);
            vim25__Destroy_USCORETaskResponse reply;
            line.context.call(call, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__Destroy_USCORETask(s, url, action, self, reply);
            });
            task = id_of(reply.returnval);
        });
        if (task.empty())
            throw OutcomeUnknown(Fault::Kind::unreachable, "incomplete reply to " + text_of(call));
        const TaskEnd end = wait_for_task(session_, task, {.what = text_of(call), .gone = vm.id});
        if (end.error)
            throw *end.error;
        return end.is_gone;
    } catch (const ServerFault& fault) {
        if (!is_gone(fault, vm.id))
            throw named(session_, fault);
        return false;
    }
}

}  // namespace vimclient::wire
