// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tasks, and what is to go wrong.
#include "fakes/fake_vsphere.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fakes/fake_vsphere_ask.hpp"

using namespace vimclient;
using Kind = Fault::Kind;

void FakeVsphere::wait(const TaskRef& ref, std::stop_token)
{
    ask(reads, "wait", ref.id, [&] {
        if (find_task(ref) == nullptr)
            throw OutcomeUnknown(Kind::unreachable, "the server no longer knows the task");
        if (const Task task = finish(ref); task.state == TaskState::error)
            throw Fault(Kind::refused, task.error);
    });
}

Task* FakeVsphere::find_task(const TaskRef& ref)
{
    for (Vm& vm : vms_)
        for (Task& task : vm.tasks)
            if (task.ref.id == ref.id)
                return &task;
    return nullptr;
}

std::vector<TaskRef> FakeVsphere::running_tasks() const
{
    std::vector<TaskRef> running;
    for (const Vm& vm : vms_)
        for (const Task& task : vm.tasks)
            if (task.state == TaskState::running)
                running.push_back(task.ref);
    return running;
}

TaskRef FakeVsphere::start(Vm& vm, const std::string& description, Deed deed)
{
    const TaskRef ref{new_id("task")};
    vm.tasks.push_back({ref, description, TaskState::running, vm.ref.id, {}, {}, time, {}});
    if (deed)
        deeds_[ref.id] = std::move(deed);
    return ref;
}

TaskRef FakeVsphere::begin(Vm& vm, const std::string& description, Deed deed)
{
    const TaskRef ref = start(vm, description, std::move(deed));
    happen(Moment::during);
    return ref;
}

Task FakeVsphere::run(Vm& vm, const std::string& description, Deed deed)
{
    return finish(begin(vm, description, std::move(deed)));
}

/// Returned by value: the deed may be the end of the VM that has the task.
Task FakeVsphere::finish(const TaskRef& ref)
{
    Task* const running = find_task(ref);
    if (running == nullptr || running->state != TaskState::running)
        return running ? *running : Task{};
    Task ended = *running;
    if (const auto deed = deeds_.extract(ref.id))
        deed.mapped()(ended);
    ended.state = TaskState::success;
    ended.ended = time;
    being_made_.erase(ref.id);
    if (Task* const kept = find_task(ref))
        *kept = ended;
    return ended;
}

void FakeVsphere::break_task(Task& task, const std::string& error)
{
    if (task.state != TaskState::running)
        return;
    task.state = TaskState::error;
    task.error = error;
    task.ended = time;
    deeds_.erase(task.ref.id);
    being_made_.erase(task.ref.id);
}

void FakeVsphere::end_tasks()
{
    for (const TaskRef& task : running_tasks())
        finish(task);
}

void FakeVsphere::end_tasks(Vm& vm)
{
    for (const Task& task : std::vector(vm.tasks))
        finish(task.ref);
}

void FakeVsphere::lose_tasks()
{
    for (Vm& vm : vms_)
        vm.tasks.clear();
    deeds_.clear();
    being_made_.clear();
}

void FakeVsphere::set_copied(const Vm& copy, std::optional<Time> when)
{
    for (Vm& vm : vms_)
        std::erase_if(vm.tasks, [&](const Task& task) { return task.result_id == copy.ref.id; });
    clone_events_.erase(copy.ref.id);
    if (when)
        clone_events_[copy.ref.id] = *when;
}

// ---- what goes wrong

void FakeVsphere::arrange(const std::string& method, int nth, Moment moment,
                          std::function<void()> deed)
{
    incidents_.push_back({method, counts_[method] + nth, moment, std::move(deed)});
}

void FakeVsphere::happen(Moment moment)
{
    const Call call = call_;
    for (Incident& incident : incidents_) {
        const bool here = incident.method.empty()
                              ? incident.nth == call.nth_of_all
                              : incident.method == call.method && incident.nth == call.nth;
        if (!here || incident.moment != moment)
            continue;
        incident.happened = true;
        incident.deed();
    }
}

void FakeVsphere::fail_task(int nth, const Fault& fault)
{
    when("wait", nth, [this, fault] {
        for (const TaskRef& task : running_tasks())
            break_task(*find_task(task), fault.what());
        throw fault;
    });
}

void FakeVsphere::lose(const std::string& method, int nth, Lost lost)
{
    using enum Lost;
    const Moment moment = lost == not_executed    ? Moment::before
                          : lost == still_running ? Moment::during
                                                  : Moment::after;
    arrange(method, nth, moment,
            [] { throw OutcomeUnknown(Kind::unreachable, "the reply was lost"); });
}

void FakeVsphere::kill(const std::string& method, int nth, Moment moment)
{
    arrange(method, nth, moment, [this] {
        dead_ = true;
        throw fakes::Killed{};
    });
}
