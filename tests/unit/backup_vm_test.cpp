// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/backup_vm.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "job/prepare.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string oldest = "zz_avocado2-01-201909220241";
const std::string made = "zz_avocado2-04-201909250241";

const std::string create = "create_snapshot avocado2\n";
const std::string clone = "clone " + made + "\n";
const std::string let_go = "begin_remove_snapshot snapshot-1\n";
const std::string commit = "reconfigure " + made + " complete\n";
const std::string destroy = "destroy " + oldest + "\n";
const std::string ours = "vmrotate " + id_of(1);

struct Case {
    std::string name;
    std::function<void(World&)> arrange;
    std::string told, changes;
    std::string left_undone = {};
};

/// The server refuses the nth call of this method.
std::function<void(World&)> refused(const std::string& method, int nth = 1)
{
    return [=](World& world) {
        world.vsphere.fail(method, nth, {Kind::privilege, "No.", "NoPermission"});
    };
}

std::function<void(World&)> lost(const std::string& method, Lost how)
{
    return [=](World& world) { world.vsphere.lose(method, 1, how); };
}

/// Somebody does something once our snapshot is about to be taken.
std::function<void(World&)> meanwhile(const std::function<void(World&)>& deed)
{
    return [=](World& world) {
        world.vsphere.when("create_snapshot", 1, [&world, deed] { deed(world); });
    };
}

std::string no(const std::string& deed)
{
    return "privilege: cannot " + deed + ": No. (NoPermission)";
}

