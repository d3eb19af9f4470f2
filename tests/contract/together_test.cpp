// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "clone_bench.hpp"
#include "server_under_test.hpp"

using namespace vimclient;
using contract::Scene;
using contract::ServerUnderTest;

namespace {

std::string text_of(const std::vector<Vm>& vms)
{
    std::string text;
    for (const Vm& vm : vms) {
        text += fmt::format("{} {} {} {} {}:", vm.ref.id, vm.ref.name, vm.instance_uuid,
                            vm.folder_id, vm.used);
        for (const Disk& disk : vm.disks)
            text += fmt::format(" {}", disk.file);
        for (const auto& [key, value] : vm.mark)
            text += fmt::format(" {}={}", key, value);
        for (const Snapshot& snapshot : vm.snapshots)
            text += " " + snapshot.ref.id;
        for (const Task& task : vm.tasks)
            text += " " + task.ref.id;
        text += "\n";
    }
    return text;
}

std::string text_of(const std::vector<Datastore>& datastores)
{
    std::vector<std::string> texts;
    for (const Datastore& each : datastores)
        texts.push_back(fmt::format("{} {} {} {} {}", each.id, each.name, each.capacity, each.free,
                                    each.hosts.size()));
    std::ranges::sort(texts);
    return fmt::format("{}", fmt::join(texts, "\n"));
}

std::string text_of(const std::vector<Folder>& folders)
{
    std::string text;
    for (const Folder& folder : folders)
        text += folder.id + " " + folder.path + "\n";
    return text;
}

std::string text_of(const std::vector<Host>& hosts)
{
    std::string text;
    for (const Host& host : hosts)
        text += fmt::format("{} {} {} {} {}\n", host.id, host.name, host.pool_id, host.usable,
                            host.networks.size());
    return text;
}

std::vector<std::string> hosts_of(const Datastore& datastore)
{
    std::vector<std::string> ids;
    for (const DatastoreMount& mount : datastore.hosts)
        ids.push_back(mount.host_id);
    return ids;
}

// everything that can be asked, in one question
void compare(Vsphere& vsphere, const Scene& scene, const SnapshotRef& snapshot)
{
    Question question;
    question.time = true;
    question.vms = {scene.source, {"vm-4711", "gone"}};
    question.folder_id = scene.folder.id;
    question.children_of = scene.folder.id;
    question.placed = scene.source;
    question.hosts = hosts_of(scene.datastore);
    question.snapshot = snapshot;
    const Answer answer = vsphere.read(question);
    CHECK(text_of(answer.vms) == text_of(vsphere.read_vms({scene.source})));
    REQUIRE(answer.folder);
    CHECK(text_of(*answer.folder) == text_of(vsphere.vms_in(scene.folder.id)));
    std::set<std::string> children;
    for (const Vm& vm : *answer.folder)
        children.insert(vm.ref.id);
    CHECK(answer.children == children);
    REQUIRE(answer.place);
    CHECK(answer.place->path == scene.place.path);
    CHECK(answer.place->datacenter_id == scene.place.datacenter_id);
    CHECK(answer.place->datacenter == scene.place.datacenter);
    CHECK(text_of(answer.datastores) == text_of(vsphere.datastores_of(scene.place.datacenter_id)));
    CHECK(text_of(answer.folders) == text_of(vsphere.folders_of(scene.place.datacenter_id)));
    CHECK(text_of(answer.hosts) == text_of(vsphere.read_hosts(question.hosts)));
    CHECK(answer.disks == vsphere.disks_of(snapshot));
    CHECK(!answer.uses);

    Question of_set;
    of_set.vms = {scene.source};
    of_set.folder_id = scene.folder.id;
    of_set.datastore_id = scene.datastore.id;
    const Answer facts = vsphere.read(of_set);
    REQUIRE(facts.uses);
    const auto expected = vsphere.disk_uses(scene.datastore.id);
    for (const DiskUse& use : expected)
        CHECK(std::ranges::any_of(*facts.uses, [&](const DiskUse& each) {
            return each.vm_id == use.vm_id && each.file == use.file;
        }));
    CHECK(text_of(*facts.folder) == text_of(*answer.folder));
    CHECK(text_of(facts.vms) == text_of(answer.vms));
}

void run(const ServerUnderTest& server, const std::string& vm_name)
{
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, vm_name);
    const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
    for (const char* name : {"zz_a-01", "zz_a-02"}) {
        const auto wish = contract::clone_wish(*vsphere, scene, snapshot, name);
        vsphere->clone(scene.source, snapshot, wish, {}, {});
    }
    compare(*vsphere, scene, snapshot);
}

}  // namespace

TEST_CASE("what is read together is what is read one by one")
{
    run(ServerUnderTest::strict({{"copyMs", 10}}), "avocado2");
    run(ServerUnderTest::strict({{"copyMs", 10}, {"pageSize", 2}}), "avocado2");
}

