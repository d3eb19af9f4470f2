// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/further.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include "config/places.hpp"
#include "fakes/night.hpp"
#include "job/prune_vm.hpp"

using namespace vmrotate;
using Moment = FakeVsphere::Moment;
using Kind = vimclient::Fault::Kind;

namespace {

/// A VM with a further place, and three generations in both.
struct TwoPlaces : Night {
    explicit TwoPlaces(int nights = 3)
    {
        vsphere.add_datastore("fig");
        policy.copies = {{.datastore = "fig", .folder = {}, .prefix = {}, .set = {}}};
        while (runs < nights)
            REQUIRE(back_up().ok());
        vsphere.changes.clear();
    }

    job::Run run_there()
    {
        auto there = run();
        there.assignment = config::places_of(there.assignment).at(1);
        return there;
    }

    rotation::Set set_there() { return job::survey(vsphere, run_there()).set; }
};

/// Whoever copies on first waits long, and meanwhile something happens.
struct LongQueue final : job::Gate {
    LongQueue(TwoPlaces& given_night, std::function<void()> given_deed)
        : night(given_night), meanwhile(std::move(given_deed))
    {
    }

    std::unique_ptr<Pass> copy(const job::CopyPlace& place) override
    {
        if (place.kind == job::CopyKind::further && !std::exchange(has_waited, true)) {
            night.pass(std::chrono::seconds(10));
            meanwhile();
        }
        return std::make_unique<Pass>();
    }
    void refuse_closed() const override {}
    bool still_fits(const job::CopyPlace&) const override { return true; }
    std::unique_ptr<Pass> removal(const std::vector<std::string>&) override
    {
        return std::make_unique<Pass>();
    }
    std::unique_ptr<Pass> try_removal(const std::vector<std::string>& ids) override
    {
        return removal(ids);
    }

    TwoPlaces& night;
    std::function<void()> meanwhile;
    bool has_waited = false;
};

job::Outcome back_up_with(TwoPlaces& night, std::function<void()> meanwhile)
{
    LongQueue queue(night, std::move(meanwhile));
    night.begin();
    auto run = night.run();
    run.gate = &queue;
    return job::backup_vm(night.vsphere, run);
}

std::string names_of(const rotation::Set& set)
{
    std::vector<std::string> names;
    for (const auto& generation : set.generations)
        names.push_back(generation.name);
    return joined(names);
}

void check_whole(const rotation::Set& set, const std::string& datastore, FakeVsphere& vsphere)
{
    CHECK(set.unfinished.empty());
    CHECK(set.generations.size() == 3);
    for (const auto& generation : set.generations) {
        CHECK(generation.condition == rotation::Condition::good);
        CHECK(vsphere.vm(generation.name).disks.at(0).datastore_id ==
              vsphere.datastore(datastore).id);
    }
}

void check_both(TwoPlaces& night)
{
    CHECK(night.vsphere.snapshots_of("avocado2") == "");
    check_whole(night.set(), "durian", night.vsphere);
    check_whole(night.set_there(), "fig", night.vsphere);
}

std::string changes_since(TwoPlaces& night)
{
    return night.vsphere.changes;
}

}  // namespace

TEST_CASE("further: the copy is made of the generation, once the snapshot is gone")
{
    TwoPlaces night;
    const auto outcome = night.back_up();
    CHECK(outcome.ok());
    const std::string first = "zz_avocado2-03-201909250245", there = "zz1_avocado2-04-201909250245";
    CHECK(night.vsphere.changes == "create_snapshot avocado2\nclone " + first +
                                       "\nbegin_remove_snapshot snapshot-4\n" + "reconfigure " +
                                       first + " complete\ndestroy zz_avocado2-04-201909250242\n" +
                                       "clone " + there + "\nreconfigure " + there +
                                       " complete\ndestroy zz1_avocado2-01-201909250242\n");
    REQUIRE(outcome.copies.size() == 1);
    CHECK(outcome.copies[0].generation == there);
    CHECK(outcome.copies[0].datastore == "fig");
    check_both(night);
}

