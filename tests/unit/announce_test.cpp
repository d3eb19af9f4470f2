// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/announce.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/note_text.hpp"

using namespace vmrotate;
using vimclient::Fault;
using Kind = vimclient::Fault::Kind;

namespace {

const std::string made = "zz_avocado2-01-201909250241";
const std::string attribute = "set_attribute avocado2 vmrotate.newest = " + made + "\n";
const std::string done = "log_event avocado2 vmrotate: the backup '" + made +
                         "' is complete (slot 01, seq 1), the snapshot was held 0 s";

struct Case {
    std::string name;
    std::function<void(World&)> arrange;
    std::string announced, warnings, note;
};

const std::vector<Case> cases = {
    {"a line for each run, and no attribute unless it is wished for",
     [](World& world) { world.policy.newest_alias = false; }, done + "\n", "", "mine"},
    {"the attribute", [](World&) {}, attribute + done + "\n", "", "mine"},
    {"neither",
     [](World& world) {
         world.policy.newest_alias = false;
         world.policy.event_log = false;
     },
     "", "", "mine"},
    {"without the right to log: nothing is said",
     [](World& world) {
         world.vsphere.fail("log_event", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     attribute + done + "\n", "", "mine"},
    {"a server without custom attributes: its note",
     [](World& world) {
         world.vsphere.fail("set_attribute", 1, {Kind::unsupported, "None here."});
     },
     attribute + done + "\n",
     "cannot set the custom attribute 'vmrotate.newest': None here.; its note names the newest "
     "generation instead\n",
     "mine\n\nvmrotate.newest = " + made},
    {"nor its note",
     [](World& world) {
         world.vsphere.fail("set_attribute", 1, {Kind::privilege, "No.", "NoPermission"});
         world.vsphere.fail("reconfigure", 2, {Kind::privilege, "Nor this.", "NoPermission"});
     },
     attribute + done + "\n",
     "cannot set the custom attribute 'vmrotate.newest': No. (NoPermission); nor its note: cannot "
     "write it into the note: Nor this. (NoPermission)\n",
     "mine"},
    {"a lost reply is no failure",
     [](World& world) { world.vsphere.lose("log_event", 1, FakeVsphere::Lost::executed); },
     attribute + done + "\n", "", "mine"},
};

}  // namespace

TEST_CASE("announce: what people find, and that nothing of it fails a backup")
{
    for (const Case& c : cases) {
        CAPTURE(c.name);
        World world;
        world.policy.newest_alias = true;
        world.source().annotation = "mine";
        c.arrange(world);
        const auto outcome = job::backup_vm(world.vsphere, world.run());
        CHECK(outcome.ok());
        CHECK(world.vsphere.announced == c.announced);
        CHECK(world.observer.warnings == c.warnings);
        CHECK(joined(outcome.warnings) + (c.warnings.empty() ? "" : "\n") == c.warnings);
        CHECK(world.source().annotation == c.note);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("announce: a failure is a line too, where there is a VM and a server")
{
    const auto logged = [](const std::function<void(World&)>& arrange) {
        World world;
        world.policy.newest_alias = true;
        arrange(world);
        CHECK(told([&] { job::backup_vm(world.vsphere, world.run()); }) != "");
        return world.vsphere.announced;
    };
    const std::string begin = "log_event avocado2 vmrotate: no backup was made: ";
    CHECK(logged([](World& world) {
              world.vsphere.fail("clone", 1, {Kind::no_space, "Full.", "NoDiskSpace"});
          }) ==
          begin + "cannot make the copy '" + made + "': the datastore is full (NoDiskSpace)\n");
    CHECK(logged([](World& world) { world.vsphere.datastore("durian").free = 0; }) ==
          begin + "cannot back it up: the datastore 'durian' has 0 B free, 50 GiB are needed\n");
    CHECK(logged([](World& world) { world.stop.request_stop(); }) == begin + "interrupted\n");
    CHECK(logged([](World& world) { world.source().ref.name = "another"; }) == "");
    CHECK(logged([](World& world) {
              world.vsphere.fail("disks_of", 1, {Kind::unreachable, "no answer"});
          }) == "");
}

TEST_CASE("announce: what a run leaves undone is in its line")
{
    World world;
    world.add_three();
    world.vsphere.fail("destroy", 1, {Kind::privilege, "No.", "NoPermission"});
    CHECK_FALSE(job::backup_vm(world.vsphere, world.run()).ok());
    CHECK(world.vsphere.announced ==
          "log_event avocado2 vmrotate: the backup 'zz_avocado2-04-201909250241' is complete (slot "
          "04, seq 4), the snapshot was held 0 s; but: cannot delete "
          "'zz_avocado2-01-201909220241': No. (NoPermission)\n");
}

TEST_CASE("announce: the line in a note")
{
    struct Row {
        std::string note, name, result;
    };
    const std::vector<Row> rows = {
        {"", "", ""},
        {"", "b", "vmrotate.newest = b"},
        {"vmrotate.newest = a", "b", "vmrotate.newest = b"},
        {"mine", "b", "mine\n\nvmrotate.newest = b"},
        {"mine\n\nvmrotate.newest = a", "b", "mine\n\nvmrotate.newest = b"},
        {"mine\n\nvmrotate.newest = a\nmore", "b", "mine\n\nmore\n\nvmrotate.newest = b"},
        {"mine\nvmrotate.newest = a\nvmrotate.newest = c\n", "b", "mine\n\nvmrotate.newest = b"},
        {"mine\n\nvmrotate.newest = a", "", "mine"},
        {"say vmrotate.newest = a", "b", "say vmrotate.newest = a\n\nvmrotate.newest = b"},
        {"mine\n", "", "mine\n"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.note);
        CHECK(job::with_newest(row.note, row.name) == row.result);
    }
    rotation::Mark mark;
    CHECK(job::finished_note(mark, "mine\n\nvmrotate.newest = a") ==
          job::finished_note(mark, "mine"));
}
