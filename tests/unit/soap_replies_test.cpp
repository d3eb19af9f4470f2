// SPDX-License-Identifier: GPL-3.0-or-later
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "soap_scripted_server.hpp"

using namespace vimclient;
using namespace scripted;
using namespace std::chrono_literals;

namespace {

// the given content is the answer to RetrievePropertiesEx
Script reading(const std::string& content)
{
    return scripted::answering("RetrievePropertiesEx", content);
}

std::string vm_object(const std::string& properties)
{
    return "<returnval><objects><obj type=\"VirtualMachine\">vm-1</obj>" + properties +
           "</objects></returnval>";
}

std::string property(const std::string& name, const std::string& type, const std::string& value)
{
    return fmt::format("<propSet><name>{}</name><val xsi:type=\"{}\">{}</val></propSet>", name,
                       type, value);
}

const std::string readable = property("name", "xsd:string", "a") +
                             property("config.instanceUuid", "xsd:string", "u") +
                             property("config.files.vmPathName", "xsd:string", "[d] a/a.vmx");

Fault::Kind kind_of_read(const Script& script, std::string* message = nullptr)
{
    Server server(script);
    const auto vsphere = server.login(2s);
    try {
        vsphere->read_vms({{"vm-1", "a"}});
    } catch (const Fault& problem) {
        if (message)
            *message = problem.what();
        return problem.kind();
    }
    FAIL_CHECK("no fault");
    return Fault::Kind::refused;
}

}  // namespace

TEST_CASE("replies: the session's cookie comes back byte for byte, with the run's user agent")
{
    Server server(ordinary);
    const auto vsphere = server.login();
    CHECK(vsphere->server().api_version == "8.0.3.0");
    vsphere->now();
    const std::string headers = server.last_headers() + "\r\n";
    CHECK(headers.find(fmt::format("\r\nCookie: {}\r\n", cookie)) != std::string::npos);
    CHECK(headers.find("\r\nUser-Agent: vmrotate/7 run\r\n") != std::string::npos);
    CHECK(headers.find("SOAPAction: \"urn:vim25/8.0.3.0\"") != std::string::npos);
    vsphere->logout();
    CHECK(server.count("Logout") == 1);
}

TEST_CASE("replies: types, enumerators and fields of the future are no error")
{
    Server server(reading(vm_object(
        readable + property("runtime.powerState", "VirtualMachinePowerState", "hibernated") +
        property("runtime.connectionState", "BrandNewState", "connected") +
        property("config.managedBy", "BrandNewOwner", "<a><b c=\"d\">e</b></a>") +
        property(
            "config.extraConfig", "ArrayOfOptionValue",
            "<OptionValue xsi:type=\"NewOptionValue\"><key>vmrotate.run</key><value "
            "xsi:type=\"xsd:string\">x</value><new/></OptionValue>"
            "<OptionValue><key>vmrotate.odd</key><value xsi:type=\"New\">x</value></OptionValue>"
            "<OptionValue><key>other</key></OptionValue>") +
        property("config.hardware.device", "ArrayOfVirtualDevice",
                 "<VirtualDevice xsi:type=\"QuantumController\"><key>7</key></VirtualDevice>"
                 "<VirtualDevice xsi:type=\"VirtualDisk\"><key>2000</key>"
                 "<backing xsi:type=\"HolographicBackingInfo\"><fileName>f</fileName></backing>"
                 "<controllerKey>7</controllerKey><unitNumber>3</unitNumber>"
                 "<capacityInKB>2048</capacityInKB><mood>good</mood></VirtualDevice>"
                 "<VirtualDevice xsi:type=\"VirtualDisk\"><key>junk</key>"
                 "<capacityInKB>junk</capacityInKB></VirtualDevice>") +
        property("network", "ArrayOfManagedObjectReference",
                 "<ManagedObjectReference type=\"Network\" serverGuid=\"g\">network-1"
                 "</ManagedObjectReference>") +
        "<unheardOf><x/></unheardOf>")));
    const Vm vm = server.login()->read_vms({{"vm-1", "a"}}).at(0);
    CHECK(vm.readable);
    CHECK(vm.power == Power::on);
    CHECK(vm.connection.empty());
    CHECK(vm.managed_by.empty());
    CHECK(vm.mark == Mark{{"vmrotate.run", "x"}, {"vmrotate.odd", ""}});
    REQUIRE(vm.disks.size() == 2);
    CHECK(vm.disks[1].address == "ctl7:3");
    CHECK(vm.disks[1].bytes == 2048 * 1024);
    CHECK(vm.disks[1].backing == Backing::other);
    CHECK(vm.networks == std::vector<std::string>{"network-1"});
}

