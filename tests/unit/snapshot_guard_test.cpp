// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/snapshot_guard.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using job::SnapshotGuard;
using vimclient::Fault;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string ours = "vmrotate " + id_of(1);
const Fault no_rest(Kind::quiesce, "An error occurred.", "FilesystemQuiesceFault");

rotation::SnapshotNote note_of(const World& world)
{
    return {world.run_id, "default", id_of(0x10c), world.time};
}

struct TakeCase {
    std::string name;
    config::Quiesce policy;
    std::function<void(World&)> arrange;
    std::string told, changes, warnings;
};

const std::vector<TakeCase> take_cases = {
    {"off: as it stands", config::Quiesce::off, [](World&) {}, "", "create_snapshot avocado2\n",
     ""},
    {"require: at rest", config::Quiesce::require, [](World&) {}, "",
     "create_snapshot avocado2 quiesced\n", ""},
    {"require: or not at all", config::Quiesce::require,
     [](World& world) { world.vsphere.fail("create_snapshot", 1, no_rest); },
     "failed: cannot take the snapshot: the guest's file systems could not be brought to rest "
     "(FilesystemQuiesceFault)",
     "create_snapshot avocado2 quiesced\n", ""},
    {"prefer: at rest", config::Quiesce::prefer, [](World&) {}, "",
     "create_snapshot avocado2 quiesced\n", ""},
    {"prefer: a guest that will not is taken as it stands, with a warning", config::Quiesce::prefer,
     [](World& world) { world.vsphere.fail("create_snapshot", 1, no_rest); }, "",
     "create_snapshot avocado2 quiesced\ncreate_snapshot avocado2\n",
     "cannot bring the guest to rest: the guest's file systems could not be brought to rest "
     "(FilesystemQuiesceFault); taken without it\n"},
    {"prefer: a VM that is off is at rest", config::Quiesce::prefer,
     [](World& world) { world.source().power = vimclient::Power::off; }, "",
     "create_snapshot avocado2\n", ""},
    {"prefer: without Tools nobody could ask the guest", config::Quiesce::prefer,
     [](World& world) { world.source().tools = "guestToolsNotRunning"; }, "",
     "create_snapshot avocado2\n",
     "VMware Tools do not run: taken without bringing the guest to rest\n"},
    {"prefer: any other fault is one", config::Quiesce::prefer,
     [](World& world) {
         world.vsphere.fail("create_snapshot", 1, {Kind::busy, "Busy.", "TaskInProgress"});
     },
     "busy: cannot take the snapshot: Busy. (TaskInProgress)",
     "create_snapshot avocado2 quiesced\n", ""},
    {"prefer: a lost reply is looked after, not repeated", config::Quiesce::prefer,
     [](World& world) { world.vsphere.lose("create_snapshot", 1, Lost::executed); }, "",
     "create_snapshot avocado2 quiesced\n", ""},

    {"an error, and the snapshot is there all the same: it goes", config::Quiesce::off,
     [](World& world) {
         world.vsphere.when("create_snapshot", 1, [&world] {
             world.add_run_snapshot(world.source(), 1);
             throw Fault(Kind::refused, "No.", "SystemError");
         });
     },
     "failed: cannot take the snapshot: No. (SystemError)",
     "create_snapshot avocado2\nbegin_remove_snapshot snapshot-1\n", ""},
    {"an error, the snapshot is there, and it does not go: both are told", config::Quiesce::off,
     [](World& world) {
         world.vsphere.removals_in_vain = 99;
         world.vsphere.when("create_snapshot", 1, [&world] {
             world.add_run_snapshot(world.source(), 1);
             throw Fault(Kind::refused, "No.", "SystemError");
         });
     },
     "failed: cannot take the snapshot: No. (SystemError)",
     "create_snapshot avocado2\nbegin_remove_snapshot snapshot-1\n"
     "begin_remove_snapshot snapshot-1\nbegin_remove_snapshot snapshot-1\n",
     "the snapshot '" + ours + "' may be left: cannot remove the snapshot '" + ours +
         "': the server says that it is gone, and it is still there\n"},
    {"a lost reply, and vCenter does not say what became of it", config::Quiesce::off,
     [](World& world) {
         world.vsphere.lose("create_snapshot", 1, Lost::not_executed);
         world.vsphere.fail("read_vms", 1, {Kind::unreachable, "no answer"});
     },
     "unreachable: cannot tell whether the snapshot '" + ours + "' was taken: no answer",
     "create_snapshot avocado2\n", ""},
    {"a lost reply: the snapshot with our note is ours", config::Quiesce::off,
     [](World& world) {
         world.add_run_snapshot(world.source(), 7);
         world.vsphere.lose("create_snapshot", 1, Lost::executed);
     },
     "", "create_snapshot avocado2\n", ""},
    {"a lost reply, and no such snapshot: another run's is not ours", config::Quiesce::off,
     [](World& world) {
         world.add_run_snapshot(world.source(), 7);
         world.vsphere.lose("create_snapshot", 1, Lost::not_executed);
     },
     "unreachable: cannot tell whether vCenter could take the snapshot: the reply was lost",
     "create_snapshot avocado2\n", ""},
    {"a lost reply while the task still runs: its end is waited for", config::Quiesce::off,
     [](World& world) {
         world.vsphere.lose("create_snapshot", 1, Lost::not_executed);
         world.vsphere.add_task(world.source(), "VirtualMachine.createSnapshot");
         world.on_pause = [&world] {
             const auto note = note_of(world);
             if (world.steady == 3s)
                 world.vsphere.add_snapshot(world.source(), ours,
                                            "vmrotate 1 run=" + note.run + " set=default lock=" +
                                                note.lock + " started=2019-09-25T02:41:00Z");
         };
     },
     "", "create_snapshot avocado2\n", ""},
    {"a lost reply, and a task without end", config::Quiesce::off,
     [](World& world) {
         world.vsphere.lose("create_snapshot", 1, Lost::not_executed);
         world.vsphere.add_task(world.source(), "VirtualMachine.createSnapshot");
     },
     "unreachable: cannot tell whether vCenter could take the snapshot: the reply was lost",
     "create_snapshot avocado2\n", ""},
};

