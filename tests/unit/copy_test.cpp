// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/copy.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Fault;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string lock_id = id_of(0x10c);

std::string name_of(int slot)
{
    return rotation::compose_name({"zz_", "avocado2"}, slot, "201909250241");
}

std::string clone_of(int slot)
{
    return "clone " + name_of(slot) + "\n";
}

/// A task of the source that has ended and made this VM, or failed.
void add_clone_task(World& world, const std::string& result_id)
{
    world.vsphere.add_task(world.source(), "VirtualMachine.clone");
    auto& task = world.source().tasks.back();
    task.state = result_id.empty() ? vimclient::TaskState::error : vimclient::TaskState::success;
    task.result_id = result_id;
    task.error = result_id.empty() ? "The name already exists." : "";
}

/// Makes the nth copy fail, after something has been done.
void fail_after(World& world, int nth, const Fault& fault, const std::function<void()>& deed)
{
    world.vsphere.when("clone", nth, deed);
    world.vsphere.fail("clone", nth, fault);
}

const Fault full(Kind::no_space, "Insufficient disk space.", "NoDiskSpace");
const Fault taken(Kind::duplicate_name, "The name already exists.", "DuplicateName");
const std::string full_told =
    "failed: cannot make the copy '" + name_of(1) + "': the datastore is full (NoDiskSpace)";

struct Case {
    std::string name;
    std::function<void(World&)> arrange;
    std::string told, copy;  ///< the name of the copy that is handed back
    std::string changes, warnings;
};

