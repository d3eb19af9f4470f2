// SPDX-License-Identifier: GPL-3.0-or-later
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "soap_scripted_server.hpp"

using namespace vimclient;
using namespace scripted;
using namespace std::chrono_literals;

namespace {

const VmRef source{"vm-1", "avocado2"}, copy{"vm-2", "zz_a-01"};
const Time noon = std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 12h;

std::string event(const std::string& type, const std::string& vm, const std::string& time)
{
    return fmt::format(
        "<returnval xsi:type=\"{}\"><key>7</key><chainId>7</chainId><createdTime>{}</createdTime>"
        "<userName>u</userName><datacenter><name>DC</name><datacenter type=\"Datacenter\">"
        "datacenter-1</datacenter></datacenter><vm><name>n</name><vm type=\"VirtualMachine\">{}"
        "</vm></vm><fullFormattedMessage>m</fullFormattedMessage><sourceVm><name>s</name>"
        "<vm type=\"VirtualMachine\">vm-1</vm></sourceVm></returnval>",
        type, time, vm);
}

struct TaskText {
    std::string description = "VirtualMachine.clone", state = "success", entity = "vm-1",
                result = "vm-2", completed = "2026-11-22T12:00:00Z";
};

std::string property(const std::string& name, const std::string& type, const std::string& value)
{
    return fmt::format("<propSet><name>{}</name><val xsi:type=\"{}\">{}</val></propSet>", name,
                       type, value);
}

std::string vm_with_task(const TaskText& task)
{
    const auto reference = [](const std::string& name, const std::string& id) {
        return fmt::format(
            "<propSet><name>{}</name><val xsi:type=\"ManagedObjectReference\" "
            "type=\"VirtualMachine\">{}</val></propSet>",
            name, id);
    };
    return "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj>" +
           property("name", "xsd:string", "avocado2") +
           property("recentTask", "ArrayOfManagedObjectReference",
                    "<ManagedObjectReference type=\"Task\">task-1</ManagedObjectReference>") +
           "</objects><objects><obj type=\"Task\">task-1</obj>" +
           property("info.descriptionId", "xsd:string", task.description) +
           property("info.state", "TaskInfoState", task.state) +
           reference("info.entity", task.entity) +
           (task.result.empty() ? "" : reference("info.result", task.result)) +
           property("info.completeTime", "xsd:dateTime", task.completed) + "</objects></returnval>";
}

// the source has this task, the copy these events
std::optional<Time> copied_at(const TaskText& task, const std::string& events)
{
    Server server([&](const Request& request) {
        if (request.method == "RetrievePropertiesEx")
            return reply(request.method, vm_with_task(task));
        return request.method == "QueryEvents" ? reply(request.method, events) : ordinary(request);
    });
    return server.login()->copied_at(source, copy);
}

const TaskText other_task{.description = "VirtualMachine.powerOn", .result = ""};
const std::string cloned = event("VmClonedEvent", "vm-2", "2026-11-22T13:00:00.5+01:00");

}  // namespace

TEST_CASE("copied_at: a clone task of the source that succeeded with this VM proves the copy")
{
    struct Case {
        std::string name;
        TaskText task;
        bool proves;
    };
    const Case cases[] = {
        {"as it should be", {}, true},
        {"the simulator's word for it", {.description = "VirtualMachine.cloneVm"}, true},
        {"still running", {.state = "running"}, false},
        {"failed", {.state = "error"}, false},
        {"a state of the future", {.state = "successful"}, false},
        {"of another VM", {.entity = "vm-7"}, false},
        {"with another result", {.result = "vm-3"}, false},
        {"without a result", {.result = ""}, false},
        {"another kind of task", {.description = "VirtualMachine.register"}, false},
        {"without its time", {.completed = "noon"}, false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(copied_at(c.task, "") == (c.proves ? std::optional(noon) : std::nullopt));
    }
}

TEST_CASE("copied_at: else the VM's own VmClonedEvent does, and no other event")
{
    struct Case {
        std::string name;
        std::string events;
        bool proves;
    };
    const Case cases[] = {
        {"none", "", false},
        {"as it should be", cloned, true},
        {"with a prefix",
         event("q:VmClonedEvent\" xmlns:q=\"urn:vim25", "vm-2", "2026-11-22T12:00:00Z"), true},
        {"between others, some of them of the future",
         event("VmBeingClonedEvent", "vm-2", "2026-11-22T10:00:00Z") +
             "<returnval xsi:type=\"HolographicEvent\"><mood>good</mood></returnval>" + cloned +
             event("VmPoweredOnEvent", "vm-2", "2026-11-22T14:00:00Z"),
         true},
        {"the clone of another VM", event("VmClonedEvent", "vm-3", "2026-11-22T12:00:00Z"), false},
        {"only begun", event("VmBeingClonedEvent", "vm-2", "2026-11-22T12:00:00Z"), false},
        {"failed", event("VmCloneFailedEvent", "vm-2", "2026-11-22T12:00:00Z"), false},
        {"without a time", event("VmClonedEvent", "vm-2", ""), false},
        {"without a VM",
         "<returnval xsi:type=\"VmClonedEvent\"><createdTime>2026-11-22T12:00:00Z</createdTime>"
         "</returnval>",
         false},
        {"without a type", "<returnval><vm><vm type=\"VirtualMachine\">vm-2</vm></vm></returnval>",
         false},
    };
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(copied_at(other_task, c.events) == (c.proves ? std::optional(noon) : std::nullopt));
    }
}

TEST_CASE("copied_at: asks for the events of this VM alone")
{
    std::string body;
    Server server([&](const Request& request) {
        if (request.method == "QueryEvents")
            body = request.body;
        return ordinary(request);
    });
    CHECK(!server.login()->copied_at(source, copy));
    for (const std::string part :
         {">vm-2</", "<recursion>self</recursion>", "<eventTypeId>VmClonedEvent</eventTypeId>"}) {
        CAPTURE(part);
        CHECK(body.find(part) != std::string::npos);
    }
}

TEST_CASE("copied_at: a VM that is gone has no proof; what may not be read is a fault")
{
    const auto told = [](const scripted::Answer& answer) {
        Server server([&](const Request& request) {
            return request.method == "QueryEvents" ? answer : ordinary(request);
        });
        return server.login()->copied_at(source, copy);
    };
    CHECK(!told(fault("ManagedObjectNotFound", "gone", "<obj type=\"VirtualMachine\">vm-2</obj>")));
    CHECK_THROWS_AS(told(fault("NoPermission", "denied")), Fault);
}
