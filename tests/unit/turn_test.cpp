// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/turn.hpp"

#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config/places.hpp"
#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/skip.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

/// Writes into the server's list of calls when rights are taken and given back.
class TestGate final : public job::Gate {
public:
    explicit TestGate(World& world) : list(&world.vsphere.changes) {}

    job::CopyPlace asked;
    std::function<void()> on_copy;
    bool others_remove = false;  ///< the first time that somebody tries
    mutable bool fits = true;    ///< the first time that somebody looks
    std::string* list;

    std::unique_ptr<Pass> copy(const job::CopyPlace& place) override
    {
        asked = place;
        if (on_copy)
            std::exchange(on_copy, nullptr)();
        return pass("copy");
    }
    void refuse_closed() const override {}
    bool still_fits(const job::CopyPlace&) const override { return std::exchange(fits, true); }
    std::unique_ptr<Pass> removal(const std::vector<std::string>& datastore_ids) override
    {
        return pass("removal on " + joined(datastore_ids));
    }
    std::unique_ptr<Pass> try_removal(const std::vector<std::string>& datastore_ids) override
    {
        return std::exchange(others_remove, false) ? nullptr : removal(datastore_ids);
    }

private:
    struct Noted final : Pass {
        Noted(std::string& given_list, std::string given_what)
            : list(given_list), what(std::move(given_what))
        {
            list += "(" + what + "\n";
        }
        ~Noted() override { list += ")" + what + "\n"; }
        std::string& list;
        std::string what;
    };

    std::unique_ptr<Pass> pass(const std::string& what)
    {
        return std::make_unique<Noted>(*list, what);
    }
};

/// The changes without their objects, blank between them: "(copy create_snapshot clone )copy".
std::string changes_of(const World& world)
{
    std::string words;
    for (std::size_t at = 0; at < world.vsphere.changes.size();) {
        const auto end = world.vsphere.changes.find('\n', at);
        const std::string line = world.vsphere.changes.substr(at, end - at);
        words += (words.empty() ? "" : " ") + (line.starts_with("(") || line.starts_with(")")
                                                   ? line
                                                   : line.substr(0, line.find(' ')));
        at = end + 1;
    }
    return words;
}

job::Run run_with(World& world, TestGate& gate)
{
    auto run = world.run();
    run.gate = &gate;
    return run;
}

}  // namespace

TEST_CASE("backup_vm: the right to copy is held from before the snapshot to the copy's end")
{
    World world;
    TestGate gate(world);
    job::backup_vm(world.vsphere, run_with(world, gate));
    CHECK(changes_of(world) ==
          "(copy create_snapshot clone )copy (removal on datastore-1 begin_remove_snapshot "
          "reconfigure )removal on datastore-1");
    CHECK(joined(gate.asked.source_datastore_ids) == world.vsphere.datastore("mango").id);
    CHECK(gate.asked.target_datastore_id == world.vsphere.datastore("durian").id);
    CHECK(gate.asked.host_id == world.vsphere.host("esx2").id);
}

TEST_CASE("backup_vm: while others remove, the copy is committed, and then it waits its turn")
{
    World world;
    TestGate gate(world);
    gate.others_remove = true;
    job::backup_vm(world.vsphere, run_with(world, gate));
    CHECK(changes_of(world) ==
          "(copy create_snapshot clone )copy reconfigure (removal on datastore-1 "
          "begin_remove_snapshot )removal on datastore-1");
}

TEST_CASE("backup_vm: the right to remove is given back when the removal has ended, before a look")
{
    for (const bool others_remove : {false, true}) {
        INFO("others remove first: ", others_remove);
        World world;
        TestGate gate(world);
        gate.others_remove = others_remove;
        gate.list = &world.vsphere.calls;
        job::backup_vm(world.vsphere, run_with(world, gate));
        const auto& calls = world.vsphere.calls;
        const auto given_back = calls.find(")removal");
        CHECK(calls.find("begin_remove_snapshot") < given_back);
        CHECK(calls.find(others_remove ? "wait" : "reconfigure") < given_back);
        CHECK(calls.find("read_vms", given_back) != std::string::npos);
    }
}

TEST_CASE("backup_vm: a removal that fails keeps its right until somebody has looked")
{
    World world;
    TestGate gate(world);
    gate.others_remove = true;
    gate.list = &world.vsphere.calls;
    world.vsphere.fail_task(1, {vimclient::Fault::Kind::refused, "FileLocked"});
    CHECK(job::backup_vm(world.vsphere, run_with(world, gate)).ok());
    const auto& calls = world.vsphere.calls;
    const auto second = calls.rfind("begin_remove_snapshot");
    CHECK(calls.find("begin_remove_snapshot") < second);
    CHECK(calls.find(")removal") > second);
}

TEST_CASE("backup_vm: a copy that fails gives its rights back, the snapshot removed in turn")
{
    World world;
    TestGate gate(world);
    world.vsphere.fail("clone", 1, {vimclient::Fault::Kind::refused, "no"});
    CHECK(told([&] { job::backup_vm(world.vsphere, run_with(world, gate)); }).find("failed") == 0);
    CHECK(changes_of(world) ==
          "(copy create_snapshot clone (removal on datastore-1 begin_remove_snapshot )removal "
          "on datastore-1 )copy");
}