TEST_CASE("replies: an unset configuration is not told, a property that cannot be read is a fault")
{
    Server server(reading(vm_object(property("name", "xsd:string", "a"))));
    CHECK(!server.login()->read_vms({{"vm-1", "a"}}).at(0).readable);

    const std::string missing =
        "<missingSet><path>config.extraConfig</path><fault><fault xsi:type=\"NoPermission\">"
        "<object type=\"VirtualMachine\">vm-1</object><privilegeId>System.Read</privilegeId>"
        "</fault><localizedMessage>denied</localizedMessage></fault></missingSet>";
    std::string message;
    CHECK(kind_of_read(reading(vm_object(readable + missing)), &message) == Fault::Kind::privilege);
    CHECK(message ==
          "cannot read 'config.extraConfig' of 'vm-1': denied (the privilege "
          "System.Read on vm-1 is missing)");
}

TEST_CASE("replies: what decides about a deletion is never taken for none because of its type")
{
    for (const std::string path :
         {"snapshot", "config.extraConfig", "config.hardware.device", "recentTask", "network"}) {
        CAPTURE(path);
        std::string message;
        CHECK(kind_of_read(reading(vm_object(readable + property(path, "BrandNewType", "<x/>"))),
                           &message) == Fault::Kind::refused);
        CHECK(message ==
              "cannot read '" + path + "' of 'vm-1': it has the unknown type 'BrandNewType'");
    }
}

TEST_CASE("replies: nothing at all when nothing matches")
{
    Server server(reading(""));
    CHECK(server.login()->read_vms({{"vm-1", "a"}}).empty());
}

TEST_CASE("replies: faults, known and unknown, with and without words")
{
    const auto script = [](const scripted::Answer& answer) -> Script {
        return [answer](const Request& request) {
            return request.method == "RetrievePropertiesEx" ? answer : ordinary(request);
        };
    };
    std::string message;
    CHECK(kind_of_read(script(fault("BrandNewFault", "how odd", "<x><y/></x>")), &message) ==
          Fault::Kind::refused);
    CHECK(message == "how odd");
    CHECK(kind_of_read(script(fault("NoDiskSpace", "")), &message) == Fault::Kind::no_space);
    CHECK(message == "the server says NoDiskSpace");
    CHECK(kind_of_read(script({http(envelope("<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
                                             "<faultstring>bare</faultstring></soapenv:Fault>"),
                                    "500 Internal Server Error")}),
                       &message) == Fault::Kind::refused);
    CHECK(message == "bare");
    CHECK(kind_of_read(
              script({http(envelope("<soapenv:Fault><faultcode>soapenv:Client</faultcode>"
                                    "<faultstring>in a 200</faultstring></soapenv:Fault>"))}),
              &message) == Fault::Kind::refused);
    CHECK(message == "in a 200");
}

TEST_CASE("replies: what is no answer is unreachable, and says why")
{
    const std::string deep = [] {
        std::string tree;
        for (int i = 0; i < 200; ++i)
            tree += "<childSnapshotList>";
        return tree;
    }();
    const std::string flood(17 << 20, 'x');
    struct Row {
        std::string name;
        scripted::Answer answer;
    };
    const Row rows[] = {
        {"html", {http("<html><body>Welcome</body></html>")}},
        {"garbage", {"\x01\x02 what\r\n\r\n", true}},
        {"no xml", {http("hello")}},
        {"empty", {http("")}},
        {"503", {http("<html/>", "503 Service Unavailable")}},
        {"redirect", {http("", "302 Found", "Location: https://elsewhere/\r\n")}},
        {"cut",
         {"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 5000\r\n\r\n<soap", true}},
        {"closed", {"", true}},
        {"reset", {"", false, true}},
        {"silent", {"", true, false, 2600ms}},
        {"deep",
         reply("RetrievePropertiesEx", vm_object(property("snapshot", "VirtualMachineSnapshotInfo",
                                                          "<rootSnapshotList>" + deep)))},
        {"long", reply("RetrievePropertiesEx", vm_object(property("name", "xsd:string", flood)))},
        {"another method", reply("CurrentTime", "<returnval>x</returnval>")},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        std::string message;
        const auto kind = kind_of_read(
            [&](const Request& request) {
                return request.method == "RetrievePropertiesEx" ? row.answer : ordinary(request);
            },
            &message);
        CHECK(kind == Fault::Kind::unreachable);
        CHECK(message.find("127.0.0.1:") != std::string::npos);
        CHECK(message.find("RetrievePropertiesEx") != std::string::npos);
        MESSAGE(row.name << ": " << message);
    }
}