// Three generations stand there, in 01 to 03; a good run makes 04 and lets 01 go.
const std::vector<Case> cases = {
    {"a good run", [](World&) {}, "", create + clone + let_go + commit + destroy},

    {"no clock", refused("now"), no("ask for the time"), ""},
    {"no names", refused("vm_names"), no("list the VMs"), ""},
    {"no source", refused("read_vms"), no("read 'avocado2'"), ""},
    {"no place", refused("place_of"), no("read the inventory"), ""},
    {"no datastores", refused("datastores_of"), no("read the inventory"), ""},
    {"no generations", refused("vms_in"), no("read the generations"), ""},
    {"no hosts", refused("read_hosts"), no("read the hosts"), ""},
    {"no snapshot", refused("create_snapshot"), no("take the snapshot"), create},
    {"no second look", refused("read_vms", 2), no("read the VM and its generations"),
     create + let_go},
    {"no second reading of the set", refused("vms_in", 2), no("read the VM and its generations"),
     create + let_go},
    {"no disks of the snapshot", refused("disks_of"), no("read the VM and its generations"),
     create + let_go},
    {"no copy: nothing is deleted but the snapshot", refused("clone"),
     no("make the copy '" + made + "'"), create + clone + let_go},
    {"no reading of the copy",
     [](World& world) { world.vsphere.when("clone", 1, [&world] { refused("read_vms")(world); }); },
     no("read '" + made + "'"), create + clone + let_go},
    {"no commit: the copy is left for the next run, no generation is deleted",
     refused("reconfigure"), no("commit '" + made + "'"), create + clone + let_go + commit},
    {"a snapshot that will not go at first never undoes a good copy",
     refused("begin_remove_snapshot"), "", create + clone + let_go + commit + let_go + destroy},
    {"a snapshot that never goes is reported, and the rest is done",
     [](World& world) { world.vsphere.removals_in_vain = 99; }, "",
     create + clone + let_go + commit + let_go + let_go + destroy,
     "cannot remove the snapshot '" + ours +
         "': the server says that it is gone, and it is still there"},
    {"no deletion is reported", refused("destroy"), "", create + clone + let_go + commit + destroy,
     "cannot delete '" + oldest + "': No. (NoPermission)"},

    {"create_snapshot is lost, and was executed", lost("create_snapshot", Lost::executed), "",
     create + clone + let_go + commit + destroy},
    {"create_snapshot is lost, and was not executed", lost("create_snapshot", Lost::not_executed),
     "unreachable: cannot tell whether vCenter could take the snapshot: the reply was lost",
     create},
    {"clone is lost, and was executed", lost("clone", Lost::executed), "",
     create + clone + let_go + commit + destroy},
    {"clone is lost, and was not executed", lost("clone", Lost::not_executed),
     "unreachable: cannot tell whether vCenter could make the copy '" + made +
         "': the reply was lost",
     create + clone + let_go},
    {"the removal is lost, and was not executed", lost("begin_remove_snapshot", Lost::not_executed),
     "", create + clone + let_go + commit + let_go + destroy},
    {"the commit is lost, and was executed", lost("reconfigure", Lost::executed), "",
     create + clone + let_go + commit + destroy},
    {"the commit is lost, and was not executed", lost("reconfigure", Lost::not_executed), "",
     create + clone + let_go + commit + commit + destroy},
    {"the deletion is lost, and was executed", lost("destroy", Lost::executed), "",
     create + clone + let_go + commit + destroy},
    {"the deletion is lost, and was not executed", lost("destroy", Lost::not_executed), "",
     create + clone + let_go + commit + destroy,
     "cannot tell whether vCenter could delete '" + oldest + "': the reply was lost"},

    {"a copy short of a disk is no generation, and pushes none out",
     [](World& world) { world.vsphere.spoil_copy = [](Vm& vm) { vm.disks.pop_back(); }; },
     "failed: cannot use the copy '" + made + "': the disk scsi0:1 is missing",
     create + clone + let_go + "destroy " + made + "\n"},
    {"a server that drops the mark gets it before the commit",
     [](World& world) { world.vsphere.clone_drops_the_mark = true; }, "",
     create + clone + let_go + "reconfigure " + made + " copying\n" + commit + destroy},
    {"a full datastore is seen before anything is changed",
     [](World& world) { world.vsphere.datastore("durian").free = 0; },
     "refused: cannot back it up: the datastore 'durian' has 0 B free, 50 GiB are needed", ""},
    {"a generation in its folder is no source",
     [](World& world) {
         World::set_mark(world.source(), world.mark(9, 9, 9));
         world.source().mark["vmrotate.self"] = "x";
         world.source().folder_id = world.vsphere.vm(oldest).folder_id;
     },
     "refused: cannot back it up: it is itself a generation, in the folder of the generations", ""},
    {"an ESXi host cannot clone", [](World& world) { world.vsphere.about.is_vcenter = false; },
     "failed: cannot clone: 'VMware vCenter Server 8.0.3 build-24022515' is an ESXi host, and only "
     "vCenter can clone",
     ""},
    {"consolidate = never",
     [](World& world) {
         world.policy.consolidate = config::Consolidate::never;
         world.source().consolidation_needed = true;
     },
     "refused: cannot back it up: its disks need consolidation", ""},
    {"the fresh snapshot of another machine's run",
     [](World& world) { world.add_run_snapshot(world.source(), 7); },
     "busy: a run may be at work on it: run " + id_of(7) + ", which left the snapshot 'vmrotate " +
         id_of(7) +
         "': its last sign, of 2019-09-25T02:41:00Z, is younger than the grace of 15 min",
     ""},
    {"another run was first: ours withdraws",
     meanwhile([](World& world) { world.add_run_snapshot(world.source(), 7); }),
     "busy: cannot back it up: another run was first: it has the snapshot 'vmrotate " + id_of(7) +
         "'",
     create + "begin_remove_snapshot snapshot-2\n"},
    {"somebody's own snapshot says nothing",
     meanwhile([](World& world) { world.vsphere.add_snapshot(world.source(), "Clone Snapshot"); }),
     "", create + clone + "begin_remove_snapshot snapshot-2\n" + commit + destroy},
    {"the set changed before the lock: planned anew",
     meanwhile([](World& world) { world.vsphere.vm(oldest).mark["vmrotate.pinned"] = "audit"; }),
     "", create + clone + let_go + commit},
    {"the set changes for ever: busy, and ours withdraws",
     [](World& world) {
         for (const int nth : {2, 3})
             world.vsphere.when("vms_in", nth, [&world, nth] {
                 world.vsphere.vm(oldest).mark["vmrotate.pinned"] = std::string(1, char('0' + nth));
             });
     },
     "busy: cannot back it up: somebody is changing its generations", create + let_go},
    {"the lock cannot be had: nothing is sent",
     [](World& world) {
         world.on_lock = [] { throw Error(ErrorKind::busy, "another process holds it"); };
     },
     "busy: another process holds it", ""},

    {"Ctrl-C before", [](World& world) { world.stop.request_stop(); }, "cancelled", ""},
    {"Ctrl-C during the copy",
     [](World& world) { world.observer.on_copying = [&world](int) { world.stop.request_stop(); }; },
     "cancelled", create + clone + let_go},
    {"Ctrl-C during the commit: it is finished, nothing expires",
     [](World& world) {
         world.vsphere.when("reconfigure", 1, [&world] { world.stop.request_stop(); });
     },
     "", create + clone + let_go + commit, "cannot delete '" + oldest + "': interrupted"},
};