const std::vector<Case> cases = {
    {"a copy", [](World&) {}, "", name_of(1), clone_of(1), ""},
    {"a name that is taken: the next slot, never the same name again",
     [](World& world) { world.vsphere.add_vm(name_of(1), "backup"); }, "", name_of(2),
     clone_of(1) + clone_of(2), "the name '" + name_of(1) + "' is taken, trying the next slot\n"},
    {"once round the ring and no further",
     [](World& world) {
         for (const int slot : {1, 2, 3, 4})
             world.vsphere.add_vm(name_of(slot), "backup");
     },
     "failed: cannot make the copy '" + name_of(4) + "': The name '" + name_of(4) +
         "' already exists. (DuplicateName)",
     "", clone_of(1) + clone_of(2) + clone_of(3) + clone_of(4),
     "the name '" + name_of(1) + "' is taken, trying the next slot\nthe name '" + name_of(2) +
         "' is taken, trying the next slot\nthe name '" + name_of(3) +
         "' is taken, trying the next slot\n"},
    {"a copy that fails and leaves nothing behind",
     [](World& world) { world.vsphere.fail("clone", 1, full); }, full_told, "", clone_of(1), ""},

    {"what a failed copy of ours left behind is deleted",
     [](World& world) { fail_after(world, 1, full, [&world] { world.add_unfinished(1, 1); }); },
     full_told, "", clone_of(1) + "destroy " + name_of(1) + "\n", ""},
    {"but not one of another run",
     [](World& world) { fail_after(world, 1, full, [&world] { world.add_unfinished(1, 7); }); },
     full_told, "", clone_of(1), ""},
    {"nor one that somebody works with",
     [](World& world) {
         fail_after(world, 1, full,
                    [&world] { world.add_unfinished(1, 1).power = vimclient::Power::on; });
     },
     full_told, "", clone_of(1),
     "the unfinished copy '" + name_of(1) + "' was not deleted: it is powered on\n"},
    {"nor where two carry the mark of the run: somebody copied one",
     [](World& world) {
         fail_after(world, 1, full, [&world] {
             world.add_unfinished(1, 1);
             world.add_unfinished(2, 1);
         });
     },
     full_told, "", clone_of(1),
     "the unfinished copy '" + name_of(1) +
         "' was not deleted: several VMs carry the mark of its run\nthe unfinished copy '" +
         name_of(2) + "' was not deleted: several VMs carry the mark of its run\n"},
    {"nor counted as gone where the server only says so",
     [](World& world) {
         world.vsphere.destructions_in_vain = 1;
         fail_after(world, 1, full, [&world] { world.add_unfinished(1, 1); });
     },
     full_told, "", clone_of(1) + "destroy " + name_of(1) + "\n",
     "cannot look after what is left of the copy: the server says that it is gone, and it is still "
     "there; it counts as nothing, and the next run tries again\n"},
    {"a folder that cannot be read afterwards is warned of",
     [](World& world) {
         world.vsphere.fail("clone", 1, full);
         world.vsphere.fail("vms_in", 1, {Kind::unreachable, "no answer"});
     },
     full_told, "", clone_of(1),
     "cannot look after what is left of the copy: no answer; it counts as nothing, and the next "
     "run tries again\n"},

    {"Ctrl-C: the task is cancelled",
     [](World& world) {
         world.observer.on_copying = [&world](int percent) {
             if (percent == 50)
                 world.stop.request_stop();
         };
     },
     "cancelled", "", clone_of(1), ""},
    {"Ctrl-C, and the copy ends well all the same",
     [](World& world) {
         world.vsphere.copy_outruns_the_stop = true;
         world.observer.on_copying = [&world](int) { world.stop.request_stop(); };
     },
     "", name_of(1), clone_of(1), ""},

    {"a lost reply, and the copy was made",
     [](World& world) { world.vsphere.lose("clone", 1, Lost::executed); }, "", name_of(1),
     clone_of(1), ""},
    {"a lost reply while the copy goes on: its end is waited for",
     [](World& world) { world.vsphere.lose("clone", 1, Lost::still_running); }, "", name_of(1),
     clone_of(1), ""},
    {"a lost reply, and nothing was made: nothing is sent twice",
     [](World& world) { world.vsphere.lose("clone", 1, Lost::not_executed); },
     "unreachable: cannot tell whether vCenter could make the copy '" + name_of(1) +
         "': the reply was lost",
     "", clone_of(1), ""},
    {"a lost reply, and vCenter does not say what became of it: nothing is sent twice",
     [](World& world) {
         world.vsphere.lose("clone", 1, Lost::executed);
         world.vsphere.fail("read_vms", 2, {Kind::unreachable, "no answer"});
     },
     "unreachable: cannot tell whether vCenter could make the copy '" + name_of(1) +
         "': the reply was lost",
     "", clone_of(1), ""},
    {"Ctrl-C and a lost reply: nobody waits for the copy, or touches it",
     [](World& world) {
         world.vsphere.when("clone", 1, [&world] { world.stop.request_stop(); });
         world.vsphere.lose("clone", 1, Lost::still_running);
     },
     "interrupted: interrupted, and the copy '" + name_of(1) + "' may go on: the reply was lost",
     "", clone_of(1), ""},
    {"a lost reply, and the end of the task is lost too: the copy may go on, and is left alone",
     [](World& world) {
         world.vsphere.lose("clone", 1, Lost::still_running);
         world.vsphere.lose("wait", 1, Lost::not_executed);
     },
     "unreachable: cannot tell whether vCenter could make the copy '" + name_of(1) +
         "': the reply was lost",
     "", clone_of(1), ""},
    {"a lost reply, and the copy has failed",
     [](World& world) {
         world.vsphere.lose("clone", 1, Lost::still_running);
         world.vsphere.fail_task(1, full);
     },
     full_told, "", clone_of(1) + "destroy " + name_of(1) + "\n", ""},
    {"a lost reply, and somebody else's copy of the VM: ours is not confused with it",
     [](World& world) {
         world.vsphere.when("clone", 1, [&world] {
             add_clone_task(world, world.vsphere.add_vm("somebody's copy").ref.id);
         });
         world.vsphere.lose("clone", 1, Lost::executed);
     },
     "", name_of(1), clone_of(1), ""},
    {"a lost reply after a name that was taken: the failed task is not the one to wait for",
     [](World& world) {
         fail_after(world, 1, taken, [&world] { add_clone_task(world, ""); });
         world.vsphere.lose("clone", 2, Lost::still_running);
     },
     "", name_of(2), clone_of(1) + clone_of(2),
     "the name '" + name_of(1) + "' is taken, trying the next slot\n"},
};

