// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/adopt_vm.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

struct AdoptWorld : World {
    std::vector<std::string> folders;

    /// A clone of the script before us, switched off, on the datastore of the copies.
    Vm& add_clone(int slot, int days_ago, const std::string& folder = "backup")
    {
        Vm& vm =
            vsphere.add_vm(rotation::compose_name({"zz_", "avocado2"}, slot,
                                                  stamp_of(time - std::chrono::days(days_ago))),
                           folder);
        vsphere.put_on(vm, "durian");
        vm.power = vimclient::Power::off;
        return vm;
    }

    job::Adoption plan() { return job::plan_adoption(vsphere, run(), folders, nullptr); }

    std::string adopt()
    {
        done = {};
        return told([&] { job::adopt(vsphere, run(), plan(), TestLock().id(), done); });
    }

    /// "3: zz_...|2: zz_...", newest first, as the next run sees it.
    std::string members()
    {
        const auto set = job::read_set(vsphere, job::locate(vsphere, run().assignment).id);
        std::string text;
        for (const rotation::Generation& generation : set.generations)
            text +=
                fmt::format("{}{}: {}", text.empty() ? "" : "|", generation.seq, generation.name);
        return text;
    }

    job::Joined done;
};

const std::string older = "zz_avocado2-01-201909150241";
const std::string newer = "zz_avocado2-02-201909160241";

struct Obstacle {
    std::string name;
    std::function<void(AdoptWorld&, Vm&)> change;
    std::string reasons;
};

const std::vector<Obstacle> obstacles = {
    {"a clone as it should be", [](AdoptWorld&, Vm&) {}, ""},
    {"powered on", [](AdoptWorld&, Vm& vm) { vm.power = vimclient::Power::on; },
     "it is not powered off"},
    {"suspended", [](AdoptWorld&, Vm& vm) { vm.power = vimclient::Power::suspended; },
     "it is not powered off"},
    {"a template", [](AdoptWorld&, Vm& vm) { vm.is_template = true; }, "it is a template"},
    {"a snapshot", [](AdoptWorld& world, Vm& vm) { world.vsphere.add_snapshot(vm, "mine"); },
     "it has a snapshot"},
    {"another datastore", [](AdoptWorld& world, Vm& vm) { world.vsphere.put_on(vm, "mango"); },
     "the disk scsi0:0 is on the wrong datastore; the disk scsi0:1 is on the wrong datastore"},
    {"a disk elsewhere", [](AdoptWorld&, Vm& vm) { vm.disks[1].file = "[durian] a/a.vmdk"; },
     "the disk scsi0:1 is not in the copy's own folder"},
    {"a linked clone", [](AdoptWorld&, Vm& vm) { vm.disks[0].parents = {"[durian] b/b.vmdk"}; },
     "the disk scsi0:0 depends on another file: it is no full copy"},
    {"somebody uses its disk",
     [](AdoptWorld& world, Vm& vm) {
         world.vsphere.add_vm("linked").disks[0].parents = {vm.disks[0].file};
     },
     "another VM uses one of its disks"},
    {"no disks", [](AdoptWorld&, Vm& vm) { vm.disks.clear(); }, "it has no disks"},
    {"a task", [](AdoptWorld& world, Vm& vm) { world.vsphere.add_task(vm, "a.task"); },
     "a task is at work on it"},
    {"a damaged mark", [](AdoptWorld&, Vm& vm) { vm.mark["vmrotate.seq"] = "7"; },
     "it carries a mark of vmrotate"},
    {"the mark of a generation of which it is a copy",
     [](AdoptWorld& world, Vm& vm) {
         auto mark = world.mark(1, 1, 10);
         mark.self = "another";
         World::set_mark(vm, mark);
     },
     "it carries a mark of vmrotate"},
    {"the source's identity",
     [](AdoptWorld& world, Vm& vm) { vm.instance_uuid = world.source().instance_uuid; },
     "it has no identity of its own (instanceUuid)"},
    {"a VM that is backed up itself",
     [](AdoptWorld& world, Vm& vm) { world.sources.push_back(vm.ref.name); },
     "it is itself a VM that is backed up"},
};

struct Deed {
    std::string name;
    std::function<void(AdoptWorld&)> before;
    std::string error, members;
};

const std::string both = "2: " + newer + "|1: " + older;