TEST_CASE("further: its mark is that of the first but for run, seq, slot, set and prefix")
{
    TwoPlaces night(1);
    const auto outcome = night.back_up();
    auto first = rotation::decode(night.vsphere.vm(outcome.generation).mark).mark;
    const auto there =
        rotation::decode(night.vsphere.vm(outcome.copies.at(0).generation).mark).mark;
    CHECK(there.run != first.run);
    CHECK(there.self == night.vsphere.vm(outcome.copies[0].generation).instance_uuid);
    first.run = there.run;
    first.self = there.self;
    first.set = "default-1";
    first.stem.prefix = "zz1_";
    first.seq = there.seq;
    first.slot = there.slot;
    CHECK(rotation::encode(first) == rotation::encode(there));
}

TEST_CASE("further: a place that fails is left undone, and nothing expires there")
{
    const struct {
        std::string name;
        std::function<void(TwoPlaces&)> arrange;
        std::string left_undone;
    } cases[] = {
        {"full", [](TwoPlaces& night) { night.vsphere.datastore("fig").free = 1; },
         "the copy on 'fig': cannot back it up: the datastore 'fig' has 1 B free, 50 GiB are "
         "needed"},
        {"not there", [](TwoPlaces& night) { night.policy.copies[0].datastore = "date"; },
         "the copy on 'date': cannot find the datastore 'date' in the datacenter 'DC'"},
        {"refused",
         [](TwoPlaces& night) {
             night.vsphere.fail("clone", 2, {Kind::privilege, "No.", "NoPermission"});
         },
         "the copy on 'fig': cannot make the copy 'zz1_avocado2-04-201909250245': No. "
         "(NoPermission)"},
        {"started before it was copied",
         [](TwoPlaces& night) {
             night.vsphere.when("destroy", 1, [&night] {
                 night.vsphere.vm("zz_avocado2-03-201909250245").power = vimclient::Power::on;
             });
         },
         "the copy on 'fig': cannot copy 'zz_avocado2-03-201909250245' on: it is not powered off"},
    };
    for (const auto& c : cases) {
        INFO(c.name);
        TwoPlaces night;
        const std::string before = names_of(night.set_there());
        c.arrange(night);
        const auto outcome = night.back_up();
        CHECK(joined(outcome.left_undone) == c.left_undone);
        CHECK(outcome.generation == "zz_avocado2-03-201909250245");
        REQUIRE(outcome.copies.size() == 1);
        CHECK(outcome.copies[0].generation == "");
        night.policy.copies[0].datastore = "fig";
        CHECK(names_of(night.set_there()) == before);
    }
}

TEST_CASE("further: what was changed while it was copied is not kept")
{
    TwoPlaces night;
    night.vsphere.when("clone", 2, [&night] {
        night.vsphere.add_snapshot(night.vsphere.vm("zz_avocado2-03-201909250245"), "by hand");
    });
    const auto outcome = night.back_up();
    CHECK(joined(outcome.left_undone) ==
          "the copy on 'fig': cannot copy 'zz_avocado2-03-201909250245' on: it has a snapshot");
    CHECK_FALSE(night.vsphere.has_vm("zz1_avocado2-04-201909250245"));
    CHECK(night.set_there().generations.size() == 3);
}

TEST_CASE("further: a stop ends the copy, and what there is counts")
{
    TwoPlaces night;
    int copies = 0;
    night.observer.on_copying = [&](int percent) {
        if (percent == 0 && ++copies == 2)
            night.stop.request_stop();
    };
    const auto outcome = night.back_up();
    CHECK(outcome.generation == "zz_avocado2-03-201909250245");
    CHECK(joined(outcome.left_undone) == "the copy on 'fig': interrupted: no copy was made there");
    CHECK(night.set_there().generations.size() == 3);
    CHECK(night.set_there().unfinished.empty());
}

TEST_CASE("further: killed at any call, the next run makes it good in both places")
{
    int cells = 0;
    for (const Moment moment : {Moment::before, Moment::during, Moment::after})
        for (int nth = 1;; ++nth, ++cells) {
            TwoPlaces night;
            if (!night.dies_at(nth, moment))
                break;
            INFO("killed at call ", nth, ", moment ", static_cast<int>(moment), "\n",
                 night.vsphere.calls);
            job::Outcome outcome;
            REQUIRE(told([&] { outcome = night.back_up(); }) == "");
            CHECK(outcome.ok());
            check_both(night);
        }
    CHECK(cells >= 80);
}

