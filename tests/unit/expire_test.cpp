// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/expire.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

// Three stood there when the plan was made, keep is 3, the fourth was committed since.
const std::string oldest = "zz_avocado2-01-201909220241";
const std::string second = "zz_avocado2-02-201909230241";
const std::string newest = "zz_avocado2-04-201909250241";
const std::string destroy_oldest = "destroy " + oldest + "\n";
const std::string kept = "'" + oldest + "' was not deleted: ";

struct Case {
    std::string name;
    std::function<void(World&)> before;  ///< before the plan
    std::function<void(World&)> after;   ///< after the commit
    std::string expired, warnings, left_undone;
    std::string changes;
};

void nothing(World&)
{
}

/// Somebody changes the oldest one after the commit.
std::function<void(World&)> oldest_is(const std::function<void(World&, Vm&)>& change)
{
    return [change](World& world) { change(world, world.vsphere.vm(oldest)); };
}

const std::vector<Case> cases = {
    {"the oldest goes", nothing, nothing, oldest, "", "", destroy_oldest},
    {"nothing is due yet", [](World& world) { world.policy.keep = 4; }, nothing, "", "", "", ""},
    {"keep was lowered: the oldest two go", [](World& world) { world.policy.keep = 2; }, nothing,
     oldest + "|" + second, "", "", destroy_oldest + "destroy " + second + "\n"},
    {"keep was lowered further: the brake lets go of two in one run",
     [](World& world) { world.policy.keep = 1; }, nothing, oldest + "|" + second,
     "'zz_avocado2-03-201909240241' stays: older than the newest 1, held back: at most 2 expire in "
     "one run",
     "", destroy_oldest + "destroy " + second + "\n"},

    // what a user asked for is a warning
    {"pinned since the plan", nothing,
     oldest_is([](World&, Vm& vm) { vm.mark["vmrotate.pinned"] = "audit"; }), "",
     kept + "it is pinned", "", ""},
    {"powered on since the plan", nothing,
     oldest_is([](World&, Vm& vm) { vm.power = vimclient::Power::on; }), "",
     kept + "it is powered on; '" + oldest + "' of the same set is in use", "", ""},
    {"suspended since the plan", nothing,
     oldest_is([](World&, Vm& vm) { vm.power = vimclient::Power::suspended; }), "",
     kept + "it is suspended; '" + oldest + "' of the same set is in use", "", ""},
    {"another one in use when the plan was made",
     [](World& world) { world.vsphere.vm(second).power = vimclient::Power::on; }, nothing, "", "",
     "", ""},
    {"min_age holds back what is due", [](World& world) { world.policy.min_age = 7 * 24h; },
     nothing, "",
     "'" + oldest + "' stays: older than the newest 3, held back: younger than min_age", "", ""},
    {"gone already", nothing,
     [](World& world) {
         world.vsphere.destroy(world.vsphere.vm(oldest).ref);
         world.vsphere.changes.clear();
     },
     "", "'" + oldest + "' was to expire and is no longer in the folder", "", ""},
    {"moved out of the folder", nothing,
     oldest_is([](World& world, Vm& vm) { vm.folder_id = world.source().folder_id; }), "",
     "'" + oldest + "' was to expire and is no longer in the folder", "", ""},

    // what is odd is no success
    {"a snapshot on it", nothing,
     oldest_is([](World& world, Vm& vm) { world.vsphere.add_snapshot(vm, "before the test"); }), "",
     "", kept + "it has a snapshot", ""},
    {"renamed", nothing, oldest_is([](World&, Vm& vm) { vm.ref.name = "mine"; }), "", "",
     kept + "its name is not the one it was given", ""},
    {"renamed to another source's", nothing,
     oldest_is([](World&, Vm& vm) { vm.ref.name = "zz_avocado20-01-201909220241"; }), "", "",
     kept + "its name is not the one it was given", ""},
    {"a copy took its place", nothing, oldest_is([](World&, Vm& vm) { vm.instance_uuid = "new"; }),
     "", "", kept + "its mark belongs to another VM: it is a copy", ""},
    {"its mark was taken off", nothing, oldest_is([](World&, Vm& vm) { vm.mark.clear(); }), "", "",
     kept + "it carries no mark of ours; its mark belongs to another VM: it is a copy; it was "
            "never finished; it belongs to another source or set; its name is not the one it was "
            "given; it has more or fewer disks than when it was made",
     ""},
    {"made a template", nothing, oldest_is([](World&, Vm& vm) { vm.is_template = true; }), "", "",
     kept + "it was made a template", ""},
    {"a disk of somebody's was attached", nothing, oldest_is([](World& world, Vm& vm) {
         vm.disks.push_back(world.source().disks[0]);
         vm.disks.back().file = "[mango] avocado2/avocado2.vmdk";
     }),
     "", "",
     kept + "its disk '[mango] avocado2/avocado2.vmdk' is not on the backup datastore; it has "
            "more or fewer disks than when it was made; 'vm-1' uses one of its disks",
     ""},
    {"a linked clone hangs on it", nothing, oldest_is([](World& world, Vm& vm) {
         world.vsphere.add_vm("linked", "backup").disks[0].parents = {vm.disks[0].file};
     }),
     "", "", kept + "'linked' uses one of its disks", ""},
    {"a task at work on it", nothing,
     oldest_is([](World& world, Vm& vm) { world.vsphere.add_task(vm, "VirtualMachine.clone"); }),
     "", "", kept + "a task is at work on it", ""},
    {"it is a VM that is backed up itself", nothing,
     [](World& world) { world.sources.push_back(oldest); }, "", "",
     kept + "it is itself a VM that is backed up", ""},
    {"one of the set cannot be read any more", nothing,
     [](World& world) { world.vsphere.vm(second).readable = false; }, "", "",
     kept + "only 2 good generations would be left of 3; '" + second +
         "', which may belong to the set, cannot be read",
     ""},
    {"one could not be read, and so nobody knows what is due",
     [](World& world) { world.vsphere.vm(second).connection = "orphaned"; }, nothing, "", "",
     "'" + second + "' cannot be read, and may be a generation", ""},
    {"one could not be read, and holds back what is due",
     [](World& world) {
         world.vsphere.vm(second).connection = "orphaned";
         world.policy.keep = 2;
     },
     nothing, "", "",
     "'" + oldest + "' stays: older than the newest 2, held back: '" + second + "' cannot be read",
     ""},
    {"the new one has vanished", nothing,
     [](World& world) {
         world.vsphere.destroy(world.vsphere.vm(newest).ref);
         world.vsphere.changes.clear();
     },
     "", "",
     kept + "no newer generation was committed or verified in this run; only 2 good generations "
            "would be left of 3",
     ""},
    {"a clock that is two hours off", [](World& world) { world.vsphere.time -= 2h; }, nothing, "",
     "", kept + "the clocks here and at the server differ by more than an hour", ""},

    // what fails is no success
    {"refused", nothing,
     [](World& world) {
         world.vsphere.fail("destroy", 1, {Kind::refused, "Unable to access", "FileLocked"});
     },
     "", "", "cannot delete '" + oldest + "': a file of the VM is locked (FileLocked)",
     destroy_oldest},
    {"a reply is lost, and it is gone", nothing,
     [](World& world) { world.vsphere.lose("destroy", 1, Lost::executed); }, oldest, "", "",
     destroy_oldest},
    {"a reply is lost, and it is still there: not sent again", nothing,
     [](World& world) { world.vsphere.lose("destroy", 1, Lost::not_executed); }, "", "",
     "cannot tell whether vCenter could delete '" + oldest + "': the reply was lost",
     destroy_oldest},
    {"success that was none", nothing, [](World& world) { world.vsphere.destructions_in_vain = 1; },
     "", "",
     "cannot delete '" + oldest + "': the server says that it is gone, and it is still there",
     destroy_oldest},
    {"the folder cannot be read", nothing,
     [](World& world) {
         world.vsphere.fail("vms_in", 1, {Kind::unreachable, "no answer"});
     },
     "", "", "cannot delete '" + oldest + "': no answer", ""},
    {"who uses its disks cannot be read", nothing,
     [](World& world) {
         world.vsphere.fail("disk_uses", 1, {Kind::privilege, "no"});
     },
     "", "", "cannot delete '" + oldest + "': no", ""},
    {"Ctrl-C before it: nothing more is deleted", [](World& world) { world.policy.keep = 2; },
     [](World& world) { world.stop.request_stop(); }, "", "",
     "cannot delete '" + oldest + "': interrupted|cannot delete '" + second + "': interrupted", ""},
    {"Ctrl-C during the first: it is finished, the second is not begun",
     [](World& world) { world.policy.keep = 2; },
     [](World& world) {
         world.vsphere.when("destroy", 1, [&world] { world.stop.request_stop(); });
     },
     oldest, "", "cannot delete '" + second + "': interrupted", destroy_oldest},
    {"the first fails: the second is deleted all the same",
     [](World& world) { world.policy.keep = 2; },
     [](World& world) {
         world.vsphere.fail("destroy", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     second, "", "cannot delete '" + oldest + "': No. (NoPermission)",
     destroy_oldest + "destroy " + second + "\n"},
    {"busy for a moment: the guards are asked again, and it goes", nothing,
     [](World& world) {
         world.vsphere.fail("destroy", 1, {Kind::busy, "Busy."});
     },
     oldest, "", "", destroy_oldest + destroy_oldest},
    {"busy for a moment, and pinned meanwhile: it stays", nothing,
     [](World& world) {
         world.vsphere.fail("destroy", 1, {Kind::busy, "Busy."});
         world.on_pause = [&world] { world.vsphere.vm(oldest).mark["vmrotate.pinned"] = "audit"; };
     },
     "", kept + "it is pinned", "", destroy_oldest},
    {"busy for longer than task_wait", [](World& world) { world.policy.task_wait = 0s; },
     [](World& world) {
         world.vsphere.fail("destroy", 1, {Kind::busy, "Busy."});
     },
     "", "", "cannot delete '" + oldest + "': Busy.", destroy_oldest},
};

vimclient::VmRef newest_of(World& world)
{
    for (const vimclient::VmRef& vm : world.vsphere.vm_names())
        if (vm.name.starts_with("zz_avocado2-04-"))
            return vm;
    return {};
}

}  // namespace

TEST_CASE("expire: what goes, what stays, and what is said of it")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        world.add_three();
        c.before(world);
        const auto plan_run = world.run();
        const auto prepared = prepared_for(world.vsphere, plan_run);
        world.add_generation(4, 4, 0);
        c.after(world);
        const auto run = world.run();
        job::Outcome outcome;
        outcome.seq = 4;
        outcome.generation_id = newest_of(world).id;
        CHECK(told([&] { job::expire(world.vsphere, run, prepared, outcome); }) == "");
        CHECK(joined(outcome.expired) == c.expired);
        CHECK(joined(outcome.warnings) == c.warnings);
        CHECK(joined(outcome.left_undone) == c.left_undone);
        CHECK(outcome.ok() == c.left_undone.empty());
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("expire: without a newer generation of this very run nothing goes")
{
    World world;
    world.add_three();
    const auto run = world.run();
    const auto prepared = prepared_for(world.vsphere, run);
    world.add_generation(4, 4, 0);
    job::Outcome outcome;
    job::expire(world.vsphere, run, prepared, outcome);
    CHECK(joined(outcome.left_undone) ==
          kept + "no newer generation was committed or verified in this run");
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("expire: after a lost reply the next call is a read of that VM")
{
    World world;
    world.add_three();
    const auto run = world.run();
    const auto prepared = prepared_for(world.vsphere, run);
    world.add_generation(4, 4, 0);
    world.vsphere.lose("destroy", 1, Lost::executed);
    job::Outcome outcome;
    outcome.seq = 4;
    outcome.generation_id = newest_of(world).id;
    job::expire(world.vsphere, run, prepared, outcome);
    CHECK(world.vsphere.calls.find(destroy_oldest + "read_vms " + oldest) != std::string::npos);
}