TEST_CASE("the same where the server tells all properties of an object at once")
{
    run(ServerUnderTest::upstream(), "DC0_H0_VM0");
}

TEST_CASE("it is one call, and the time goes on")
{
    const auto server = ServerUnderTest::strict();
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    const auto before = server.calls().size();
    Question question;
    question.time = true;
    question.vms = {scene.source};
    question.placed = scene.source;
    question.folder_id = scene.folder.id;
    const Answer answer = vsphere->read(question);
    CHECK(server.calls(before) == std::vector<std::string>{"RetrievePropertiesEx"});
    REQUIRE(answer.time);
    CHECK(std::chrono::abs(*answer.time - vsphere->now()) < std::chrono::minutes{1});
    server.order({{"action", "clock"}, {"offsetSeconds", 86400}});
    const auto later = vsphere->read(question).time;
    REQUIRE(later);
    CHECK(*later - *answer.time > std::chrono::hours{23});
}

TEST_CASE("what is gone is not told, and not taken for empty")
{
    const auto server = ServerUnderTest::strict({{"copyMs", 10}});
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "avocado2");
    Question question;
    question.time = true;
    question.vms = {{"vm-4711", "gone"}};
    question.placed = {"vm-4711", "gone"};
    question.folder_id = question.children_of = "group-v4711";
    question.hosts = {"host-4711"};
    question.snapshot = {"snapshot-4711"};
    const Answer answer = vsphere->read(question);
    CHECK(answer.time);
    CHECK(answer.vms.empty());
    CHECK(!answer.place);
    CHECK(!answer.folder);
    CHECK(!answer.children);
    CHECK(answer.hosts.empty());
    CHECK(!answer.disks);
}

TEST_CASE("a removal that ended beside a change is known to have ended")
{
    const contract::Bench bench({{"copyMs", 10}, {"removeMs", 10}, {"reconfigMs", 300}});
    const VmRef copy = bench.clone();
    const SnapshotRef snapshot = bench.vsphere->create_snapshot(bench.scene.source, {"s", "d"});
    const auto removal = bench.vsphere->begin_remove_snapshot(snapshot);
    REQUIRE(removal);
    CHECK(!bench.vsphere->has_ended(*removal));
    bench.vsphere->reconfigure(copy, {.mark = {{"vmrotate.a", "b"}}, .annotation = {}});
    CHECK(bench.vsphere->has_ended(*removal));
    const auto before = bench.server.calls().size();
    bench.vsphere->wait(*removal, {});
    CHECK(bench.server.calls().size() == before);
    CHECK(bench.vsphere->read_vms({bench.scene.source}).at(0).snapshots.size() == 1);
}

TEST_CASE("a removal that takes longer than a change is waited for by itself")
{
    const contract::Bench bench(nlohmann::json{{"copyMs", 10}});
    const VmRef copy = bench.clone();
    const SnapshotRef snapshot = bench.vsphere->create_snapshot(bench.scene.source, {"s", "d"});
    bench.server.order({{"action", "next"},
                        {"method", "RemoveSnapshot_Task"},
                        {"vm", bench.scene.source.name},
                        {"end", "runningForEver"}});
    const auto removal = bench.vsphere->begin_remove_snapshot(snapshot);
    REQUIRE(removal);
    bench.vsphere->reconfigure(copy, {.mark = {{"vmrotate.a", "b"}}, .annotation = {}});
    CHECK(!bench.vsphere->has_ended(*removal));
    bench.server.order({{"action", "end_tasks"}});
    CHECK_THROWS_AS(bench.vsphere->wait(*removal, {}), Fault);
}

TEST_CASE("a VM that is destroyed is told to be gone, and only then")
{
    const contract::Bench bench(nlohmann::json{{"copyMs", 10}});
    CHECK(bench.vsphere->destroy(bench.clone()));
    CHECK(bench.copies().empty());
    const VmRef stays = bench.clone();
    bench.server.order({{"action", "next"},
                        {"method", "Destroy_Task"},
                        {"vm", stays.name},
                        {"end", "successAbsent"}});
    CHECK(!bench.vsphere->destroy(stays));
    CHECK(bench.copies().size() == 1);
}

TEST_CASE("waits of many tasks leave no more filters than a few")
{
    const contract::Bench bench({{"copyMs", 10}, {"reconfigMs", 0}});
    const VmRef copy = bench.clone();
    for (int i = 0; i < 70; ++i)
        bench.vsphere->reconfigure(copy,
                                   {.mark = {{"vmrotate.a", std::to_string(i)}}, .annotation = {}});
    CHECK(bench.server.count("CreatePropertyCollector") == 2);
    CHECK(bench.server.count("DestroyPropertyCollector") == 1);
    CHECK(bench.vsphere->read_vms({copy}).at(0).mark.at("vmrotate.a") == "69");
}