TEST_CASE("further: killed in the copy, clean finishes it on proof and undoes it without")
{
    for (const bool is_proven : {true, false}) {
        INFO(is_proven);
        TwoPlaces night;
        REQUIRE(night.dies_in("clone", 2, Moment::during));
        if (!is_proven)
            night.vsphere.lose_tasks();
        night.begin();
        const auto cleaning = job::clean_vm(night.vsphere, night.run_there());
        CHECK(cleaning.ok());
        REQUIRE(cleaning.healed.size() == 1);
        CHECK(cleaning.healed[0].find(is_proven
                                          ? "finished 'zz1_avocado2-04"
                                          : "deleted the unfinished copy 'zz1_avocado2-04") == 0);
        CHECK(night.set_there().generations.size() == 3);
        CHECK(night.set_there().unfinished.empty());
    }
}

TEST_CASE("further: a copy that another machine makes is busy, and is not touched")
{
    TwoPlaces night;
    REQUIRE(night.dies_in("clone", 2, Moment::during));
    auto& copy = night.vsphere.vm("zz1_avocado2-04-201909250245");
    copy.mark["vmrotate.lock"] = id_of(0x999);
    night.vsphere.changes.clear();
    CHECK(told([&] { night.back_up(); }).find("busy: a run may be at work on it") == 0);
    CHECK(night.vsphere.changes == "");
    CHECK(told([&] { job::clean_vm(night.vsphere, night.run_there()); }).find("busy") == 0);
    CHECK(night.vsphere.changes == "");
}

TEST_CASE("further: what another run has copied on meanwhile is not copied again")
{
    TwoPlaces night;
    const auto outcome = back_up_with(night, [&night] {
        auto other = night.run();
        other.id = id_of(0x777);
        other.fresh_since = night.time - std::chrono::hours(1);
        CHECK(job::backup_vm(night.vsphere, other).ok());
    });
    CHECK(outcome.ok());
    const auto made = night.vsphere.changes.find("clone zz1_");
    CHECK(made != std::string::npos);
    CHECK(night.vsphere.changes.find("clone zz1_", made + 1) == std::string::npos);
    CHECK(outcome.copies.at(0).generation == night.set_there().generations.front().name);
    check_both(night);
}

TEST_CASE("further: what another run has copied on to the place behind is not copied again")
{
    TwoPlaces night;
    night.vsphere.add_datastore("grape");
    night.policy.copies.push_back({.datastore = "grape", .folder = {}, .prefix = {}, .set = {}});
    const auto outcome = back_up_with(night, [&night] {
        auto other = night.run();
        other.id = id_of(0x777);
        other.fresh_since = night.time - std::chrono::hours(1);
        CHECK(job::backup_vm(night.vsphere, other).ok());
    });
    CHECK(outcome.ok());
    const auto made = night.vsphere.changes.find("clone zz2_");
    CHECK(made != std::string::npos);
    CHECK(night.vsphere.changes.find("clone zz2_", made + 1) == std::string::npos);
    CHECK(outcome.copies.at(1).generation.starts_with("zz2_"));
    CHECK(outcome.copies.at(1).expired.empty());
}

TEST_CASE("further: what another machine is copying on meanwhile is busy, and is not touched")
{
    TwoPlaces night;
    const auto outcome = back_up_with(night, [&night] {
        const auto newest = night.set_there().generations.front().name;
        auto mark = rotation::decode(night.vsphere.vm(newest).mark).mark;
        mark.state = rotation::State::copying;
        mark.self.clear();
        mark.run = id_of(0x888);
        mark.lock = id_of(0x999);
        mark.taken = night.time;
        mark.slot = 9;
        ++mark.seq;
        auto& copy = night.vsphere.add_vm("zz1_avocado2-09-201909250245", "backup");
        copy.power = vimclient::Power::off;
        World::set_mark(copy, mark);
        night.vsphere.changes.clear();
    });
    CHECK(joined(outcome.left_undone).find("a run may be at work on it") != std::string::npos);
    CHECK(night.vsphere.changes == "");
}

