// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/hand_over.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using Lost = FakeVsphere::Lost;

namespace {

/// Three generations of an avocado2 that is gone, and another avocado2.
struct OrphanWorld : World {
    OrphanWorld()
    {
        add_three();
        former = source().instance_uuid;
        source().instance_uuid = "the new one";
    }

    job::HandOver plan() { return job::plan_hand_over(vsphere, run(), former, nullptr); }

    std::string hand_over()
    {
        done = {};
        return told([&] { job::hand_over(vsphere, run(), plan(), done); });
    }

    std::string members()
    {
        const auto set = job::read_set(vsphere, job::locate(vsphere, run().assignment).id);
        std::string text;
        for (const rotation::Generation& generation : set.generations)
            text +=
                fmt::format("{}{}:{}", text.empty() ? "" : " ", generation.seq, generation.slot);
        return text;
    }

    std::string former;
    job::Joined done;
};

}  // namespace

TEST_CASE("hand_over: the set belongs to the new source, with its numbers")
{
    OrphanWorld world;
    CHECK(world.members() == "");
    CHECK(world.hand_over() == "");
    CHECK(world.members() == "3:3 2:2 1:1");
    CHECK(world.done.joined.size() == 3);
    CHECK(world.done.moved_up.empty());
    for (const vimclient::Vm& vm : world.vsphere.vms_in("group-v-2"))
        CHECK(rotation::decode(vm.mark).mark.run.starts_with("0000000000000000000000000000090"));
}

TEST_CASE("hand_over: generations of the new source stay the newest")
{
    OrphanWorld world;
    world.add_generation(1, 4, 0);
    CHECK(world.hand_over() == "");
    CHECK(world.members() == "4:4 3:3 2:2 1:1");
    CHECK(world.done.moved_up.size() == 1);
}

TEST_CASE("hand_over: only looking changes nothing")
{
    OrphanWorld world;
    CHECK(world.plan().steps.size() == 3);
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("hand_over: cut short it goes on where it was")
{
    OrphanWorld world;
    world.vsphere.when("reconfigure", 1, [&] { world.stop.request_stop(); });
    CHECK(world.hand_over().starts_with("interrupted: "));
    CHECK(world.members() == "3:3");
    world.stop = {};
    world.vsphere.lose("reconfigure", 1, Lost::executed);
    CHECK(world.hand_over() == "");
    CHECK(world.members() == "3:3 2:2 1:1");
}

TEST_CASE("hand_over: in doubt it refuses, and nothing is changed")
{
    struct Case {
        std::string name;
        std::function<void(OrphanWorld&)> before;
        std::string error;
    };
    const std::string deed = "refused: cannot hand the set over: ";
    const std::vector<Case> cases = {
        {"the former source exists under another name",
         [](OrphanWorld& world) { world.vsphere.add_vm("renamed").instance_uuid = world.former; },
         deed + "its source still exists: 'renamed'"},
        {"a VM cannot be read, and may be it",
         [](OrphanWorld& world) { world.vsphere.add_vm("lost").readable = false; },
         deed + "'lost' cannot be read, and may be its source"},
        {"the VM's own identity",
         [](OrphanWorld& world) { world.former = world.source().instance_uuid; },
         deed + "that is the VM's own instanceUuid"},
        {"nobody's identity", [](OrphanWorld& world) { world.former = "nobody"; },
         deed + "no generation in 'backup' is of a source with the instanceUuid 'nobody'"},
        {"another set's",
         [](OrphanWorld& world) { world.policy.set = "weekly", world.policy.prefix = "zw_"; },
         deed + "no generation in 'backup' is of a source with the instanceUuid "},
        {"a member cannot be read",
         [](OrphanWorld& world) {
             world.vsphere.vm("zz_avocado2-01-201909220241").readable = false;
         },
         "refused: 'zz_avocado2-01-201909220241', which may belong to the set, cannot be read"},
        {"a run may be at work",
         [](OrphanWorld& world) { world.add_run_snapshot(world.source(), 77); }, "busy: "},
        {"it was taken over meanwhile",
         [](OrphanWorld& world) {
             world.vsphere.when("read_vms", 3, [&world] {
                 world.vsphere.vm("zz_avocado2-03-201909240241").mark["vmrotate.source"] = "third";
             });
         },
         "refused: 'zz_avocado2-03-201909240241': cannot hand it over: it belongs to another set "
         "now"},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        OrphanWorld world;
        c.before(world);
        const std::string error = world.hand_over();
        CHECK(error.substr(0, c.error.size()) == c.error);
        CHECK(world.vsphere.changes == "");
    }
}