/// Was a generation destroyed only after a newer one had been committed?
bool in_order(const std::string& changes)
{
    const auto deleted = changes.find(destroy);
    return deleted == std::string::npos || changes.rfind(commit, deleted) != std::string::npos;
}

}  // namespace

TEST_CASE("backup_vm: what it asks of the server, whatever fails")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        world.add_three();
        c.arrange(world);
        job::Outcome outcome;
        CHECK(told([&] { outcome = job::backup_vm(world.vsphere, world.run()); }) == c.told);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(joined(outcome.left_undone) == c.left_undone);
        CHECK(outcome.generation == (c.told.empty() ? made : ""));
        CHECK(in_order(world.vsphere.changes));
        CHECK((world.vsphere.snapshots_of("avocado2").find(ours) == std::string::npos) ==
              (world.vsphere.removals_in_vain <= 0));
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("backup_vm: five runs go round the ring")
{
    World world;
    std::string changes;
    for (int day = 0; day < 5; ++day) {
        world.run_id = id_of(day + 1);
        const auto outcome = job::backup_vm(world.vsphere, world.run());
        CHECK(outcome.ok());
        CHECK(outcome.seq == day + 1);
        CHECK(outcome.slot == day % 4 + 1);
        changes += fmt::format("-- {}\n{}", outcome.generation, world.vsphere.changes);
        world.vsphere.changes.clear();
        world.pass(24h);
    }
    std::string expected;
    std::vector<std::string> names;
    for (const char* end :
         {"01-20190925", "02-20190926", "03-20190927", "04-20190928", "01-20190929"})
        names.push_back(fmt::format("zz_avocado2-{}0241", end));
    for (std::size_t i = 0; i < names.size(); ++i) {
        expected += fmt::format(
            "-- {0}\ncreate_snapshot avocado2\nclone {0}\nbegin_remove_snapshot snapshot-{1}\n"
            "reconfigure {0} complete\n",
            names[i], i + 1);
        if (i >= 3)
            expected += "destroy " + names[i - 3] + "\n";
    }
    CHECK(changes == expected);
    CHECK(world.vsphere.names_in("backup") == names[2] + "\n" + names[3] + "\n" + names[4] + "\n");
    const std::string lock = world.source().instance_uuid + "\n";
    CHECK(world.locked == lock + lock + lock + lock + lock);
}

TEST_CASE("backup_vm: what somebody made of a generation is kept")
{
    const std::vector<std::pair<std::string, std::function<void(World&, Vm&)>>> rows = {
        {"powered on", [](World&, Vm& vm) { vm.power = vimclient::Power::on; }},
        {"with a snapshot", [](World& world, Vm& vm) { world.vsphere.add_snapshot(vm, "mine"); }},
        {"renamed", [](World&, Vm& vm) { vm.ref.name = "mine"; }},
        {"copied: this is the copy", [](World&, Vm& vm) { vm.instance_uuid = "another"; }},
        {"named like a generation, and nobody's", [](World&, Vm& vm) { vm.mark.clear(); }},
        {"with a mark that is cut", [](World&, Vm& vm) { vm.mark.erase("vmrotate.seq"); }},
        {"of a later version", [](World&, Vm& vm) { vm.mark["vmrotate.version"] = "2"; }},
        {"of another set", [](World&, Vm& vm) { vm.mark["vmrotate.set"] = "weekly"; }},
        {"of another source", [](World&, Vm& vm) { vm.mark["vmrotate.source"] = "another"; }},
        {"pinned", [](World&, Vm& vm) { vm.mark["vmrotate.pinned"] = "audit"; }},
    };
    for (const auto& row : rows) {
        INFO("case: ", row.first);
        World world;
        world.add_three();
        row.second(world, world.vsphere.vm(oldest));
        CHECK(told([&] { CHECK(job::backup_vm(world.vsphere, world.run()).ok()); }) == "");
        CHECK(world.vsphere.changes.find("destroy") == std::string::npos);
    }
}