TEST_CASE("further: a generation that somebody started meanwhile is not copied on")
{
    TwoPlaces night;
    const auto outcome = back_up_with(night, [&night] {
        night.vsphere.vm(night.set().generations.front().name).power = vimclient::Power::on;
    });
    CHECK(joined(outcome.left_undone).find("is not powered off") != std::string::npos);
    CHECK(night.vsphere.changes.find("clone zz1_") == std::string::npos);
}

TEST_CASE("further: a plan changes nothing, and says what the run then does")
{
    TwoPlaces night;
    const auto prepared = prepared_for(night.vsphere, night.run_there());
    CHECK(changes_since(night) == "");
    CHECK(prepared.copied_from == "durian");
    const auto outcome = night.back_up();
    CHECK(outcome.copies.at(0).slot == prepared.plan.slot);
    std::vector<std::string> due;
    for (const auto& decision : prepared.plan.decisions)
        if (decision.fate == rotation::Fate::expire)
            due.push_back(decision.generation.name);
    CHECK(joined(outcome.copies[0].expired) == joined(due));
}

TEST_CASE("further: while one there is in use nothing expires there, and the first place goes on")
{
    TwoPlaces night;
    night.policy.copies[0].keep = 1;
    const auto in_use = night.set_there().generations.at(1).name;
    night.vsphere.vm(in_use).power = vimclient::Power::on;
    const auto outcome = night.back_up();
    CHECK(outcome.ok());
    CHECK(outcome.expired.size() == 1);
    CHECK(outcome.copies.at(0).expired.empty());
    CHECK(joined(outcome.warnings).find("the copy on 'fig': 'zz1_avocado2-01") !=
          std::string::npos);
    CHECK(night.set_there().generations.size() == 4);
}

TEST_CASE("further: the generation that is being copied is not deleted")
{
    TwoPlaces night;
    const auto oldest = night.set().generations.back();
    night.vsphere.add_task(night.vsphere.vm(oldest.name), "VirtualMachine.clone");
    night.policy.copies.clear();
    night.begin();
    night.on_pause = nullptr;
    const auto outcome = job::backup_vm(night.vsphere, night.run());
    CHECK(joined(outcome.left_undone).find("a task is at work on it") != std::string::npos);
    CHECK(night.vsphere.has_vm(oldest.name));
}

TEST_CASE("further: nothing expires for what is made up for, where a hook may have found it unfit")
{
    TwoPlaces night;
    night.policy.after_clone = {"/usr/bin/true"};
    night.back_up();
    night.vsphere.changes.clear();
    night.begin();
    auto again = night.run();
    again.fresh_since = night.time - std::chrono::hours(1);
    job::backup_vm(night.vsphere, again);
    CHECK(night.vsphere.changes.find("clone zz1_") == 0);
    CHECK(night.vsphere.changes.find("destroy") == std::string::npos);
}

TEST_CASE("further: what a run could not copy on, the next one makes up for without a snapshot")
{
    TwoPlaces night;
    night.vsphere.fail("clone", 2, {Kind::refused, "No.", "SystemError"});
    const auto first = night.back_up();
    CHECK_FALSE(first.ok());
    night.vsphere.changes.clear();
    night.begin();
    auto again = night.run();
    again.fresh_since = night.time - std::chrono::hours(1);
    const auto outcome = job::backup_vm(night.vsphere, again);
    CHECK(outcome.ok());
    CHECK(outcome.generation == first.generation);
    CHECK(night.vsphere.changes ==
          "clone zz1_avocado2-04-201909250246\n"
          "reconfigure zz1_avocado2-04-201909250246 complete\n"
          "destroy zz1_avocado2-01-201909250242\n");
    check_both(night);
    night.vsphere.changes.clear();
    CHECK(told([&] { job::backup_vm(night.vsphere, again); }).find("busy: its generation") == 0);
    CHECK(night.vsphere.changes == "");
}