const std::vector<Deed> deeds = {
    {"all goes well", [](AdoptWorld&) {}, "", both},
    {"a lost reply to the move, done",
     [](AdoptWorld& world) { world.vsphere.lose("move_into_folder", 1, Lost::executed); }, "",
     both},
    {"a lost reply to the move, not done: sent once more",
     [](AdoptWorld& world) { world.vsphere.lose("move_into_folder", 1, Lost::not_executed); }, "",
     both},
    {"lost twice: given up, the other one stays adopted",
     [](AdoptWorld& world) {
         world.vsphere.lose("move_into_folder", 1, Lost::not_executed);
         world.vsphere.lose("move_into_folder", 2, Lost::not_executed);
     },
     "unreachable: '" + older +
         "': cannot tell whether vCenter could move it into the folder 'backup': the reply was "
         "lost",
     "2: " + newer},
    {"a lost reply to the mark",
     [](AdoptWorld& world) { world.vsphere.lose("reconfigure", 2, Lost::executed); }, "", both},
    {"the move is refused",
     [](AdoptWorld& world) {
         world.vsphere.fail("move_into_folder", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: '" + older + "': cannot move it into the folder 'backup': No. (NoPermission)",
     "2: " + newer},
    {"the newer one fails: the older is not begun, its number relies on it",
     [](AdoptWorld& world) {
         world.vsphere.fail("reconfigure", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: '" + newer + "': cannot adopt it: No. (NoPermission)", ""},
    {"somebody starts it meanwhile",
     [](AdoptWorld& world) {
         world.vsphere.when("reconfigure", 1,
                            [&world] { world.vsphere.vm(older).power = vimclient::Power::on; });
     },
     "refused: '" + older + "': cannot adopt it: it is not powered off", "2: " + newer},
    {"Ctrl-C between two",
     [](AdoptWorld& world) {
         world.vsphere.when("reconfigure", 1, [&world] { world.stop.request_stop(); });
     },
     "interrupted: interrupted before '" + older + "': what was done holds", "2: " + newer},
};

}  // namespace

TEST_CASE("adopt: what stands against a clone")
{
    for (const Obstacle& c : obstacles) {
        INFO("case: ", c.name);
        AdoptWorld world;
        auto& vm = world.add_clone(1, 10);
        c.change(world, vm);
        const auto adoption = world.plan();
        REQUIRE(adoption.candidates.size() == 1);
        CHECK(fmt::format("{}", fmt::join(adoption.candidates[0].obstacles, "; ")) == c.reasons);
        CHECK(adoption.steps.size() == (c.reasons.empty() ? 1 : 0));
        CHECK(world.vsphere.changes == "");
    }
}

TEST_CASE("adopt: while one of the folder cannot be read, nothing is adopted")
{
    AdoptWorld world;
    world.add_clone(1, 10).connection = "orphaned";
    CHECK(told([&] { world.plan(); }).find("cannot be read") != std::string::npos);
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("adopt: only names of exactly this source and prefix are looked at")
{
    AdoptWorld world;
    for (const char* name : {"zz_avocado20-01-201909150241", "zw_avocado2-01-201909150241",
                             "zz_avocado2-01-2019091502", "azz_avocado2-01-201909150241",
                             "zz_avocado2-01-201913150241"})
        world.vsphere.add_vm(name, "backup");
    CHECK(world.plan().candidates.empty());
}

TEST_CASE("adopt: generations and unfinished copies are no candidates")
{
    AdoptWorld world;
    world.add_generation(1, 1, 1);
    CHECK(world.plan().candidates.empty());
}

TEST_CASE("adopt: moves what is elsewhere, marks it, in order")
{
    for (const Deed& c : deeds) {
        INFO("case: ", c.name);
        AdoptWorld world;
        world.vsphere.add_folder("old");
        world.folders = {"old"};
        world.add_clone(1, 10, "old");
        world.add_clone(2, 9);
        c.before(world);
        CHECK(world.adopt() == c.error);
        CHECK(world.members() == c.members);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("adopt: the whole mark is written, as a backup would have")
{
    AdoptWorld world;
    auto& vm = world.add_clone(7, 10);
    vm.annotation = "of the source";
    CHECK(world.adopt() == "");
    const auto mark = rotation::decode(vm.mark).mark;
    auto wanted = world.mark(1, 7, 10);
    wanted.run = world.run_id;
    wanted.self = vm.instance_uuid;
    for (const vimclient::Disk& disk : vm.disks)
        wanted.disks.push_back({disk.address, disk.bytes});
    CHECK((mark == wanted));
    CHECK(vm.annotation.starts_with("Backup of 'avocado2' by vmrotate: generation 1"));
    CHECK(vm.annotation.ends_with("The note of the source:\nof the source"));
    CHECK(world.done.joined == std::vector<std::string>{vm.ref.name});
}

TEST_CASE("adopt: what is there moves up, and a pin that is set meanwhile stays")
{
    AdoptWorld world;
    auto& there = world.add_generation(1, 1, 1);
    world.add_clone(2, 9);
    const auto adoption = world.plan();
    there.mark["vmrotate.pinned"] = "audit";
    job::adopt(world.vsphere, world.run(), adoption, TestLock().id(), world.done);
    CHECK(world.members() == "3: " + there.ref.name + "|2: " + newer);
    CHECK(there.mark["vmrotate.pinned"] == "audit");
    CHECK(world.done.moved_up == std::vector<std::string>{there.ref.name});
}

TEST_CASE("adopt: a folder that is missing is made where the policy allows it")
{
    AdoptWorld world;
    world.policy.folder = "new";
    world.folders = {"backup"};
    world.add_clone(1, 10);
    CHECK(told([&] { world.plan(); }).starts_with("usage: cannot find the folder 'new'"));
    world.policy.create_folder = true;
    CHECK(world.adopt() == "");
    CHECK(world.vsphere.names_in("new") == older + "\n");
}

TEST_CASE("adopt: in doubt it refuses")
{
    AdoptWorld world;
    world.add_clone(1, 10);
    SUBCASE("a run may be at work")
    {
        world.add_run_snapshot(world.source(), 77);
        CHECK(told([&] { world.plan(); }).starts_with("busy: "));
    }
    SUBCASE("one that may belong to the set cannot be read")
    {
        world.add_generation(1, 1, 1).readable = false;
        CHECK(told([&] { world.plan(); }).starts_with("refused: 'zz_avocado2-01-201909240241'"));
    }
    SUBCASE("the numbers are used up")
    {
        world.add_generation(rotation::highest_number, 2, 20);
        CHECK(told([&] { world.plan(); }) ==
              "refused: cannot adopt: the numbers of the set are used up");
    }
    SUBCASE("the inventory cannot be read")
    {
        world.vsphere.fail("vm_names", 2, {Kind::unreachable, "no answer"});
        CHECK(told([&] { world.plan(); }) == "unreachable: cannot list the VMs: no answer");
    }
    CHECK(world.vsphere.changes == "");
}