TEST_CASE("replies: missing parts are noticed, and the call is named")
{
    std::string message;
    const auto drop = [](const std::string& method) -> Script {
        return [method](const Request& request) {
            return request.method == method ? reply(method, "") : ordinary(request);
        };
    };
    for (const std::string method : {"RetrieveServiceContent", "Login"}) {
        CAPTURE(method);
        Server server(drop(method));
        CHECK_THROWS_WITH_AS(server.login(), ("incomplete reply to " + method).c_str(), Fault);
    }
    Server server(drop("CurrentTime"));
    CHECK_THROWS_WITH_AS(server.login()->now(), "incomplete reply to CurrentTime", Fault);
    CHECK(kind_of_read(reading("<returnval><objects></objects></returnval>"), &message) ==
          Fault::Kind::unreachable);
    CHECK(message == "incomplete reply to RetrievePropertiesEx");

    Server silent(ordinary);  // a task without its reference may have been started
    const auto vsphere = silent.login();
    CHECK_THROWS_AS(vsphere->create_snapshot({"vm-1", "a"}, {"s", "d"}), OutcomeUnknown);
    CHECK(silent.count("CreateSnapshot_Task") == 1);
}

TEST_CASE("replies: a dead connection is used anew for a read, and costs a change nothing")
{
    for (const bool reset : {false, true}) {
        CAPTURE(reset);
        Server server([reset](const Request& request) {
            scripted::Answer answer = ordinary(request);
            if (request.method == "CurrentTime" && request.number <= 3) {  // answered, then dropped
                answer.close = true;
                answer.reset = reset;
            }
            return answer;
        });
        const auto vsphere = server.login();
        for (int i = 0; i < 3; ++i)
            CHECK_NOTHROW(vsphere->now());
        std::this_thread::sleep_for(1500ms);
        // found dead before anything is sent; the script's own empty reply is what is unknown
        CHECK_THROWS_WITH_AS(vsphere->consolidate({"vm-1", "a"}),
                             doctest::Contains("incomplete reply"), OutcomeUnknown);
        CHECK(server.count("CurrentTime") == 4);
        CHECK(server.count("ConsolidateVMDisks_Task") == 1);
    }
}

TEST_CASE("replies: a change whose connection breaks is unknown, a read is repeated")
{
    Server server([](const Request& request) -> scripted::Answer {
        if (request.method == "ConsolidateVMDisks_Task")
            return {"", false, true};
        if (request.method == "CurrentTime" && request.number == 1)
            return {"", false, true};
        return ordinary(request);
    });
    const auto vsphere = server.login();
    CHECK_NOTHROW(vsphere->now());
    CHECK(server.count("CurrentTime") == 2);
    CHECK_THROWS_WITH_AS(vsphere->consolidate({"vm-1", "a"}),
                         doctest::Contains("ConsolidateVMDisks_Task of 'vm-1'"), OutcomeUnknown);
    CHECK(server.count("ConsolidateVMDisks_Task") == 1);
}

TEST_CASE("replies: control bytes in names are kept")
{
    Server server(reading(vm_object(
        readable + property("config.annotation", "xsd:string", "a&#9;b&#10;c\x7f&#1;d"))));
    const Vm vm = server.login()->read_vms({{"vm-1", "a"}}).at(0);
    CHECK(vm.annotation.find("a\tb\nc\x7f") == 0);
    CHECK(vm.annotation.ends_with("d"));
}