struct RemoveCase {
    std::string name;
    std::function<void(World&)> arrange;  ///< once the snapshot stands
    std::string told;                     ///< by begin_removal and finish_removal, "|" between
    std::string changes;                  ///< from then on
    std::string left;                     ///< snapshots of the VM
};

const std::string once = "begin_remove_snapshot snapshot-2\n";
const Fault refusal(Kind::privilege, "RemoveSnapshot is missing", "NoPermission");
const std::string refused = "privilege: cannot remove the snapshot '" + ours +
                            "': RemoveSnapshot is missing (NoPermission)";

const std::vector<RemoveCase> remove_cases = {
    {"it goes, and somebody's own of any name stays", [](World&) {}, "|", once, "Clone Snapshot\n"},
    {"a child that somebody made meanwhile outlives it",
     [](World& world) { world.vsphere.add_snapshot(world.source(), "Clone Snapshot"); }, "|", once,
     "Clone Snapshot\nClone Snapshot\n"},
    {"a request that was delivered twice made two: both go",
     [](World& world) { world.add_run_snapshot(world.source(), 1); }, "|",
     once + "begin_remove_snapshot snapshot-3\n", "Clone Snapshot\n"},
    {"somebody removed it already",
     [](World& world) {
         world.vsphere.begin_remove_snapshot(world.source().snapshots.back().ref);
         world.vsphere.end_tasks(world.source());
     },
     "|", once + once, "Clone Snapshot\n"},
    {"success that was none: once more", [](World& world) { world.vsphere.removals_in_vain = 1; },
     "|", once + once, "Clone Snapshot\n"},
    {"success that never is one: three times and no more",
     [](World& world) { world.vsphere.removals_in_vain = 99; },
     "|failed: cannot remove the snapshot '" + ours +
         "': the server says that it is gone, and it is still there",
     once + once + once, "Clone Snapshot\n" + ours + "\n"},
    {"a task that fails: once more",
     [](World& world) {
         world.vsphere.fail_task(1, {Kind::refused, "FileLocked"});
     },
     "|", once + once, "Clone Snapshot\n"},
    {"a request that is refused is sent again at the end",
     [](World& world) { world.vsphere.fail("begin_remove_snapshot", 1, refusal); }, refused + "|",
     once + once, "Clone Snapshot\n"},
    {"a lost request that was not executed: looked after, sent again",
     [](World& world) { world.vsphere.lose("begin_remove_snapshot", 1, Lost::not_executed); }, "|",
     once + once, "Clone Snapshot\n"},
    {"every request is lost: looked after each time, three times once more",
     [](World& world) {
         for (const int nth : {1, 2, 3, 4})
             world.vsphere.lose("begin_remove_snapshot", nth, Lost::not_executed);
     },
     "|failed: cannot remove the snapshot '" + ours +
         "': the reply was lost, and it is still there",
     once + once + once + once, "Clone Snapshot\n" + ours + "\n"},
    {"the end of the task is lost: looked after",
     [](World& world) { world.vsphere.lose("wait", 1, Lost::executed); }, "|", once,
     "Clone Snapshot\n"},
    {"disks that need consolidation afterwards get it",
     [](World& world) { world.vsphere.removal_leaves_disks = true; }, "|",
     once + "consolidate avocado2\n", "Clone Snapshot\n"},
    {"consolidation that does not help",
     [](World& world) {
         world.vsphere.removal_leaves_disks = true;
         world.vsphere.consolidation_in_vain = true;
     },
     "|failed: the snapshot is gone, but the VM's disks still need consolidation",
     once + "consolidate avocado2\n", "Clone Snapshot\n"},
    {"consolidation whose reply is lost: looked after, and it was done",
     [](World& world) {
         world.vsphere.removal_leaves_disks = true;
         world.vsphere.lose("consolidate", 1, Lost::executed);
     },
     "|", once + "consolidate avocado2\n", "Clone Snapshot\n"},
};

}  // namespace