TEST_CASE("take_turn: what was read before a long wait is read again")
{
    World world;
    TestGate gate(world);
    gate.on_copy = [&] {
        world.pass(10s);
        world.add_generation(7, 1, 1);
    };
    const auto run = run_with(world, gate);
    auto prepared = prepared_for(world.vsphere, run);
    CHECK(prepared.plan.seq == 1);
    const auto pass = job::take_turn(world.vsphere, run, prepared);
    CHECK(pass != nullptr);
    CHECK(prepared.plan.seq == 8);
    CHECK(prepared.server_time == world.time);
}

TEST_CASE("take_turn: where the datastore has got too full meanwhile it waits again")
{
    World world;
    TestGate gate(world);
    gate.fits = false;
    gate.on_copy = [&] { world.pass(10s); };
    const auto run = run_with(world, gate);
    auto prepared = prepared_for(world.vsphere, run);
    CHECK(job::take_turn(world.vsphere, run, prepared) != nullptr);
    CHECK(changes_of(world) == "(copy )copy (copy )copy");
}

TEST_CASE("take_turn_beside: after a long wait the place is looked at again, and waited for again")
{
    World world;
    TestGate gate(world);
    world.vsphere.add_datastore("fig");
    world.policy.copies = {{.datastore = "fig", .folder = {}, .prefix = {}, .set = {}}};
    auto run = run_with(world, gate);
    const auto first = prepared_for(world.vsphere, run);
    run.assignment = config::places_of(run.assignment).at(1);
    const auto plan = [&] {
        return job::prepare_beside(world.vsphere, run, first,
                                   job::survey_beside(world.vsphere, run, first));
    };
    auto prepared = plan();

    gate.fits = false;
    gate.on_copy = [&] { world.pass(10s); };
    CHECK(job::take_turn_beside(run, first, prepared, plan) != nullptr);
    CHECK(changes_of(world) == "(copy )copy (copy )copy");
    CHECK(joined(gate.asked.source_datastore_ids) == world.vsphere.datastore("durian").id);
    CHECK(gate.asked.target_datastore_id == world.vsphere.datastore("fig").id);
    CHECK(gate.asked.kind == job::CopyKind::further);
    CHECK(prepared.stamp == first.stamp);

    gate.on_copy = [&] {
        world.pass(10s);
        world.vsphere.datastore("fig").free = 1;
    };
    CHECK(told([&] {
              job::take_turn_beside(run, first, prepared, plan);
          }).find("the datastore 'fig' has 1 B free") != std::string::npos);
    CHECK(changes_of(world) == "(copy )copy (copy )copy (copy )copy");
}

TEST_CASE("take_turn: after a short wait nothing is read, and without a gate nobody waits")
{
    World world;
    TestGate gate(world);
    gate.on_copy = [&] { world.pass(9s); };
    auto run = run_with(world, gate);
    auto prepared = prepared_for(world.vsphere, run);
    world.vsphere.calls.clear();
    CHECK(job::take_turn(world.vsphere, run, prepared) != nullptr);
    CHECK(world.vsphere.calls == "");
    run.gate = nullptr;
    CHECK(job::take_turn(world.vsphere, run, prepared) == nullptr);
}

TEST_CASE("backup_vm: a generation that is young enough is no reason for another")
{
    struct Case {
        std::string name;
        std::chrono::seconds since;  ///< before now
        bool skipped;
    };
    const std::vector<Case> cases = {
        {"taken a day ago, and younger than two days is enough", 48h, true},
        {"taken just then", 24h, true},
        {"a second too old", 24h - 1s, false},
        {"since the job began", 0s, false},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        World world;
        const std::string name = world.add_generation(1, 1, 1).ref.name;
        auto run = world.run();
        run.fresh_since = world.time - c.since;
        const auto result = told([&] { job::backup_vm(world.vsphere, run); });
        CHECK(result ==
              (c.skipped ? "busy: its generation '" + name + "' was taken 1 d 00 h ago" : ""));
        CHECK(world.vsphere.changes.empty() == c.skipped);
    }
}

TEST_CASE("backup_vm: what somebody changed or did not finish is no generation to be content with")
{
    World world;
    world.add_generation(1, 1, 0).ref.name = "renamed";
    auto run = world.run();
    run.fresh_since = world.time - 1h;
    CHECK(told([&] { job::backup_vm(world.vsphere, run); }) == "");
}

TEST_CASE("backup_vm: one that another run finished while this one took its snapshot is enough")
{
    World world;
    auto run = world.run();
    run.fresh_since = world.time;
    world.vsphere.when("create_snapshot", 1, [&] { world.add_generation(1, 1, 0); });
    CHECK(told([&] { job::backup_vm(world.vsphere, run); }).find("busy: its generation") == 0);
    CHECK(world.vsphere.snapshots_of("avocado2") == "");
    CHECK(world.vsphere.changes.find("clone") == std::string::npos);
}

TEST_CASE("backup_vm: one that another run finished while its task was waited for is enough")
{
    World world;
    world.vsphere.add_task(world.source(), "VirtualMachine.createSnapshot");
    world.on_pause = [&] {
        world.vsphere.end_tasks();
        world.add_generation(1, 1, 0);
        world.on_pause = nullptr;
    };
    auto run = world.run();
    run.fresh_since = world.time;
    CHECK(told([&] { job::backup_vm(world.vsphere, run); }).find("busy: its generation") == 0);
    CHECK(world.vsphere.changes == "");
}
