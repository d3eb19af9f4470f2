// SPDX-License-Identifier: GPL-3.0-or-later
#include <doctest/doctest.h>

#include <functional>

#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "rotation/recovery.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using rotation::LeftClone;
using rotation::LeftSnapshot;
using rotation::Remains;
using rotation::Remedy;
using rotation::Witness;

namespace {

const auto now = *rotation::parse_utc("2019-09-25T02:41:00Z");
const std::string our_lock = id_of(0x10c), other_lock = id_of(0x10d);

LeftSnapshot snapshot(int run, std::chrono::minutes age, const std::string& lock)
{
    return {fmt::format("snapshot-{}", run),
            "vmrotate " + id_of(run),
            {id_of(run), "default", lock, now - age},
            now - age};
}

LeftClone clone(int run, std::chrono::minutes age, const std::string& lock)
{
    LeftClone result;
    result.id = fmt::format("vm-{}", run);
    result.name = "zz_avocado2-01-201909250241";
    result.mark.run = id_of(run);
    result.mark.lock = lock;
    result.mark.taken = now - age;
    return result;
}

LeftClone copied(LeftClone clone, std::chrono::minutes age)
{
    clone.copied = now - age;
    return clone;
}

/// "remove snapshot-1, commit vm-1"
std::string text_of(const rotation::Recovery& recovery)
{
    static const std::map<Remedy, std::string> words = {{Remedy::wait, "wait"},
                                                        {Remedy::remove_snapshot, "remove"},
                                                        {Remedy::commit, "commit"},
                                                        {Remedy::undo, "undo"},
                                                        {Remedy::leave, "leave"}};
    std::string text;
    for (const rotation::RecoveryStep& step : recovery.steps)
        text += (text.empty() ? "" : ", ") + words.at(step.remedy) +
                (step.id.empty() ? "" : " " + step.id);
    return text;
}

struct Case {
    const char* name;
    Remains remains;
    std::string steps;
    std::string alive = {};
    std::string lock = our_lock;
};

Remains with_busy_source(Remains remains)
{
    remains.source_is_busy = true;
    return remains;
}

Remains with_task_end(Remains remains, std::chrono::minutes age)
{
    remains.last_task_end = now - age;
    return remains;
}

LeftClone busy(LeftClone clone)
{
    clone.is_busy = true;
    return clone;
}

LeftClone of_several(LeftClone clone)
{
    clone.of_that_run = 2;
    return clone;
}

std::string left_snapshot(int run)
{
    return "run " + id_of(run) + ", which left the snapshot 'vmrotate " + id_of(run) + "': ";
}

const std::string run_1 = left_snapshot(1);
const std::string copy_1 =
    "run " + id_of(1) + ", which left the copy 'zz_avocado2-01-201909250241': ";

const Case cases[] = {
    {"nothing is left", {}, ""},
    {"whoever holds the lock knows that its former holder is dead, however young",
     {{snapshot(1, 0min, our_lock)}, {}},
     "remove snapshot-1"},
    {"a copy with proof is finished, its snapshot goes first",
     {{snapshot(1, 60min, our_lock)}, {copied(clone(1, 60min, our_lock), 5min)}},
     "remove snapshot-1, commit vm-1"},
    {"without proof it is undone", {{}, {clone(1, 60min, our_lock)}}, "undo vm-1"},
    {"several VMs with one run's mark: somebody copied it, nobody knows which",
     {{}, {of_several(copied(clone(1, 60min, our_lock), 5min))}},
     "leave vm-1"},
    {"a task may still be that of the dead run: nothing is decided before its end",
     with_busy_source({{snapshot(1, 60min, our_lock)}, {clone(1, 60min, our_lock)}}), "wait"},
    {"the same with a task on the clone", {{}, {busy(clone(1, 60min, our_lock))}}, "wait"},
    {"two dead runs",
     {{snapshot(1, 90min, our_lock), snapshot(2, 60min, our_lock)},
      {clone(1, 90min, our_lock), copied(clone(2, 60min, our_lock), 5min)}},
     "remove snapshot-1, remove snapshot-2, undo vm-1, commit vm-2"},

    {"another machine's is dead after the grace",
     {{snapshot(1, 15min, other_lock)}, {}},
     "remove snapshot-1"},
    {"and alive before it",
     {{snapshot(1, 14min, other_lock)}, {}},
     "",
     run_1 + "its last sign, of 2019-09-25T02:27:00Z, is younger than the grace of 15 min"},
    {"a task of the source is a sign of life",
     with_busy_source({{snapshot(1, 600min, other_lock)}, {}}), "",
     run_1 + "a task of it may be running"},
    {"a task of the clone too",
     {{}, {busy(clone(1, 600min, other_lock))}},
     "",
     copy_1 + "a task of it may be running"},
    {"the end of the copy is a sign of life",
     {{}, {copied(clone(1, 600min, other_lock), 1min)}},
     "",
     copy_1 + "its last sign, of 2019-09-25T02:40:00Z, is younger than the grace of 15 min"},
    {"the end of a failed copy too", with_task_end({{snapshot(1, 600min, other_lock)}, {}}, 1min),
     "", run_1 + "its last sign, of 2019-09-25T02:40:00Z, is younger than the grace of 15 min"},
    {"a sign from the future: nobody knows",
     {{snapshot(1, -600min, other_lock)}, {}},
     "",
     run_1 + "its last sign, of 2019-09-25T12:41:00Z, lies in the future of vCenter's clock"},
    {"while one may be alive the dead one's things stay too",
     {{snapshot(1, 600min, our_lock), snapshot(2, 1min, other_lock)}, {}},
     "",
     left_snapshot(2) +
         "its last sign, of 2019-09-25T02:40:00Z, is younger than the grace of 15 min"},
    {"without a lock nobody is known to be dead at once",
     {{snapshot(1, 1min, "")}, {}},
     "",
     run_1 + "its last sign, of 2019-09-25T02:40:00Z, is younger than the grace of 15 min",
     ""},
};

}  // namespace

