// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/commit.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "job/discard.hpp"

using namespace vmrotate;
using vimclient::Fault;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string name = "zz_avocado2-01-201909250241";
const std::string commit_line = "reconfigure " + name + " complete\n";
const std::string mark_line = "reconfigure " + name + " copying\n";
const std::string destroy_line = "destroy " + name + "\n";
const std::string cannot_use = "failed: cannot use the copy '" + name + "': ";
const Fault logged_out(Kind::logon, "The session is not authenticated.", "NotAuthenticated");
const std::string kept = "the unfinished copy '" + name + "' was not deleted: ";

/// What is wrong with the copy before it is read for the first time.
std::function<void(World&)> spoilt(const std::function<void(World&, Vm&)>& spoil)
{
    return [spoil](World& world) { spoil(world, world.vsphere.vm(name)); };
}

struct Case {
    std::string name;
    std::function<void(World&)> arrange;  ///< once the copy has been made
    std::string told, changes;
    std::string warnings;
};

const std::vector<Case> cases = {
    {"a good copy becomes a generation by one call", [](World&) {}, "", commit_line, ""},
    {"one that is not thin does too, with a warning",
     spoilt([](World&, Vm& vm) { vm.disks[0].thin = false; }), "", commit_line,
     "the disk scsi0:0 of the copy is not thin\n"},

    {"short of a disk: deleted", spoilt([](World&, Vm& vm) { vm.disks.pop_back(); }),
     cannot_use + "the disk scsi0:1 is missing", destroy_line, ""},
    {"a smaller disk: deleted", spoilt([](World&, Vm& vm) { --vm.disks[1].bytes; }),
     cannot_use + "the disk scsi0:1 is smaller than the source's", destroy_line, ""},
    {"on the wrong datastore, and our own task made it: deleted",
     spoilt([](World& world, Vm& vm) { world.vsphere.put_on(vm, "mango"); }),
     cannot_use + "the disk scsi0:0 is on the wrong datastore; the disk scsi0:1 is on the wrong "
                  "datastore",
     destroy_line, ""},
    {"a disk in another VM's directory: kept",
     spoilt([](World&, Vm& vm) { vm.disks[1].file = "[durian] other/other.vmdk"; }),
     cannot_use + "the disk scsi0:1 is not in the copy's own folder", "",
     kept + "its disk '[durian] other/other.vmdk' is not in its own folder\n"},
    {"short of a disk, and another VM uses the other: kept", spoilt([](World& world, Vm& vm) {
         vm.disks.pop_back();
         world.vsphere.add_vm("linked").disks[0].parents = {vm.disks[0].file};
     }),
     cannot_use + "the disk scsi0:1 is missing", "", kept + "'vm-3' uses one of its disks\n"},
    {"powered on by somebody: kept",
     spoilt([](World&, Vm& vm) { vm.power = vimclient::Power::on; }),
     cannot_use + "it is not powered off", "", kept + "it is powered on\n"},
    {"with a snapshot: kept",
     spoilt([](World& world, Vm& vm) { world.vsphere.add_snapshot(vm, "mine"); }),
     cannot_use + "it has a snapshot", "", kept + "it has a snapshot\n"},
    {"moved to another folder: kept",
     spoilt([](World& world, Vm& vm) { vm.folder_id = world.source().folder_id; }),
     cannot_use + "it stands in another folder", "", kept + "it is not in the folder\n"},
    {"short of a disk, and it cannot be deleted: warned of",
     [](World& world) {
         world.vsphere.vm(name).disks.pop_back();
         world.vsphere.fail("destroy", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     cannot_use + "the disk scsi0:1 is missing", destroy_line,
     "cannot look after what is left of the copy: No. (NoPermission); it counts as nothing, and "
     "the "
     "next run tries again\n"},
    {"short of a disk, and the server only says that it is gone: warned of",
     [](World& world) {
         world.vsphere.vm(name).disks.pop_back();
         world.vsphere.destructions_in_vain = 1;
     },
     cannot_use + "the disk scsi0:1 is missing", destroy_line,
     "cannot look after what is left of the copy: the server says that it is gone, and it is still "
     "there; it counts as nothing, and the next run tries again\n"},
    {"short of a disk, and the session has ended: deleted with the next one",
     [](World& world) {
         world.vsphere.vm(name).disks.pop_back();
         world.vsphere.fail("destroy", 1, logged_out);
     },
     cannot_use + "the disk scsi0:1 is missing", destroy_line + destroy_line, ""},
    {"short of a disk, and no session lasts: tried once more and no further",
     [](World& world) {
         world.vsphere.vm(name).disks.pop_back();
         world.vsphere.fail("destroy", 1, logged_out);
         world.vsphere.fail("destroy", 2, logged_out);
     },
     cannot_use + "the disk scsi0:1 is missing", destroy_line + destroy_line,
     "cannot look after what is left of the copy: The session is not authenticated. "
     "(NotAuthenticated); it counts as nothing, and the next run tries again\n"},
    {"vanished", [](World& world) { world.vsphere.destroy(world.vsphere.vm(name).ref); },
     "failed: cannot read '" + name + "': it has just been removed", destroy_line, ""},
    {"it cannot be read",
     [](World& world) {
         world.vsphere.fail("read_vms", 1, {Kind::unreachable, "no answer"});
     },
     "unreachable: cannot read '" + name + "': no answer", "", ""},

    {"a server that dropped the mark gets it before the commit",
     [](World& world) { world.vsphere.vm(name).mark.clear(); }, "", mark_line + commit_line, ""},
    {"one that left the source's old mark gets ours", spoilt([](World& world, Vm& vm) {
         auto old = world.mark(9, 3, 100);
         old.self = "somebody";
         old.pinned = "audit";
         World::set_mark(vm, old);
     }),
     "", mark_line + commit_line, ""},
    {"one that is a generation of another run by now is not touched",
     spoilt([](World& world, Vm& vm) {
         auto other = world.mark(9, 3, 0);
         other.self = vm.instance_uuid;
         World::set_mark(vm, other);
     }),
     "refused: cannot mark '" + name + "': it is a generation of another run", "", ""},
    {"short of a disk and of its mark: marked, so that it can be deleted",
     spoilt([](World&, Vm& vm) {
         vm.mark.clear();
         vm.disks.pop_back();
     }),
     cannot_use + "the disk scsi0:1 is missing", mark_line + destroy_line, ""},
    {"the mark cannot be written",
     [](World& world) {
         world.vsphere.vm(name).mark.clear();
         world.vsphere.fail("reconfigure", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: cannot mark the copy: No. (NoPermission)", mark_line,
     "the copy '" + name +
         "' carries no mark and is left: it counts as nothing, delete it in the "
         "vSphere Client\n"},
    {"the reply to the mark is lost: looked after, and it was written",
     [](World& world) {
         world.vsphere.vm(name).mark.clear();
         world.vsphere.lose("reconfigure", 1, Lost::executed);
     },
     "", mark_line + commit_line, ""},

    {"the commit is refused for good: a whole copy is left, for a run that may",
     [](World& world) {
         world.vsphere.fail("reconfigure", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: cannot commit '" + name + "': No. (NoPermission)", commit_line,
     "the copy '" + name + "' is left, and counts as nothing until a later run has finished it\n"},
    {"the server says that it is committed, and it is not",
     [](World& world) { world.vsphere.changes_in_vain = 1; },
     "failed: cannot commit '" + name + "': the server says that it is done, and it is not",
     commit_line,
     "the copy '" + name + "' is left, and counts as nothing until a later run has finished it\n"},
    {"the server is away before the commit is sent: a whole copy is not thrown away",
     [](World& world) {
         world.vsphere.fail("reconfigure", 1, {Kind::unreachable, "Away."});
     },
     "unreachable: cannot commit '" + name + "': Away.", commit_line,
     "the copy '" + name + "' is left, and counts as nothing until a later run has finished it\n"},
    {"the copy is busy for too long: nothing is a generation, nothing is deleted",
     [](World& world) {
         world.vsphere.fail("reconfigure", 1, {Kind::busy, "Busy.", "TaskInProgress"});
     },
     "busy: cannot commit '" + name + "': Busy. (TaskInProgress)", commit_line,
     "the copy '" + name + "' is left, and counts as nothing until a later run has finished it\n"},
    {"the reply to the commit is lost: looked after, and it was done",
     [](World& world) { world.vsphere.lose("reconfigure", 1, Lost::executed); }, "", commit_line,
     ""},
    {"the reply to the commit is lost: looked after, not done, and sent again",
     [](World& world) { world.vsphere.lose("reconfigure", 1, Lost::not_executed); }, "",
     commit_line + commit_line, ""},
    {"lost a second time: that is an error, not a loop",
     [](World& world) {
         world.vsphere.lose("reconfigure", 1, Lost::not_executed);
         world.vsphere.lose("reconfigure", 2, Lost::not_executed);
     },
     "unreachable: cannot tell whether vCenter could commit '" + name + "': the reply was lost",
     commit_line + commit_line,
     "the copy '" + name + "' is left, and counts as nothing until a later run has finished it\n"},
};

/// Everything up to the commit.
job::Copy copy_in(World& world, const job::Run& run, const job::Prepared& prepared)
{
    const auto ref = world.vsphere.add_snapshot(world.source(), "vmrotate " + world.run_id);
    auto copy = job::make_copy(world.vsphere, run, prepared, {ref, world.time, true}, id_of(0x10c));
    world.vsphere.changes.clear();
    world.vsphere.calls.clear();
    return copy;
}

void commit_or_discard(World& world, const job::Run& run, const job::Prepared& prepared,
                       const job::Copy& copy, job::Outcome& outcome)
{
    try {
        job::commit(world.vsphere, run, prepared, copy, outcome);
    } catch (const job::UnfitCopy&) {
        job::discard_copy(world.vsphere, run, prepared, {copy.vm, copy.mark.run, copy.made_here});
        throw;
    }
}

}  // namespace

TEST_CASE("commit: what becomes a generation, and what becomes of the rest")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        const auto run = world.run();
        const auto prepared = prepared_for(world.vsphere, run);
        const auto copy = copy_in(world, run, prepared);
        c.arrange(world);
        job::Outcome outcome;
        CHECK(told([&] { commit_or_discard(world, run, prepared, copy, outcome); }) == c.told);
        CHECK(outcome.generation == (c.told.empty() ? name : ""));
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.observer.warnings == c.warnings);
        CHECK(world.vsphere.missed() == "");
        if (!c.told.empty())
            continue;
        const Vm& made = world.vsphere.vm(name);
        const auto mark = rotation::decode(made.mark).mark;
        CHECK(mark.state == rotation::State::complete);
        CHECK(mark.self == made.instance_uuid);
        CHECK(mark.pinned == "");
    }
}

TEST_CASE("commit: after a lost reply the next call about the copy is a read")
{
    for (const Lost lost : {Lost::executed, Lost::not_executed}) {
        World world;
        const auto run = world.run();
        const auto prepared = prepared_for(world.vsphere, run);
        const auto copy = copy_in(world, run, prepared);
        world.vsphere.lose("reconfigure", 1, lost);
        job::Outcome outcome;
        job::commit(world.vsphere, run, prepared, copy, outcome);
        CHECK(world.vsphere.calls.find(commit_line + "read_vms " + name) != std::string::npos);
    }
}

TEST_CASE("commit: what the outcome tells, and the note that people read")
{
    World world;
    world.policy.nics = config::Nics::disconnected;
    world.source().annotation = "the shop";
    const auto run = world.run();
    const auto prepared = prepared_for(world.vsphere, run);
    const auto copy = copy_in(world, run, prepared);
    job::Outcome outcome;
    job::commit(world.vsphere, run, prepared, copy, outcome);
    CHECK(world.vsphere.changes == "reconfigure " + name + " complete nics\n");
    CHECK(outcome.generation_id == world.vsphere.vm(name).ref.id);
    CHECK(outcome.slot == 1);
    CHECK(outcome.seq == 1);
    CHECK(outcome.quiesced);
    CHECK(outcome.bytes == std::int64_t{50} << 30);
    CHECK(world.vsphere.vm(name).annotation ==
          "Backup of 'avocado2' by vmrotate: generation 1 of set 'default', slot 01, taken "
          "2019-09-25T02:41:00Z.\nIt can be started as it stands; stop or disconnect the original "
          "first. While it runs, no generation of its set is deleted.\n\nThe note of the "
          "source:\nthe shop");
}
