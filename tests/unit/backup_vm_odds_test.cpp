// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a run meets that others, or an odd server, have done.
#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string made = "zz_avocado2-04-201909250241";
const std::string ours = "vmrotate " + id_of(1);

const std::string create = "create_snapshot avocado2\n";
const std::string clone = "clone " + made + "\n";
const std::string let_go = "begin_remove_snapshot snapshot-1\n";
const std::string rest = "reconfigure " + made + " complete\ndestroy zz_avocado2-01-201909220241\n";

struct Case {
    std::string name;
    std::function<void(World&)> arrange;
    std::string told, changes;
    std::string left_undone = {}, snapshots = {};
};

/// What is read to see whether the snapshot is gone fails so many times.
std::function<void(World&)> looks_fail(int times)
{
    return [=](World& world) {
        world.vsphere.when("wait", 1, [&world, times] {
            for (int nth = 1; nth <= times; ++nth)
                world.vsphere.fail("read_vms", nth, {Kind::unreachable, "no answer"});
        });
    };
}

// Three generations stand there, in 01 to 03; a good run makes 04 and lets 01 go.
const std::vector<Case> cases = {
    {"two unfinished copies that nobody may finish are warned of",
     [](World& world) {
         world.add_unfinished(5, 7);
         world.add_unfinished(6, 7);
     },
     "", create + clone + let_go + rest},
    {"three fill the datastore: refused",
     [](World& world) {
         for (const int slot : {5, 6, 7})
             world.add_unfinished(slot, 7);
     },
     "refused: cannot back it up: 3 unfinished copies of it are left, such as "
     "'zz_avocado2-05-201909250241'",
     ""},
    {"another run began a copy before our snapshot: ours withdraws",
     [](World& world) {
         world.vsphere.when("create_snapshot", 1, [&world] { world.add_unfinished(5, 7); });
     },
     "busy: cannot back it up: another run makes the copy 'zz_avocado2-05-201909250241'",
     create + let_go},
    {"somebody removed our snapshot at once: no copy without it",
     [](World& world) {
         world.vsphere.when("read_vms", 2, [&world] { world.source().snapshots.clear(); });
     },
     "failed: cannot go on: the snapshot has vanished", create + let_go},
    {"Ctrl-C, and nobody knows whether the copy goes on: its snapshot stays",
     [](World& world) {
         world.vsphere.when("clone", 1, [&world] { world.stop.request_stop(); });
         world.vsphere.lose("clone", 1, Lost::still_running);
     },
     "interrupted: interrupted, and the copy '" + made + "' may go on: the reply was lost",
     create + clone, "", ours + "\n"},
    {"the snapshot cannot be looked for: looked for again at the end", looks_fail(1), "",
     create + clone + let_go + rest},
};

}  // namespace

TEST_CASE("backup_vm: what it does about what it meets")
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
        CHECK(world.vsphere.snapshots_of("avocado2") == c.snapshots);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("backup_vm: clocks that differ are told, as young generations stay then")
{
    struct Row {
        std::chrono::minutes ahead;
        std::string warnings;
    };
    const std::string differ = "the clocks here and at vCenter differ by ";
    const std::string expires_not = ": above an hour nothing expires\n";
    for (const Row& row : std::vector<Row>{{3min, ""},
                                           {4min, differ + "4 min 00 s" + expires_not},
                                           {-4min, differ + "4 min 00 s" + expires_not}}) {
        World world;
        world.time += row.ahead;
        const auto outcome = job::backup_vm(world.vsphere, world.run());
        INFO("ahead by ", row.ahead.count(), " min");
        CHECK(world.observer.warnings == row.warnings);
        CHECK(outcome.warnings.size() == (row.warnings.empty() ? 0 : 1));
        CHECK(outcome.ok());
    }
}