TEST_CASE("recover: who is dead, and what is done about it")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        const auto recovery = rotation::recover(c.remains, {c.lock, now, 15min});
        CHECK(text_of(recovery) == c.steps);
        CHECK(recovery.alive == c.alive);
    }
}

TEST_CASE("foresee: the set as a dry run plans with it")
{
    rotation::Set set;
    set.generations = {{"vm-9", "nine", 1, 9, now, {}, {}}};
    set.unfinished = {{"vm-10", "ten", id_of(1), 2, 10, now},
                      {"vm-11", "eleven", id_of(2), 3, 11, now},
                      {"vm-12", "twelve", id_of(3), 4, 12, now}};
    set.highest_seq = 12;
    const auto step = [](Remedy remedy, const char* id) {
        return rotation::RecoveryStep{remedy, id, "", "", ""};
    };
    const auto after =
        rotation::foresee(set, {"",
                                {step(Remedy::commit, "vm-11"), step(Remedy::undo, "vm-10"),
                                 step(Remedy::leave, "vm-12")}});
    REQUIRE(after.generations.size() == 2);
    CHECK(after.generations[0].id == "vm-11");
    CHECK(after.generations[0].slot == 3);
    CHECK(after.generations[0].condition == rotation::Condition::good);
    REQUIRE(after.unfinished.size() == 1);
    CHECK(after.unfinished[0].id == "vm-12");
    CHECK(after.highest_seq == 12);
    CHECK(rotation::foresee(set, {}) == set);
}

TEST_CASE("foresee: the number of a copy that will be undone is free again, if it is the highest")
{
    rotation::Set set;
    set.unfinished = {{"vm-10", "ten", id_of(1), 2, 10, now},
                      {"vm-11", "eleven", id_of(2), 3, 11, now}};
    set.highest_seq = 11;
    const auto without = [&](const char* id) {
        return rotation::foresee(set, {"", {{Remedy::undo, id, "", "", ""}}});
    };
    CHECK(without("vm-10").highest_seq == 11);
    CHECK(without("vm-11").highest_seq == 0);
    CHECK(without("vm-11").unfinished == std::vector{set.unfinished[0]});
}
