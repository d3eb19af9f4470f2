// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/joining.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

struct Case {
    std::string name;
    std::function<void(World&)> arrange;
    std::string told;
};

const std::vector<Case> cases = {
    {"a set at rest", [](World&) {}, ""},
    {"the snapshot of a run that was cut short",
     [](World& world) {
         world.add_run_snapshot(world.source(), 7);
         world.pass(1h);
     },
     "busy: a run was cut short and has left something: its run was cut short"},
    {"its copy, which ended well",
     [](World& world) { world.vsphere.set_copied(world.add_unfinished(4, 7), world.time); },
     "busy: a run was cut short and has left something: its copy ended well at "
     "2019-09-25T02:41:00Z"},
    {"its copy, of which nobody knows", [](World& world) { world.add_unfinished(4, 7); },
     "busy: a run was cut short and has left something: nothing tells that its copy ended well"},
    {"copies that healing would leave as they are",
     [](World& world) {
         world.add_unfinished(4, 7);
         world.add_unfinished(5, 7);
     },
     ""},
    {"a run that may be at work", [](World& world) { world.add_run_snapshot(world.source(), 7); },
     "busy: a run may be at work on it: run " + id_of(7) + ", which left the snapshot 'vmrotate " +
         id_of(7) +
         "': its last sign, of 2019-09-25T02:41:00Z, is younger than the grace of 15 min"},
    {"a generation that cannot be read",
     [](World& world) { world.vsphere.vm("zz_avocado2-02-201909230241").readable = false; },
     "refused: 'zz_avocado2-02-201909230241', which may belong to the set, cannot be read"},
};

}  // namespace

TEST_CASE("survey_at_rest: nothing joins a set that a run has yet to put in order")
{
    const TestLock held;
    const job::SourceLock* const none = nullptr;
    for (const Case& c : cases)
        for (const job::SourceLock* lock : {none, static_cast<const job::SourceLock*>(&held)}) {
            INFO("case: ", c.name, lock == nullptr ? ", without the lock" : ", with the lock");
            World world;
            world.add_three();
            c.arrange(world);
            std::size_t generations = 0;
            CHECK(told([&] {
                      generations = job::survey_at_rest(world.vsphere, world.run(), lock)
                                        .set.generations.size();
                  }) == c.told);
            CHECK(generations == (c.told.empty() ? 3 : 0));
            CHECK(world.vsphere.changes == "");
            CHECK(world.locked == "");
        }
}
