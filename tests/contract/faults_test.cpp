// SPDX-License-Identifier: GPL-3.0-or-later
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "server_under_test.hpp"

using namespace vimclient;
using contract::Scene;
using contract::ServerUnderTest;
using Kind = Fault::Kind;

namespace {

struct Row {
    const char* type;
    Kind kind;
};

constexpr Row rows[] = {
    {"NoPermission", Kind::privilege},
    {"ConcurrentAccess", Kind::busy},
    {"ResourceInUse", Kind::busy},
    {"ManagedObjectNotFound", Kind::not_found},
    {"NotFound", Kind::not_found},
    {"DuplicateName", Kind::duplicate_name},
    {"NoDiskSpace", Kind::no_space},
    {"InsufficientStorageSpace", Kind::no_space},
    {"ApplicationQuiesceFault", Kind::quiesce},
    {"FilesystemQuiesceFault", Kind::quiesce},
    {"NotSupported", Kind::unsupported},
    {"RestrictedVersion", Kind::unsupported},
    {"InvalidState", Kind::refused},
    {"FileLocked", Kind::refused},
    {"SystemError", Kind::refused},
    {"InvalidPowerState", Kind::refused},
};

}  // namespace

TEST_CASE("a fault has one kind, whether the call or the task ends in it")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
    const auto wish = contract::clone_wish(*vsphere, scene, snapshot, "zz_a-01");
    for (const Row& row : rows) {
        for (const bool from_task : {false, true}) {
            CAPTURE(row.type);
            CAPTURE(from_task);
            if (from_task)
                server.order({{"action", "next"},
                              {"method", "CloneVM_Task"},
                              {"vm", "avocado2"},
                              {"failAt", 10},
                              {"fault", row.type},
                              {"message", "as told"}});
            else
                server.order(
                    {{"action", "rule"},
                     {"rule",
                      {{"method", "CloneVM_Task"}, {"action", "fault"}, {"fault", row.type}}}});
            try {
                vsphere->clone(scene.source, snapshot, wish, {}, {});
                FAIL_CHECK("no fault");
            } catch (const Fault& fault) {
                CHECK(fault.type() == row.type);
                CHECK(fault.kind() == row.kind);
                CHECK(!std::string(fault.what()).empty());
                if (from_task && row.kind != Kind::privilege)
                    CHECK(std::string(fault.what()) == "as told");
            }
            if (!from_task)
                server.order({{"action", "clear_rules"}});
        }
    }
}

TEST_CASE("a wrong password is a logon fault, and no message shows it")
{
    const auto server = ServerUnderTest::strict();
    try {
        connect(server.endpoint(), server.trust(), {"backup@vsphere.local", "s3cret-word"},
                ServerUnderTest::patience(), "vmrotate/test");
        FAIL("no fault");
    } catch (const Fault& fault) {
        CHECK(fault.kind() == Kind::logon);
        CHECK(fault.type() == "InvalidLogin");
        CHECK(std::string(fault.what()).find("s3cret") == std::string::npos);
    }
}

TEST_CASE("a missing privilege is named")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    server.order({{"action", "deny"}, {"methods", {"CreateSnapshot_Task"}}});
    try {
        vsphere->create_snapshot(scene.source, {"s", "d"});
        FAIL("no fault");
    } catch (const Fault& fault) {
        CHECK(fault.kind() == Kind::privilege);
        CHECK(std::string(fault.what()).find("VirtualMachine.State.CreateSnapshot") !=
              std::string::npos);
    }
}

TEST_CASE("what does not exist is not found")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    const VmRef ghost{"vm-4711", "ghost"};
    CHECK(vsphere->read_vms({ghost}).empty());
    CHECK_NOTHROW(vsphere->destroy(ghost));
    CHECK(!vsphere->begin_remove_snapshot({"snapshot-4711"}));
    const auto kind = [](const auto& call) {
        try {
            call();
        } catch (const Fault& fault) {
            return fault.kind();
        }
        return Kind::refused;
    };
    CHECK(kind([&] { vsphere->place_of(ghost); }) == Kind::not_found);
    CHECK(kind([&] { vsphere->vms_in("group-v4711"); }) == Kind::not_found);
    CHECK(kind([&] { vsphere->disks_of({"snapshot-4711"}); }) == Kind::not_found);
    CHECK(kind([&] { vsphere->folders_of("datacenter-4711"); }) == Kind::not_found);
    CHECK(kind([&] { vsphere->reconfigure(ghost, {}); }) == Kind::not_found);
}

TEST_CASE("every kind of disk and controller is told apart")
{
    const auto server = ServerUnderTest::strict();
    server.order({{"action", "add_vm"},
                  {"name", "zoo"},
                  {"disks",
                   {{{"gb", 1}, {"kind", "rdmPhysical"}},
                    {{"gb", 2}, {"kind", "rdmVirtual"}},
                    {{"gb", 3}, {"mode", "independent_persistent"}},
                    {{"gb", 4}, {"sharing", "sharingMultiWriter"}}}}});
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "zoo");
    const Vm zoo = vsphere->read_vms({scene.source}).at(0);
    REQUIRE(zoo.disks.size() == 4);
    CHECK(zoo.disks[0].backing == Backing::rdm_physical);
    CHECK(zoo.disks[1].backing == Backing::rdm_virtual);
    CHECK(zoo.disks[2].mode == "independent_persistent");
    CHECK(zoo.disks[3].multi_writer);
    CHECK(zoo.disks[3].bytes == std::int64_t{4} << 30);
    CHECK(zoo.disks[3].address.starts_with("scsi0:"));
}