TEST_CASE("SnapshotGuard: how the snapshot is taken")
{
    for (const TakeCase& c : take_cases) {
        INFO("case: ", c.name);
        World world;
        world.policy.quiesce = c.policy;
        c.arrange(world);
        const auto run = world.run();
        std::string changes;
        CHECK(told([&] {
                  const SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
                  changes = world.vsphere.changes;
                  CHECK(guard.ref() == world.source().snapshots.back().ref);
              }) == c.told);
        CHECK((c.told.empty() ? changes : world.vsphere.changes) == c.changes);
        CHECK((world.vsphere.snapshots_of("avocado2").find(ours) == std::string::npos) ==
              (world.vsphere.removals_in_vain <= 0));
        CHECK(world.observer.warnings == c.warnings);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("SnapshotGuard: how the snapshot goes, and what is said where it does not")
{
    for (const RemoveCase& c : remove_cases) {
        INFO("case: ", c.name);
        World world;
        world.vsphere.add_snapshot(world.source(), "Clone Snapshot");
        const auto run = world.run();
        {
            SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
            world.vsphere.changes.clear();
            c.arrange(world);
            const std::string begun = told([&] { guard.begin_removal(); });
            CHECK(begun + "|" + told([&] { guard.finish_removal(); }) == c.told);
        }
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.vsphere.snapshots_of("avocado2") == c.left);
        CHECK(world.observer.warnings == "");
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("SnapshotGuard: after a lost request the next call about the VM is a read")
{
    for (const Lost lost : {Lost::executed, Lost::not_executed}) {
        World world;
        const auto run = world.run();
        SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
        world.vsphere.lose("begin_remove_snapshot", 1, lost);
        world.vsphere.calls.clear();
        guard.begin_removal();
        guard.finish_removal();
        const std::string first = "begin_remove_snapshot snapshot-1\nread_vms avocado2\n";
        CHECK(world.vsphere.calls.substr(0, first.size()) == first);
        CHECK(world.vsphere.snapshots_of("avocado2") == "");
    }
}

TEST_CASE("SnapshotGuard: with consolidate = never the disks are left, and it is said")
{
    World world;
    world.policy.consolidate = config::Consolidate::never;
    world.vsphere.removal_leaves_disks = true;
    const auto run = world.run();
    SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
    CHECK(told([&] { guard.finish_removal(); }) ==
          "failed: the snapshot is gone, but the VM's disks still need consolidation");
    CHECK(world.vsphere.changes == "create_snapshot avocado2\nbegin_remove_snapshot snapshot-1\n");
}

TEST_CASE("SnapshotGuard: whoever leaves the scope takes the snapshot along")
{
    World world;
    const auto run = world.run();
    CHECK(told([&] {
              const SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
              throw vimclient::Cancelled{};
          }) == "cancelled");
    CHECK(world.vsphere.snapshots_of("avocado2") == "");
    CHECK(world.observer.warnings == "");
}

TEST_CASE("SnapshotGuard: a snapshot that cannot be removed on the way out is warned of")
{
    World world;
    const auto run = world.run();
    world.vsphere.fail("begin_remove_snapshot", 1, refusal);
    CHECK(told([&] {
              const SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
          }) == "");
    CHECK(world.observer.warnings == fmt::format("the snapshot '{}' may be left: {}\n",
                                                 rotation::snapshot_name(note_of(world)),
                                                 refused.substr(refused.find("cannot"))));
}

TEST_CASE("SnapshotGuard: it is held from its making to its end")
{
    World world;
    const auto run = world.run();
    SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
    world.pass(5s);
    CHECK(guard.held() == 5s);
    guard.finish_removal();
    world.pass(5s);
    CHECK(guard.held() == 5s);
}

TEST_CASE("SnapshotGuard: what is left to the next run stays, and is named")
{
    World world;
    const auto run = world.run();
    {
        SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
        world.pass(5s);
        guard.leave_to_next_run();
        world.pass(5s);
        CHECK(guard.is_over());
        CHECK(guard.held() == 5s);
    }
    CHECK(world.vsphere.changes == "create_snapshot avocado2\n");
    CHECK(world.vsphere.snapshots_of("avocado2") == ours + "\n");
    CHECK(world.observer.warnings == "the snapshot '" + ours +
                                         "' stays, as the copy may go on; the next run removes "
                                         "it\n");
}

TEST_CASE("SnapshotGuard: a VM that is gone once the reply is lost is no removal")
{
    World world;
    const auto run = world.run();
    const std::string gone = "cannot read the VM: it has been removed";
    {
        SnapshotGuard guard(world.vsphere, run, world.source(), note_of(world));
        world.vsphere.lose("begin_remove_snapshot", 1, Lost::not_executed);
        guard.begin_removal();
        world.source().power = vimclient::Power::off;
        world.vsphere.destroy(world.source().ref);
        CHECK(told([&] { guard.finish_removal(); }) == "failed: " + gone);
        CHECK_FALSE(guard.is_over());
    }
    CHECK(world.observer.warnings == "the snapshot '" + ours + "' may be left: " + gone + "\n");
}
