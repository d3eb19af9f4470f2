// SPDX-License-Identifier: GPL-3.0-or-later
#include <doctest/doctest.h>

#include <algorithm>

#include "fakes/night.hpp"

using namespace vmrotate;
using Moment = FakeVsphere::Moment;

namespace {

const Moment moments[] = {Moment::before, Moment::during, Moment::after};

/// Nothing of ours is left but generations.
void check_healed(Night& night, std::size_t generations)
{
    const auto set = night.set();
    CHECK(night.vsphere.snapshots_of("avocado2") == "");
    CHECK(set.unfinished.empty());
    CHECK(set.generations.size() == generations);
    for (const auto& generation : set.generations)
        CHECK(generation.condition == rotation::Condition::good);
}

}  // namespace

TEST_CASE("heal: killed at any call, the next run makes it good")
{
    int cells = 0;
    for (const Moment moment : moments)
        for (int nth = 1;; ++nth, ++cells) {
            Night night;
            if (!night.dies_at(nth, moment))
                break;
            INFO("killed at call ", nth, ", moment ", static_cast<int>(moment), "\n",
                 night.vsphere.calls);
            job::Outcome outcome;
            REQUIRE(told([&] { outcome = night.back_up(); }) == "");
            CHECK(outcome.ok());
            check_healed(night, 3);
        }
    CHECK(cells >= 45);
}

TEST_CASE("heal: clean does the same without a backup")
{
    for (const Moment moment : moments)
        for (int nth = 1;; ++nth) {
            Night night;
            if (!night.dies_at(nth, moment))
                break;
            INFO("killed at call ", nth, ", moment ", static_cast<int>(moment));
            job::Cleaning cleaning;
            REQUIRE(told([&] { cleaning = night.clean(); }) == "");
            CHECK(cleaning.ok());
            check_healed(night, 3);
            const auto changes = night.vsphere.changes;
            CHECK(night.clean().healed.empty());
            CHECK(night.vsphere.changes == changes);
        }
}

TEST_CASE("heal: killed at any call, and again while it heals, at any call")
{
    for (int first = 1;; ++first) {
        if (Night night; !night.dies_at(first, Moment::during))
            break;
        for (int nth = 1;; ++nth) {
            Night night;
            CHECK(night.dies_at(first, Moment::during));
            if (!night.dies_at(nth, Moment::during))
                break;
            INFO("killed at call ", first, ", then at ", nth);
            REQUIRE(told([&] { night.back_up(); }) == "");
            check_healed(night, 3);
        }
    }
}

TEST_CASE("heal: a plan changes nothing, and says what the run then does")
{
    for (int nth = 1;; ++nth) {
        Night night;
        if (!night.dies_at(nth, Moment::after))
            break;
        night.vsphere.end_tasks();
        const auto before = night.vsphere.changes;
        const auto plan = job::plan_cleaning(night.vsphere, night.run());
        CHECK(night.vsphere.changes == before);
        INFO("killed at call ", nth);
        CHECK(night.clean().healed.size() == plan.recovery.steps.size());
    }
}

TEST_CASE("heal: a copy without proof is deleted, however whole it looks")
{
    Night night;
    night.vsphere.kill("clone", 1, Moment::during);
    CHECK_THROWS_AS(night.back_up(), fakes::Killed);
    night.vsphere.revive();
    night.vsphere.lose_tasks();
    const auto cleaning = night.clean();
    CHECK(cleaning.ok());
    REQUIRE(cleaning.healed.size() == 2);
    CHECK(cleaning.healed[1].find("deleted the unfinished copy") == 0);
    check_healed(night, 3);
}

TEST_CASE("heal: what a guard keeps is left, told, and stops no backup")
{
    Night night;
    night.vsphere.kill("clone", 1, Moment::during);
    CHECK_THROWS_AS(night.back_up(), fakes::Killed);
    night.vsphere.revive();
    night.vsphere.lose_tasks();
    const std::string name = night.set().unfinished.at(0).name;
    night.vsphere.vm(name).power = vimclient::Power::on;
    const auto outcome = night.back_up();
    CHECK(outcome.ok());
    REQUIRE(!outcome.warnings.empty());
    CHECK(outcome.warnings[0].find("'" + name + "' is left") != std::string::npos);
    CHECK(outcome.warnings[0].find("it is powered on") != std::string::npos);
    CHECK(night.vsphere.has_vm(name));
    CHECK(night.vsphere.snapshots_of("avocado2") == "");
}

TEST_CASE("heal: two VMs with one run's mark: neither is touched")
{
    Night night;
    night.vsphere.kill("clone", 1, Moment::after);
    CHECK_THROWS_AS(night.back_up(), fakes::Killed);
    night.vsphere.revive();
    night.vsphere.end_tasks();
    const auto original = night.vsphere.vm(night.set().unfinished.at(0).name);
    vimclient::Vm& twin = night.vsphere.add_vm("zz_avocado2-09-201909250241", "backup");
    night.vsphere.put_on(twin, "durian");
    twin.power = vimclient::Power::off;
    twin.mark = original.mark;
    twin.mark["vmrotate.slot"] = "9";
    const auto cleaning = night.clean();
    CHECK_FALSE(cleaning.ok());
    CHECK(cleaning.left_undone.size() == 2);
    CHECK(night.vsphere.has_vm(original.ref.name));
    CHECK(night.vsphere.has_vm(twin.ref.name));
}

TEST_CASE("heal: a snapshot that cannot be removed is a failure, and no further one is taken")
{
    Night night;
    night.vsphere.kill("clone", 1, Moment::before);
    CHECK_THROWS_AS(night.back_up(), fakes::Killed);
    night.vsphere.revive();
    night.vsphere.removals_in_vain = 99;
    CHECK(told([&] { night.back_up(); }).find("failed: cannot remove the snapshot") == 0);
    CHECK(std::ranges::count(night.vsphere.snapshots_of("avocado2"), '\n') == 1);
}

TEST_CASE("heal: a snapshot with our word in it that we did not write is left alone, and told")
{
    Night night;
    night.vsphere.add_snapshot(night.source(), "vmrotate " + id_of(7), "by hand");
    const auto cleaning = night.clean();
    CHECK(cleaning.ok());
    REQUIRE(cleaning.left_alone.size() == 1);
    CHECK(cleaning.left_alone[0].name == "vmrotate " + id_of(7));
    CHECK(night.vsphere.changes == "");
}

TEST_CASE("heal: the run that was taken for dead goes on, and does no harm")
{
    Night night;
    night.begin();
    bool healed = false;
    // While it is at the removal, another one has finished its copy and made one of its own.
    night.vsphere.when("begin_remove_snapshot", 1, [&] {
        if (std::exchange(healed, true))
            return;
        const auto id = night.run_id;
        night.clean();
        night.run_id = id;
    });
    job::Outcome outcome;
    CHECK(told([&] { outcome = job::backup_vm(night.vsphere, night.run()); }) == "");
    CHECK(healed);
    check_healed(night, 3);
}
