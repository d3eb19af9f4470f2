// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "server_under_test.hpp"

using namespace vimclient;
using contract::Scene;
using contract::ServerUnderTest;

namespace {

std::string addresses(const std::vector<Disk>& disks)
{
    std::string text;
    for (const Disk& disk : disks)
        text += fmt::format("{}={} ", disk.address, disk.bytes);
    return text;
}

// the copy as its mark, its note and its source say
void check_copy(Vsphere& vsphere, const Scene& scene, const VmRef& copy, const Vm& source)
{
    const std::vector<Vm> copies = vsphere.vms_in(scene.folder.id);
    REQUIRE(copies.size() == 1);
    CHECK(copies[0].ref == copy);
    CHECK(copies[0].folder_id == scene.folder.id);
    CHECK(copies[0].power == Power::off);
    CHECK(copies[0].mark.at("vmrotate.state") == "complete");
    CHECK(copies[0].annotation == "日本語, <&>\nsecond line");
    CHECK(copies[0].snapshots.empty());
    CHECK(addresses(copies[0].disks) == addresses(source.disks));
    const auto uses = vsphere.disk_uses(scene.datastore.id);
    CHECK(std::ranges::count(uses, copy.id, &DiskUse::vm_id) ==
          static_cast<std::ptrdiff_t>(copies[0].disks.size()));
}

// what every server has to do
void run_flow(const ServerUnderTest& server, const std::string& vm_name)
{
    const auto vsphere = server.login();
    CHECK(vsphere->server().is_vcenter);
    CHECK(!vsphere->server().instance_uuid.empty());
    CHECK(vsphere->now() > Time{std::chrono::days{20000}});

    const Scene scene = contract::set_scene(*vsphere, vm_name);
    CHECK(scene.place.path.ends_with("/" + vm_name));
    CHECK(scene.folder.path == "backup/nightly");
    CHECK(vsphere->create_folder(scene.place.datacenter_id, "backup/nightly").id ==
          scene.folder.id);
    CHECK(vsphere->vms_in(scene.folder.id).empty());

    const SnapshotRef snapshot = vsphere->create_snapshot(
        scene.source, {.name = "vmrotate 0123", .description = "vmrotate 1 run=0123"});
    const Vm source = vsphere->read_vms({scene.source}).at(0);
    CHECK(source.readable);
    REQUIRE(source.snapshots.size() == 1);
    CHECK(source.snapshots[0].ref == snapshot);
    CHECK(source.snapshots[0].description == "vmrotate 1 run=0123");
    CHECK(addresses(vsphere->disks_of(snapshot)) == addresses(source.disks));

    const VmRef copy = vsphere->clone(
        scene.source, snapshot, contract::clone_wish(*vsphere, scene, snapshot, "zz_a-01"), {}, {});
    const auto removal = vsphere->begin_remove_snapshot(snapshot);
    REQUIRE(removal);
    vsphere->wait(*removal, {});
    CHECK(!vsphere->begin_remove_snapshot(snapshot));

    vsphere->reconfigure(copy, {.mark = {{"vmrotate.state", "complete"}, {"vmrotate.seq", "1"}},
                                .annotation = "日本語, <&>\nsecond line",
                                .disconnect_nics = true});
    check_copy(*vsphere, scene, copy, source);

    for (const char* newest : {"zz_a-01", "zz_a-02 <&> 日本語"})  // not defined, then defined
        vsphere->set_attribute(scene.source, "vmrotate.newest", newest);

    vsphere->destroy(copy);
    vsphere->destroy(copy);
    CHECK(vsphere->vms_in(scene.folder.id).empty());
    CHECK(vsphere->read_vms({copy, scene.source}).size() == 1);
    vsphere->logout();
    CHECK_THROWS_AS(vsphere->now(), Fault);
}

}  // namespace

TEST_CASE("a whole flow against the upstream simulator")
{
    run_flow(ServerUnderTest::upstream(), "DC0_H0_VM0");
}

TEST_CASE("a whole flow against the strict vCenter")
{
    const auto server = ServerUnderTest::strict();
    run_flow(server, "avocado2");
    CHECK(server.state().at("sessions") == 0);
}

TEST_CASE("names that vSphere escapes, and Japanese, make the round trip")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    for (const std::string name : {"web/100%", "日本語 VM", "support private"}) {
        CAPTURE(name);
        const Scene scene = contract::set_scene(*vsphere, name);
        CHECK(!scene.source.id.empty());
        const SnapshotRef snapshot =
            vsphere->create_snapshot(scene.source, {.name = "50% of /\\", .description = "%2f"});
        const Vm source = vsphere->read_vms({scene.source}).at(0);
        REQUIRE(source.snapshots.size() == 1);
        CHECK(source.snapshots[0].name == "50% of /\\");
        CHECK(source.snapshots[0].description == "%2f");
        const std::string copy_name = "zz_" + name + "-01";
        const auto wish = contract::clone_wish(*vsphere, scene, snapshot, copy_name);
        const VmRef copy = vsphere->clone(scene.source, snapshot, wish, {}, {});
        CHECK(vsphere->vms_in(scene.folder.id).at(0).ref.name == copy_name);
        CHECK(vsphere->place_of(copy).path.starts_with("/DC/vm/backup/nightly/zz_"));
        int seen = 0;
        for (const Standing& standing : vsphere->standings()) {
            if (standing.ref != copy && standing.ref != scene.source)
                continue;
            ++seen;
            CHECK(standing.datacenter_id == scene.place.datacenter_id);
            CHECK(standing.folder == (standing.ref == copy ? "backup/nightly" : ""));
            CHECK(standing.pool == "");
            CHECK(standing.datastore_ids.size() == 1);
            CHECK(!standing.host_id.empty());
            CHECK_FALSE(standing.is_template);
        }
        CHECK(seen == 2);
        vsphere->destroy(copy);
    }
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    const Folder odd = vsphere->create_folder(scene.place.datacenter_id, "a%2fb/100%/c\\d");
    CHECK(odd.path == "a%2fb/100%/c\\d");
    CHECK(vsphere->create_folder(scene.place.datacenter_id, "a%2fb/100%/c\\d").id == odd.id);
    std::string paths;
    for (const Folder& folder : vsphere->folders_of(scene.place.datacenter_id))
        paths += folder.path + "\n";
    CHECK(paths.find("a%2fb/100%/c\\d\n") != std::string::npos);
}

