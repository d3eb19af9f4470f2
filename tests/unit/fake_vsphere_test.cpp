// SPDX-License-Identifier: GPL-3.0-or-later
#include "fakes/fake_vsphere.hpp"

#include <chrono>
#include <optional>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace std::chrono_literals;
using Moment = FakeVsphere::Moment;
using Lost = FakeVsphere::Lost;

namespace {

/// Dies while it copies, and in its destructor as little comes through as in `clone`.
struct Process {
    explicit Process(World& world) : vsphere(world.vsphere), source(world.source().ref)
    {
        spec.name = "copy";
        spec.folder_id = vsphere.folders_of("datacenter-1").at(0).id;
        spec.datastore_id = vsphere.datastore("durian").id;
        snapshot = vsphere.create_snapshot(source, {"s", "d"});
    }
    ~Process() { removal = vsphere.begin_remove_snapshot(snapshot); }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    vimclient::VmRef clone() { return vsphere.clone(source, snapshot, spec, {}, {}); }

    FakeVsphere& vsphere;
    vimclient::VmRef source;
    vimclient::CloneSpec spec;
    vimclient::SnapshotRef snapshot;
    std::optional<vimclient::TaskRef> removal;
};

std::optional<vimclient::Time> proof(World& world)
{
    return world.vsphere.copied_at(world.source().ref, world.vsphere.vm("copy").ref);
}

void die_copying(World& world, Moment moment)
{
    world.vsphere.kill("clone", 1, moment);
    CHECK_THROWS_AS(Process(world).clone(), fakes::Killed);
    CHECK(world.vsphere.missed() == "");
}

}  // namespace

TEST_CASE("the process dies: nothing of it comes through, and the server stays as it was")
{
    struct Case {
        Moment moment;
        bool made;
    };
    for (const Case& c :
         {Case{Moment::before, false}, {Moment::during, true}, {Moment::after, true}}) {
        World world;
        die_copying(world, c.moment);
        CHECK(world.vsphere.has_vm("copy") == c.made);
        CHECK(world.vsphere.changes == "create_snapshot avocado2\nclone copy\n");
        CHECK_THROWS_AS(world.vsphere.now(), fakes::Killed);
        world.vsphere.revive();
        CHECK(world.vsphere.now() == world.time);
        CHECK(world.vsphere.snapshots_of("avocado2") == "s\n");
    }
}

TEST_CASE("the process dies at any call")
{
    World world;
    world.vsphere.kill("", 2, Moment::before);
    CHECK(world.vsphere.now() == world.time);
    CHECK_THROWS_AS(world.vsphere.vm_names(), fakes::Killed);
    CHECK(world.vsphere.calls == "now\nvm_names\n");
}

TEST_CASE("a task outlives the process, until it is told to end")
{
    World world;
    die_copying(world, Moment::during);
    world.vsphere.revive();
    CHECK(world.source().tasks.back().state == vimclient::TaskState::running);
    CHECK(!proof(world));
    CHECK_THROWS_AS(world.vsphere.destroy(world.vsphere.vm("copy").ref), vimclient::Fault);
    world.vsphere.pass(1h);
    world.vsphere.end_tasks();
    CHECK(world.source().tasks.back().result_id == world.vsphere.vm("copy").ref.id);
    CHECK(proof(world) == world.time + 1h);
}

TEST_CASE("a copy whose task was lost has no proof, whatever it looks like")
{
    World world;
    die_copying(world, Moment::during);
    world.vsphere.revive();
    world.vsphere.lose_tasks();
    world.vsphere.end_tasks();
    CHECK(world.vsphere.vm("copy").disks.size() == 2);
    CHECK(!proof(world));
    world.vsphere.destroy(world.vsphere.vm("copy").ref);
    CHECK(!world.vsphere.has_vm("copy"));
}

TEST_CASE("a copy that ended well is told by its task, and by an event once the task is forgotten")
{
    World world;
    Process(world).clone();
    CHECK(proof(world) == world.time);
    world.vsphere.lose_tasks();
    CHECK(proof(world) == world.time);
    world.vsphere.set_copied(world.vsphere.vm("copy"), std::nullopt);
    CHECK(!proof(world));
    world.vsphere.set_copied(world.vsphere.vm("copy"), world.time - 24h);
    CHECK(proof(world) == world.time - 24h);
}

TEST_CASE("every change of a VM may go on after its reply was lost")
{
    using Deed = std::function<void(World&)>;
    const std::vector<std::pair<std::string, Deed>> changes = {
        {"create_snapshot",
         [](World& w) {
             w.vsphere.create_snapshot(w.source().ref, {"s", "d"});
         }},
        {"reconfigure",
         [](World& w) {
             w.vsphere.reconfigure(w.source().ref, {{{"k", "v"}}, {}, false});
         }},
        {"consolidate", [](World& w) { w.vsphere.consolidate(w.source().ref); }},
        {"move_into_folder",
         [](World& w) {
             w.vsphere.move_into_folder(w.source().ref,
                                        w.vsphere.folders_of("datacenter-1").at(0).id);
         }},
        {"destroy", [](World& w) { w.vsphere.destroy(w.vsphere.vm("other").ref); }},
    };
    const auto state = [](World& w) {
        return fmt::format("{}|{}|{}|{}|{}", w.vsphere.snapshots_of("avocado2"),
                           w.source().mark.count("k"), w.source().consolidation_needed,
                           w.source().folder_id, w.vsphere.has_vm("other"));
    };
    for (const auto& change : changes) {
        const auto& method = change.first;
        CAPTURE(method);
        World world;
        world.source().consolidation_needed = true;
        world.vsphere.add_vm("other").power = vimclient::Power::off;
        const std::string before = state(world);
        world.vsphere.lose(method, 1, Lost::still_running);
        CHECK_THROWS_AS(change.second(world), vimclient::OutcomeUnknown);
        CHECK(state(world) == before);
        world.vsphere.end_tasks();
        CHECK(state(world) != before);
    }
}

TEST_CASE("move_into_folder: a folder that is gone, a name that is taken")
{
    World world;
    const vimclient::VmRef source = world.source().ref;
    CHECK_THROWS_AS(world.vsphere.move_into_folder(source, "group-v4711"), vimclient::Fault);
    const std::string backup = world.vsphere.folders_of("datacenter-1").at(0).id;
    world.vsphere.move_into_folder(source, backup);
    CHECK(world.source().folder_id == backup);
    CHECK_THROWS_AS(world.vsphere.move_into_folder(source, backup), vimclient::Fault);
    CHECK(world.vsphere.changes.ends_with("move_into_folder avocado2 to backup\n"));
}
