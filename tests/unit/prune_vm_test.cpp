// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/prune_vm.hpp"

#include <string>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;

namespace {

/// Five generations, of which one is to stay.
struct PruneWorld : World {
    PruneWorld()
    {
        for (const int number : {1, 2, 3, 4, 5})
            add_generation(number, number, 6 - number);
        policy.keep = 1;
    }
};

std::string fates(const job::UpkeepPlan& pruning)
{
    std::string text;
    for (const rotation::Decision& decision : pruning.decisions)
        text += decision.fate == rotation::Fate::expire ? "x" : "-";
    return text;
}

}  // namespace

TEST_CASE("prune: all beyond keep go at once, under the lock, once the newest was verified")
{
    PruneWorld world;
    const auto run = world.run();
    const auto pruned = job::prune_vm(world.vsphere, run);
    CHECK(pruned.ok());
    CHECK(pruned.expired.size() == 4);
    CHECK(world.vsphere.names_in("backup") == "zz_avocado2-05-201909240241\n");
    CHECK(world.locked == world.source().instance_uuid + "\n");
    CHECK(world.observer.steps.find("verifying 'zz_avocado2-05-") != std::string::npos);
}

TEST_CASE("prune: the plan says the same and changes nothing")
{
    PruneWorld world;
    CHECK(fates(job::plan_pruning(world.vsphere, world.run())) == "-xxxx");
    CHECK(world.vsphere.changes == "");
    CHECK(world.locked == "");
}

TEST_CASE("prune: a run at work elsewhere is busy, for the plan and for the deed")
{
    PruneWorld world;
    world.add_run_snapshot(world.source(), 77);
    const auto plan = told([&] { job::plan_pruning(world.vsphere, world.run()); });
    const auto deed = told([&] { job::prune_vm(world.vsphere, world.run()); });
    CHECK(plan.starts_with("busy: "));
    CHECK(deed == plan);
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("prune: an unfit newest one, a pin and min_age hold")
{
    PruneWorld world;
    SUBCASE("the newest has lost a disk since it was made: set aside, the next one vouches")
    {
        world.vsphere.vm("zz_avocado2-05-201909240241").disks.pop_back();
        CHECK(fates(job::plan_pruning(world.vsphere, world.run())) == "--xxx");
    }
    SUBCASE("a disk of the newest has shrunk")
    {
        --world.vsphere.vm("zz_avocado2-05-201909240241").disks[0].bytes;
        const auto pruned = job::prune_vm(world.vsphere, world.run());
        REQUIRE(pruned.left_undone.size() == 1);
        CHECK((pruned.left_undone[0].kind() == ErrorKind::refused));
        CHECK(world.vsphere.changes == "");
    }
    SUBCASE("pinned")
    {
        world.vsphere.vm("zz_avocado2-01-201909200241").mark["vmrotate.pinned"] = "audit";
        CHECK(job::prune_vm(world.vsphere, world.run()).expired.size() == 3);
        CHECK(world.vsphere.has_vm("zz_avocado2-01-201909200241"));
    }
    SUBCASE("younger than min_age")
    {
        world.policy.min_age = std::chrono::hours(24 * 3);
        const auto pruned = job::prune_vm(world.vsphere, world.run());
        CHECK(pruned.expired.size() == 3);
        CHECK(pruned.warnings.size() == 1);
    }
}