TEST_CASE("prepare: a look changes nothing, and reads no VM but the source and the folder's")
{
    World world;
    world.add_three();
    const auto prepared = prepared_for(world.vsphere, world.run());
    CHECK(world.vsphere.changes == "");
    CHECK(world.locked == "");
    CHECK(world.vsphere.reads ==
          "vm_names\nread_vms avocado2\nplace_of avocado2\ndatastores_of datacenter-1\n"
          "folders_of datacenter-1\nnow\nvms_in backup\nread_hosts host-1, host-2\n");
    CHECK(prepared.name(prepared.plan.slot) == made);
    CHECK(prepared.plan.decisions.back().generation.name == oldest);
    CHECK(prepared.plan.decisions.back().fate == rotation::Fate::expire);
}

TEST_CASE("backup_vm: a copy with less than half of the last one's room is one, with a warning")
{
    World world;
    world.add_three();
    world.vsphere.vm("zz_avocado2-03-201909240241").used = std::int64_t{1} << 50;
    const auto outcome = job::backup_vm(world.vsphere, world.run());
    CHECK(outcome.ok());
    REQUIRE(outcome.warnings.size() == 1);
    CHECK(outcome.warnings.front() ==
          "'zz_avocado2-04-201909250241' takes less than half of the room of "
          "'zz_avocado2-03-201909240241': look whether the source is whole");
}

namespace {

/// What was asked once the commit was sent, where the removal has ended by then.
std::string asked_after_commit(World& world)
{
    world.policy.event_log = false;
    world.vsphere.when("reconfigure", 1, [&] { world.vsphere.end_tasks(world.source()); });
    CHECK(job::backup_vm(world.vsphere, world.run()).ok());
    const std::string& calls = world.vsphere.calls;
    return calls.substr(calls.find(commit) + commit.size());
}

const std::string read_set = "vms_in backup\ndisk_uses datastore-2\nnow\n";

}  // namespace

TEST_CASE("backup_vm: where the removal ends before the commit, one reading serves what follows")
{
    World world;
    world.add_three();
    CHECK(asked_after_commit(world) == "read_vms " + made + ", avocado2\n" + read_set +
                                           "wait task-3\n" + destroy + "read_vms " + oldest + "\n");
}

TEST_CASE("backup_vm: a VM of the datastore that may not be read is no reason to doubt the copy")
{
    World world;
    world.add_three();
    for (const int nth : {1, 2})
        refused("disk_uses", nth)(world);
    world.vsphere.when("reconfigure", 1, [&] { world.vsphere.end_tasks(world.source()); });
    const auto outcome = job::backup_vm(world.vsphere, world.run());
    CHECK(outcome.generation == made);
    CHECK(joined(outcome.left_undone) == "cannot delete '" + oldest + "': No. (NoPermission)");
    CHECK(world.vsphere.missed() == "");
}

TEST_CASE("backup_vm: where nothing is due, nobody is asked who uses the disks")
{
    World world;
    CHECK(asked_after_commit(world).find("disk_uses") == std::string::npos);
}

TEST_CASE("backup_vm: that reading serves one deletion, the next one has its own")
{
    World world;
    world.add_three();
    world.policy.keep = 2;
    const auto asked = asked_after_commit(world);
    const auto second = asked.find("destroy zz_avocado2-02-201909230241");
    REQUIRE(second != std::string::npos);
    const auto between = asked.substr(asked.find(destroy), second - asked.find(destroy));
    CHECK(between == destroy + "read_vms " + oldest + "\n" + read_set);
}

TEST_CASE("backup_vm: a reading that grew old meanwhile serves no deletion")
{
    World world;
    world.add_three();
    world.vsphere.removal_leaves_disks = true;
    const auto asked = asked_after_commit(world);
    const auto late = asked.substr(asked.find("consolidate avocado2"));
    CHECK(late.find(read_set + destroy) != std::string::npos);
}

TEST_CASE("backup_vm: what that reading shows is heeded: a generation that is in use stays")
{
    World world;
    world.add_three();
    world.vsphere.when("reconfigure", 1, [&] {
        world.vsphere.end_tasks(world.source());
        world.vsphere.vm(oldest).power = vimclient::Power::on;
    });
    job::backup_vm(world.vsphere, world.run());
    CHECK(world.vsphere.changes.find("destroy") == std::string::npos);
    CHECK(world.vsphere.has_vm(oldest));
}