/// Takes the snapshot and makes the copy.
job::Copy copy_in(World& world, const job::Run& run, const job::Prepared& prepared)
{
    const auto ref = world.vsphere.add_snapshot(world.source(), "vmrotate " + world.run_id);
    return job::make_copy(world.vsphere, run, prepared, {ref, world.time, true}, lock_id);
}

}  // namespace

TEST_CASE("make_copy: what it sends, hands back and leaves behind")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        const auto run = world.run();
        const auto prepared = prepared_for(world.vsphere, run);
        c.arrange(world);
        std::optional<job::Copy> copy;
        CHECK(told([&] { copy = copy_in(world, run, prepared); }) == c.told);
        CHECK((copy ? copy->vm.name : "") == c.copy);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.observer.warnings == c.warnings);
        CHECK(world.vsphere.missed() == "");
        if (copy && world.vsphere.has_vm(copy->vm.name)) {
            const Vm& made = world.vsphere.vm(copy->vm.name);
            CHECK(copy->vm == made.ref);
            CHECK(rotation::decode(made.mark).mark == copy->mark);
            CHECK(copy->slot == copy->mark.slot);
        }
    }
}

TEST_CASE("make_copy: after a lost reply the next call about the VM is a read")
{
    for (const Lost lost : {Lost::executed, Lost::not_executed, Lost::still_running}) {
        World world;
        const auto run = world.run();
        const auto prepared = prepared_for(world.vsphere, run);
        world.vsphere.lose("clone", 1, lost);
        told([&] { copy_in(world, run, prepared); });
        CHECK(world.vsphere.calls.find(clone_of(1) + "read_vms avocado2\n") != std::string::npos);
    }
}

TEST_CASE("make_copy: the mark says all that is known, and nothing of the source's own")
{
    World world;
    auto old = world.mark(9, 3, 100);
    old.self = world.source().instance_uuid;
    old.pinned = "audit";
    World::set_mark(world.source(), old);
    world.source().annotation = "the shop";
    const auto run = world.run();
    const auto prepared = prepared_for(world.vsphere, run);
    const auto copy = copy_in(world, run, prepared);

    auto expected = world.mark(1, 1, 0);
    expected.state = rotation::State::copying;
    expected.run = world.run_id;
    expected.quiesced = true;
    expected.disks = {{"scsi0:0", std::int64_t{40} << 30}, {"scsi0:1", std::int64_t{10} << 30}};
    const Vm& made = world.vsphere.vm(name_of(1));
    CHECK(rotation::decode(made.mark).mark == expected);
    CHECK(made.mark.count("vmrotate.pinned") == 0);
    CHECK(made.mark.count("vmrotate.self") == 0);
    CHECK(made.annotation.substr(0, 30) == "UNFINISHED backup of 'avocado2");
    CHECK(made.annotation.find("the shop") != std::string::npos);
}

TEST_CASE("make_copy: thin, on another host, from the disks as the snapshot holds them")
{
    World world;
    const auto run = world.run();
    const auto prepared = prepared_for(world.vsphere, run);
    world.vsphere.when("clone", 1, [&world] { world.source().disks.pop_back(); });
    const auto copy = copy_in(world, run, prepared);
    const Vm& made = world.vsphere.vm(name_of(1));
    CHECK(copy.disk_keys.size() == 2);
    CHECK(made.disks.size() == 2);
    for (const vimclient::Disk& disk : made.disks)
        CHECK(disk.thin == true);
    CHECK(made.host_id == world.vsphere.host("esx2").id);
    CHECK(world.observer.progress == "0 50 100 ");
}
