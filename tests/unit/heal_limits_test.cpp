// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where healing ends: what it cannot finish, whom it waits for and for how long.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/night.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using Kind = vimclient::Fault::Kind;
using Moment = FakeVsphere::Moment;

namespace {

const std::string name = "zz_avocado2-04-201909250242";
const std::string snapshot = "vmrotate " + id_of(1);
const std::string removed = "removed the snapshot '" + snapshot + "': its run was cut short";
const std::string left = "the unfinished copy '" + name + "' is left: ";

const std::string remove_line = "begin_remove_snapshot snapshot-1\n";
const std::string commit_line = "reconfigure " + name + " complete\n";
const std::string destroy_line = "destroy " + name + "\n";

using Deed = std::function<void(Night&)>;

/// Somebody does that once the snapshot goes, which is before the copy is looked after.
Deed then(const Deed& deed)
{
    return [=](Night& night) {
        night.vsphere.when("begin_remove_snapshot", 1, [&night, deed] { deed(night); });
    };
}

struct Case {
    std::string name;
    Moment killed;  ///< in the call of the copy: only after it there is proof that it is whole
    Deed arrange;
    std::string told, changes;
    std::string healed, left_undone = {};
};

void stop(Night& night)
{
    night.stop.request_stop();
}

const std::vector<Case> cases = {
    {"a copy with proof that is short of a disk is undone", Moment::after,
     [](Night& night) { night.vsphere.vm(name).disks.pop_back(); }, "", remove_line + destroy_line,
     removed + "|deleted the unfinished copy '" + name + "': cannot use the copy '" + name +
         "': the disk scsi0:1 is missing"},
    {"one that cannot be undone either is left", Moment::after,
     [](Night& night) { night.vsphere.vm(name).power = vimclient::Power::on; }, "", remove_line,
     removed,
     left + "cannot use the copy '" + name +
         "': it is not powered off, and it was not deleted: it is powered on"},
    {"a commit that is not done, whatever the server says: left for the next run", Moment::after,
     [](Night& night) { night.vsphere.changes_in_vain = 1; }, "", remove_line + commit_line,
     removed,
     left + "cannot commit '" + name + "': the server says that it is done, and it is not"},
    {"one that became somebody's generation meanwhile is left", Moment::after,
     then([](Night& night) {
         auto mark = night.mark(9, 4, 0);
         mark.self = night.vsphere.vm(name).instance_uuid;
         World::set_mark(night.vsphere.vm(name), mark);
     }),
     "", remove_line, removed,
     left + "cannot mark '" + name + "': it is a generation of another run"},
    {"a commit that nobody may do ends the run", Moment::after,
     [](Night& night) {
         night.vsphere.fail("reconfigure", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "privilege: cannot commit '" + name + "': No. (NoPermission)", remove_line + commit_line, ""},
    {"Ctrl-C while the snapshot goes: the copy is not begun", Moment::after, then(stop),
     "cancelled", remove_line, ""},

    {"a copy without proof that has left the folder is nobody's", Moment::during,
     [](Night& night) {
         night.vsphere.lose_tasks();
         then([](Night& now) { now.vsphere.vm(name).folder_id = now.source().folder_id; })(night);
     },
     "", remove_line, removed + "|the unfinished copy '" + name + "' is no longer in the folder"},
    {"Ctrl-C while the copy of the dead run goes on: nothing is touched", Moment::during,
     [](Night& night) { night.on_pause = [&night] { stop(night); }; }, "cancelled", "", ""},
    {"a copy of a dead run that never ends is not waited for without end", Moment::during,
     [](Night& night) {
         night.policy.task_limit = 2h;
         night.on_pause = {};
     },
     "busy: cannot heal it: a task of a run that was cut short still runs after 2 h 00 min", "",
     ""},
};

}  // namespace

TEST_CASE("heal: what becomes of a copy that cannot be finished")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Night night;
        REQUIRE(night.dies_in("clone", 1, c.killed));
        night.vsphere.changes.clear();
        night.begin();
        c.arrange(night);
        job::Cleaning cleaning;
        CHECK(told([&] { cleaning = job::clean_vm(night.vsphere, night.run()); }) == c.told);
        CHECK(night.vsphere.changes == c.changes);
        CHECK(joined(cleaning.healed) == c.healed);
        std::string left_undone;
        for (const Error& error : cleaning.left_undone)
            left_undone += error.what();
        CHECK(left_undone == c.left_undone);
        CHECK(night.vsphere.has_vm(name) == (c.changes.find(destroy_line) == std::string::npos));
        CHECK(night.vsphere.missed() == "");
    }
}

TEST_CASE("heal: another task than a copy is waited for as for a VM that is busy")
{
    Night night;
    REQUIRE(night.dies_in("begin_remove_snapshot", 1, Moment::during));
    night.begin();
    night.policy.task_wait = 5min;
    night.on_pause = {};
    const auto before = night.steady;
    CHECK(told([&] { job::clean_vm(night.vsphere, night.run()); }) ==
          "busy: cannot heal it: a task of a run that was cut short still runs after 5 min 00 s");
    CHECK(night.steady - before >= 5min);
    CHECK(night.steady - before < 6min);
}

TEST_CASE("heal: a snapshot that a dead run's task has yet to make is waited for, and goes")
{
    Night night;
    REQUIRE(night.dies_in("create_snapshot", 1, Moment::during));
    CHECK(night.vsphere.snapshots_of("avocado2") == "");
    CHECK(joined(night.clean().healed) == removed);
    CHECK(night.vsphere.snapshots_of("avocado2") == "");
    CHECK(night.vsphere.changes == "create_snapshot avocado2\n" + remove_line);
}

TEST_CASE("heal: where the folder was never made there is no copy to look for")
{
    World world;
    world.policy.folder = "not yet";
    world.policy.create_folder = true;
    world.add_run_snapshot(world.source(), 1);
    world.pass(1h);
    CHECK(joined(job::clean_vm(world.vsphere, world.run()).healed) == removed);
    CHECK(world.vsphere.snapshots_of("avocado2") == "");
    CHECK(world.vsphere.reads.find("vms_in") == std::string::npos);
}

TEST_CASE("clean: a VM that only looks like a generation is named, and stays")
{
    Night night;
    night.vsphere.add_vm(name, "backup");
    const auto plan = job::plan_cleaning(night.vsphere, night.run());
    const auto cleaning = night.clean();
    for (const auto* left_alone : {&plan.left_alone, &cleaning.left_alone}) {
        REQUIRE(left_alone->size() == 1);
        CHECK(left_alone->front().name == name);
        CHECK(left_alone->front().reason == "is named like a generation and carries no mark");
    }
    CHECK(night.vsphere.changes == "");
}
