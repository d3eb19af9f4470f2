// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/retention.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "job/prepare.hpp"

using namespace vmrotate;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

// Three stand there and one is to stay.
const std::string oldest = "zz_avocado2-01-201909220241";
const std::string second = "zz_avocado2-02-201909230241";
const std::string newest = "zz_avocado2-03-201909240241";
const std::string destroy_two = "destroy " + oldest + "\ndestroy " + second + "\n";
const std::string nothing_deleted = "nothing was deleted: the newest generation '" + newest + "' ";

struct Case {
    std::string name;
    std::function<void(World&)> before;  ///< before it is decided
    std::function<void(World&)> after;
    std::string expired, warnings, left_undone;
    std::string changes;
};

void nothing(World&)
{
}

std::function<void(World&)> newest_is(const std::function<void(Vm&)>& change)
{
    return [change](World& world) { change(world.vsphere.vm(newest)); };
}

const std::vector<Case> cases = {
    {"all but the newest go", nothing, nothing, oldest + "|" + second, "", "", destroy_two},
    {"nothing is due: nothing is read", [](World& world) { world.policy.keep = 3; },
     [](World& world) { world.vsphere.reads.clear(); }, "", "", "", ""},
    {"a pinned one stays",
     [](World& world) { world.vsphere.vm(second).mark["vmrotate.pinned"] = "audit"; }, nothing,
     oldest, "", "", "destroy " + oldest + "\n"},
    {"pinned since", nothing,
     [](World& world) { world.vsphere.vm(second).mark["vmrotate.pinned"] = "audit"; }, oldest,
     "'" + second + "' was not deleted: it is pinned", "", "destroy " + oldest + "\n"},

    // the newest one vouches for the others, and must be fit to
    {"the newest has lost a disk", nothing, newest_is([](Vm& vm) { vm.disks.pop_back(); }), "", "",
     nothing_deleted + "is not fit: the disk scsi0:1 is missing", ""},
    {"a disk of it has shrunk", nothing, newest_is([](Vm& vm) { --vm.disks[0].bytes; }), "", "",
     nothing_deleted + "is not fit: the disk scsi0:0 is smaller than the source's", ""},
    {"its host has lost it", nothing, newest_is([](Vm& vm) { vm.connection = "orphaned"; }), "", "",
     nothing_deleted + "is not fit: vCenter has no connection to it (orphaned)", ""},
    {"it was powered on since", nothing, newest_is([](Vm& vm) { vm.power = vimclient::Power::on; }),
     "", "", nothing_deleted + "is not fit: it is not powered off", ""},
    {"it has vanished", nothing,
     [](World& world) {
         world.vsphere.destroy(world.vsphere.vm(newest).ref);
         world.vsphere.changes.clear();
     },
     "", "", nothing_deleted + "has vanished", ""},
    {"its mark was taken off", nothing, newest_is([](Vm& vm) { vm.mark.clear(); }), "", "",
     nothing_deleted + "no longer carries its mark", ""},
    {"another VM took its place", nothing, newest_is([](Vm& vm) { vm.instance_uuid = "new"; }), "",
     "", nothing_deleted + "no longer carries its mark", ""},
    {"it cannot be read", nothing,
     [](World& world) {
         world.vsphere.fail("read_vms", 1, {Kind::unreachable, "no answer"});
     },
     "", "", "cannot verify the newest generation: no answer", ""},
    {"it breaks after it was verified: the guards see it", nothing,
     [](World& world) {
         world.vsphere.when("vms_in", 1, [&world] { world.vsphere.vm(newest).disks.pop_back(); });
     },
     "", "",
     "'" + oldest +
         "' was not deleted: no newer generation was committed or verified in this run|'" + second +
         "' was not deleted: no newer generation was committed or verified in this run",
     ""},
    {"no good one at all: nothing is due",
     [](World& world) {
         for (const std::string& name : {oldest, second, newest})
             world.vsphere.add_snapshot(world.vsphere.vm(name), "mine");
     },
     nothing, "", "", "", ""},
    {"a reply is lost, and it is gone", nothing,
     [](World& world) { world.vsphere.lose("destroy", 1, Lost::executed); }, oldest + "|" + second,
     "", "", destroy_two},
};

}  // namespace

TEST_CASE("expire_surplus: down to keep, once the newest is verified again")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        world.add_three();
        world.policy.keep = 1;
        c.before(world);
        const auto run = world.run();
        const auto id = job::locate(world.vsphere, run.assignment).id;
        const auto set = job::read_set(world.vsphere, id);
        job::Due due{id, rotation::retention(set, {.keep = world.policy.keep}), set.unread, {}};
        c.after(world);
        job::Expiry outcome;
        CHECK(told([&] { job::expire_surplus(world.vsphere, run, due, outcome); }) == "");
        CHECK(joined(outcome.expired) == c.expired);
        CHECK(joined(outcome.warnings) == c.warnings);
        CHECK(joined(outcome.left_undone) == c.left_undone);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.vsphere.missed() == "");
        if (c.name.ends_with("nothing is read"))
            CHECK(world.vsphere.reads == "");
    }
}

TEST_CASE("expire_surplus: the brake counts what this run has deleted before")
{
    World world;
    world.add_three();
    world.policy.keep = 1;
    const auto run = world.run();
    const auto id = job::locate(world.vsphere, run.assignment).id;
    const auto set = job::read_set(world.vsphere, id);
    const job::Due due{id, rotation::retention(set, {.keep = 1}), "", {}, 2};
    job::Expiry outcome;
    outcome.expired = {"one of before"};
    job::expire_surplus(world.vsphere, run, due, outcome);
    CHECK(joined(outcome.expired) == "one of before|" + oldest);
    CHECK(joined(outcome.warnings) ==
          "'" + second + "' was not deleted: 2 were deleted in this run");
}

TEST_CASE("expire_surplus: where none is good, none vouches for another")
{
    World world;
    world.add_three();
    const auto run = world.run();
    const auto id = job::locate(world.vsphere, run.assignment).id;
    auto decisions = rotation::retention(job::read_set(world.vsphere, id), {.keep = 1});
    for (rotation::Decision& decision : decisions)
        decision.generation.condition = rotation::Condition::set_aside;
    job::Expiry outcome;
    job::expire_surplus(world.vsphere, run, {id, decisions, "", {}}, outcome);
    CHECK(joined(outcome.left_undone) == "nothing was deleted: there is no good generation");
    CHECK(outcome.expired.empty());
    CHECK(world.vsphere.changes == "");
}
