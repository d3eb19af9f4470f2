// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/properties.hpp"
#include "soap/values.hpp"
#include "soap/vm_reader.hpp"
#include "soap/vsphere_soap.hpp"

namespace vimclient::wire {

namespace {

constexpr const char* cloned = "VmClonedEvent";

bool is_clone_of(const Task& task, const VmRef& source, const VmRef& copy)
{
    return task.state == TaskState::success &&
           task.description.starts_with("VirtualMachine.clone") && task.entity_id == source.id &&
           task.result_id == copy.id;
}

bool is_clone_event(const vim25__Event& event, const VmRef& copy)
{
    return event.vm && id_of(event.vm->vm) == copy.id && type_name(event) == cloned;
}

vim25__EventFilterSpec* clone_events_of(Arena& arena, const VmRef& vm)
{
    auto* filter = arena.make<vim25__EventFilterSpec>();
    filter->entity = arena.make<vim25__EventFilterSpecByEntity>();
    filter->entity->entity = arena.reference("VirtualMachine", vm.id);
    filter->entity->recursion = "self";
    filter->disableFullMessage = arena.flag(true);
    filter->eventTypeId = {cloned};
    return filter;
}

}  // namespace

std::optional<Time> VsphereSoap::cloned_by_task(const VmRef& source, const VmRef& copy)
{
    for (const Vm& vm : read_vms({source})) {
        for (const Task& task : vm.tasks) {
            if (is_clone_of(task, source, copy) && task.ended)
                return task.ended;
        }
    }
    return std::nullopt;
}

std::optional<Time> VsphereSoap::cloned_by_event(const VmRef& copy)
{
    std::optional<Time> time;
    session_.read([&](Line& line) {
        Arena arena;
        auto* self = arena.reference("EventManager", session_.services().event_manager);
        auto* filter = clone_events_of(arena, copy);
        vim25__QueryEventsResponse reply;
        line.context.call(
            {"QueryEvents", copy.id}, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__QueryEvents(s, url, action, self, filter, reply);
            });
        for (const vim25__Event* event : reply.returnval) {
            if (event && is_clone_event(*event, copy))
                time = parse_time(event->createdTime);
        }
        line.context.release();
    });
    return time;
}

std::optional<Time> VsphereSoap::copied_at(const VmRef& source, const VmRef& copy)
{
    if (const auto time = cloned_by_task(source, copy))
        return time;
    if (session_.services().event_manager.empty())
        return std::nullopt;
    try {
        return cloned_by_event(copy);
    } catch (const ServerFault& fault) {
        if (fault.kind() != Fault::Kind::not_found)
            throw;
        return std::nullopt;
    }
}

}  // namespace vimclient::wire
