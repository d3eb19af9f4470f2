// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/make_ready.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using vimclient::Fault;
using Kind = vimclient::Fault::Kind;

namespace {

struct Case {
    std::string name;
    std::function<void(World&)> before;  ///< before the look
    std::function<void(World&)> after;   ///< between the look and this
    std::string told, changes;
    std::chrono::milliseconds waited;
};

void nothing(World&)
{
}

void a_task(World& world)
{
    world.vsphere.add_task(world.source(), "Drm.ExecuteVMotionLRO");
}

/// Ends the VM's tasks once somebody has waited for so long.
std::function<void(World&)> ends_after(std::chrono::milliseconds duration)
{
    return [duration](World& world) {
        world.on_pause = [&world, duration] {
            if (world.steady >= duration)
                world.vsphere.end_tasks(world.source());
        };
    };
}

const std::vector<Case> cases = {
    {"a VM at rest", nothing, nothing, "", "", 0s},
    {"a task at work is waited for", a_task, ends_after(5s), "", "", 5s},
    {"one that does not end within task_wait", a_task, nothing,
     "busy: cannot back it up: the task 'Drm.ExecuteVMotionLRO' still works on it after 10 min 00 "
     "s",
     "", 10min},
    {"Ctrl-C ends the waiting", a_task,
     [](World& world) { world.on_pause = [&world] { world.stop.request_stop(); }; }, "cancelled",
     "", 1s},
    {"Ctrl-C before anything was changed", nothing,
     [](World& world) {
         world.vsphere.vm("avocado2").consolidation_needed = true;
         world.stop.request_stop();
     },
     "cancelled", "", 0s},
    {"a VM that is deleted while it is waited for", a_task,
     [](World& world) {
         world.on_pause = [&world] {
             world.source().power = vimclient::Power::off;
             world.vsphere.destroy(world.source().ref);
             world.vsphere.changes.clear();
         };
     },
     "failed: cannot read 'avocado2': it has just been removed", "", 1s},
    {"consolidation first, where it is needed",
     [](World& world) { world.source().consolidation_needed = true; }, nothing, "",
     "consolidate avocado2\n", 0s},
    {"consolidation that does not help",
     [](World& world) {
         world.source().consolidation_needed = true;
         world.vsphere.consolidation_in_vain = true;
     },
     nothing, "failed: cannot back it up: its disks still need consolidation",
     "consolidate avocado2\n", 0s},
    {"consolidation that is refused",
     [](World& world) {
         world.source().consolidation_needed = true;
         world.vsphere.fail("consolidate", 1, {Kind::busy, "Busy.", "TaskInProgress"});
     },
     nothing, "busy: cannot consolidate its disks: Busy. (TaskInProgress)",
     "consolidate avocado2\n", 0s},
    {"consolidation whose reply is lost is not repeated",
     [](World& world) {
         world.source().consolidation_needed = true;
         world.vsphere.lose("consolidate", 1, FakeVsphere::Lost::executed);
     },
     nothing,
     "unreachable: cannot tell whether vCenter could consolidate its disks: the reply was lost",
     "consolidate avocado2\n", 0s},
    {"consolidate = never holds, too, where the need came up while a task was waited for",
     [](World& world) {
         world.policy.consolidate = config::Consolidate::never;
         a_task(world);
     },
     [](World& world) {
         world.on_pause = [&world] {
             world.source().consolidation_needed = true;
             world.vsphere.end_tasks(world.source());
         };
     },
     "refused: cannot back it up: its disks need consolidation", "", 1s},
    {"a folder that is to be made",
     [](World& world) {
         world.policy.folder = "copies/nightly";
         world.policy.create_folder = true;
     },
     nothing, "", "create_folder copies/nightly\n", 0s},
    {"a folder that cannot be made",
     [](World& world) {
         world.policy.folder = "copies";
         world.policy.create_folder = true;
         world.vsphere.fail("create_folder", 1,
                            {Kind::privilege, "Folder.Create is missing", "NoPermission"});
     },
     nothing, "privilege: cannot make the folder 'copies': Folder.Create is missing (NoPermission)",
     "create_folder copies\n", 0s},
};

}  // namespace

TEST_CASE("make_ready: what must be so before the snapshot")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        c.before(world);
        const auto run = world.run();
        auto prepared = prepared_for(world.vsphere, run);
        c.after(world);
        if (world.stop.stop_requested())
            prepared.source = world.source();
        CHECK(told([&] { job::make_ready(world.vsphere, run, prepared); }) == c.told);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.steady == c.waited);
        CHECK(world.vsphere.missed() == "");
        if (c.told.empty()) {
            CHECK_FALSE(prepared.source.consolidation_needed);
            CHECK(prepared.target.folder.id != "");
            CHECK(prepared.id.folder_id == prepared.target.folder.id);
        }
    }
}