TEST_CASE("the request of a clone says all that makes it a full, thin, cold copy")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
    const auto wish = contract::clone_wish(*vsphere, scene, snapshot, "zz_a-01");
    const VmRef copy = vsphere->clone(scene.source, snapshot, wish, {}, {});
    const Vm read = vsphere->read_vms({copy}).at(0);
    CHECK(read.mark.at("vmrotate.state") == "copying");
    REQUIRE(read.disks.size() == 2);
    CHECK(read.disks[0].thin == true);
    CHECK(read.disks[0].datastore_id == scene.datastore.id);
    CHECK(read.disks[0].parents.empty());

    const std::string log = server.log_text();
    for (const std::string part :
         {"<transform>sparse</transform>", "<powerOn>false</powerOn>", "<template>false</template>",
          "<diskMoveType>moveAllDiskBackingsAndDisallowSharing</diskMoveType>",
          "<thinProvisioned>true</thinProvisioned>", "<diskId>2000</diskId>",
          "<key>vmrotate.self</key>", "<memory>false</memory>"}) {
        CAPTURE(part);
        CHECK(log.find(part) != std::string::npos);
    }
    CHECK(log.find("VMware1!") == std::string::npos);
}

TEST_CASE("the calls of one backup are counted")
{
    const auto server = ServerUnderTest::strict({{"copyMs", 1900}, {"removeMs", 300}});
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    const std::size_t before = server.calls().size();
    const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
    const auto wish = contract::clone_wish(*vsphere, scene, snapshot, "zz_a-01");
    int last = -1;
    bool ascends = true;
    const Progress progress = [&](int percent) {
        ascends = ascends && percent >= last;
        last = percent;
    };
    const VmRef copy = vsphere->clone(scene.source, snapshot, wish, progress, {});
    const auto removal = vsphere->begin_remove_snapshot(snapshot);
    vsphere->wait(removal.value(), {});
    vsphere->reconfigure(copy, {.mark = {{"vmrotate.state", "complete"}}, .annotation = {}});
    CHECK(last > 0);
    CHECK(ascends);
    const std::vector<std::string> calls = server.calls(before);
    const auto waits = std::ranges::count(calls, "WaitForUpdatesEx");
    const auto others = static_cast<std::ptrdiff_t>(calls.size()) - waits;
    MESSAGE(fmt::format("{} calls, and {} waits", others, waits));
    CHECK(others == 10);  // one of them asks how far the copy is
    CHECK(waits < 20);
}

TEST_CASE("what people are told, and what the guest tells")
{
    const auto server = ServerUnderTest::strict({{"guests", true}});
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    CHECK(vsphere->guest_address(scene.source) == "127.0.0.2");
    CHECK(vsphere->guest_address(contract::set_scene(*vsphere, "papaya3").source) == "");
    const std::string line = "vmrotate: <&> 日本語";
    vsphere->log_event(scene.source, line);
    for (const char* newest : {"one", "two"})
        vsphere->set_attribute(scene.source, "vmrotate.newest", newest);
    CHECK(server.count("AddCustomFieldDef") == 1);
    const auto state = server.state();
    for (const auto& vm : state.at("vms"))
        if (vm.at("id") == scene.source.id) {
            CHECK(vm.at("userEvents") == nlohmann::json({line}));
            CHECK(vm.at("attributes") == nlohmann::json({{"vmrotate.newest", "two"}}));
        }
    server.order({{"action", "deny"}, {"methods", {"LogUserEvent", "SetField"}}});
    const auto kind_of = [](const auto& deed) {
        try {
            deed();
        } catch (const Fault& fault) {
            return fault.kind();
        }
        return Fault::Kind::unreachable;
    };
    CHECK(kind_of([&] { vsphere->log_event(scene.source, "x"); }) == Fault::Kind::privilege);
    CHECK(kind_of([&] { vsphere->set_attribute(scene.source, "vmrotate.newest", "x"); }) ==
          Fault::Kind::privilege);
}

TEST_CASE("an ESXi host is read, and says that it is none")
{
    const std::string host = "localhost.localdomain";
    const auto server = ServerUnderTest::strict(
        {{"esx", true},
         {"datastores", {{{"name", "local"}, {"host", host}, {"capacityGB", 100}}}},
         {"vms", {{{"name", "a"}, {"datastore", "local"}, {"host", host}, {"disksGB", {1}}}}}});
    const auto vsphere = server.login();
    CHECK(!vsphere->server().is_vcenter);
    CHECK(vsphere->server().instance_uuid.empty());
    const auto names = vsphere->vm_names();
    REQUIRE(!names.empty());
    CHECK_THROWS_AS(vsphere->set_attribute(names.front(), "vmrotate.newest", "x"), Fault);
}
