// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/in_step.hpp"

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/gate.hpp"
#include "job/muster.hpp"
#include "job/skip.hpp"

using namespace vmrotate;
using Kind = vimclient::Fault::Kind;

namespace {

/// Lets everybody pass.
class OpenGate final : public job::Gate {
public:
    std::unique_ptr<Pass> copy(const job::CopyPlace&) override { return std::make_unique<Pass>(); }
    void refuse_closed() const override
    {
        if (is_closed)
            throw job::Skip(job::Skip::Cause::window, "the window is over");
    }
    bool still_fits(const job::CopyPlace&) const override { return true; }
    std::unique_ptr<Pass> removal(const std::vector<std::string>&) override
    {
        return std::make_unique<Pass>();
    }
    std::unique_ptr<Pass> try_removal(const std::vector<std::string>&) override
    {
        return std::make_unique<Pass>();
    }

    bool is_closed = false;
};

/// Two VMs that belong together.
struct Pair : World {
    const std::vector<std::string> members{"avocado2", "papaya3"};
    std::map<std::string, job::Outcome> outcomes;
    config::JobRules rules;
    std::optional<std::chrono::sys_seconds> fresh_since;
    bool is_closed = false;

    Pair() { vsphere.add_vm("papaya3"); }

    /// Both at once, each in a thread; what was thrown, a line each.
    std::string back_up(const job::Muster::Rules& muster_rules = {.name = "shop"})
    {
        job::Muster muster(members, muster_rules);
        std::map<std::string, std::string> ends;
        std::map<std::string, RecordingObserver> observers;
        for (const std::string& vm : members) {
            ends[vm];
            observers[vm];
            outcomes[vm];
        }
        {
            std::vector<std::jthread> threads;
            for (const std::string& vm : members)
                threads.emplace_back([&] {
                    ends.at(vm) =
                        told([&] { outcomes.at(vm) = one(vm, muster, observers.at(vm)); });
                    muster.leave(vm, ends.at(vm));
                });
        }
        std::string text;
        for (const auto& [vm, end] : ends)
            text += vm + ": " + end + "\n";
        return text;
    }

    job::Outcome one(const std::string& vm, job::Muster& muster, job::Observer& observing)
    {
        OpenGate gate;
        gate.is_closed = is_closed;
        const auto usual = run();
        const job::Run own{.assignment = {.vm = vm, .job = "", .policy = policy, .rules = rules},
                           .sources = members,
                           .id = id_of(vm == "papaya3" ? 2 : 1),
                           .clock = clock(),
                           .observer = observing,
                           .lock = [](const std::string&) { return std::make_unique<TestLock>(); },
                           .free_lock = usual.free_lock,
                           .stop = stop.get_token(),
                           .gate = &gate,
                           .muster = &muster,
                           .fresh_since = fresh_since};
        return job::backup_vm(vsphere, own);
    }

    /// Which changes came, without their objects: "create_snapshot create_snapshot clone ...".
    std::string deeds()
    {
        std::string text;
        std::size_t at = 0;
        while (at < vsphere.changes.size()) {
            const auto end = vsphere.changes.find('\n', at);
            text += vsphere.changes.substr(at, vsphere.changes.find(' ', at) - at) + " ";
            at = end + 1;
        }
        return text;
    }
};

}  // namespace

TEST_CASE("in step: both snapshots are there before the first copy begins")
{
    Pair pair;
    CHECK(pair.back_up() == "avocado2: \npapaya3: \n");
    CHECK(pair.deeds().find("create_snapshot create_snapshot clone ") == 0);
    for (const std::string& vm : pair.members) {
        CHECK(pair.outcomes.at(vm).ok());
        CHECK(pair.outcomes.at(vm).group == "shop");
        CHECK(pair.outcomes.at(vm).group_spread.has_value());
        CHECK(pair.vsphere.snapshots_of(vm) == "");
    }
}

TEST_CASE("in step: one snapshot that fails takes the other one away, and nothing is copied")
{
    Pair pair;
    pair.vsphere.fail("create_snapshot", 2, {Kind::refused, "No.", "SystemError"});
    const std::string ends = pair.back_up();
    CHECK(ends.find("its group 'shop' is given up: ") != std::string::npos);
    CHECK(ends.find("No. (SystemError)") != std::string::npos);
    CHECK(pair.deeds() == "create_snapshot create_snapshot begin_remove_snapshot ");
    for (const std::string& vm : pair.members)
        CHECK(pair.vsphere.snapshots_of(vm) == "");
}

TEST_CASE("in step: with best-effort the other one is backed up")
{
    Pair pair;
    pair.vsphere.fail("create_snapshot", 2, {Kind::refused, "No.", "SystemError"});
    pair.back_up({.name = "shop", .all_or_nothing = false});
    CHECK(pair.deeds() ==
          "create_snapshot create_snapshot clone begin_remove_snapshot reconfigure ");
}

TEST_CASE("in step: one that cannot be backed up costs the other one nothing")
{
    Pair pair;
    pair.vsphere.vm("papaya3").question = "Retry?";
    const std::string ends = pair.back_up();
    CHECK(ends.find("its group 'shop' is given up: 'papaya3' is not with it") != std::string::npos);
    CHECK(pair.vsphere.changes == "");
}

TEST_CASE("in step: a group that is larger than a limit is refused before anything is changed")
{
    Pair pair;
    pair.rules.per_source_datastore = 1;
    const std::string ends = pair.back_up();
    CHECK(ends.find("usage: cannot back it up: the 2 members of its group 'shop' are copied at "
                    "once, and per_source_datastore is 1") != std::string::npos);
    CHECK(pair.vsphere.changes == "");
    CHECK(pair.back_up({.name = "shop", .copies_wait = true}) == "avocado2: \npapaya3: \n");
}

TEST_CASE("in step: copies that wait take no snapshot once the window is over")
{
    Pair pair;
    pair.is_closed = true;
    const std::string ends = pair.back_up({.name = "shop", .copies_wait = true});
    CHECK(ends.find("the window is over") != std::string::npos);
    CHECK(pair.vsphere.changes == "");
}

TEST_CASE("in step: a group that its datastore has no room for is refused, waiting or not")
{
    for (const bool copies_wait : {false, true}) {
        Pair pair;
        for (const std::string& vm : pair.members)
            pair.vsphere.vm(vm).used = 60;
        pair.vsphere.datastore("durian").free = 100;
        const std::string ends = pair.back_up({.name = "shop", .copies_wait = copies_wait});
        CHECK(ends.find("refused: cannot back it up: the datastore 'durian' has no room for the 2 "
                        "members of its group 'shop'") != std::string::npos);
        CHECK(pair.vsphere.changes == "");
    }
}

TEST_CASE("in step: whoever fails says so to the others at once, and in which way")
{
    struct Case {
        std::string name;
        std::function<void()> fail;
        std::string told;
    };
    const std::vector<Case> cases = {
        {"an error", [] { throw Error(ErrorKind::unreachable, "no answer"); },
         "failed: cannot back it up: its group 'shop' is given up: 'avocado2' is not with it: no "
         "answer"},
        {"nothing to do", [] { throw job::Skip(job::Skip::Cause::window, "too late"); },
         "busy: cannot back it up: its group 'shop' is given up: 'avocado2' is not with it: too "
         "late"},
        {"somebody else has it", [] { throw job::AnotherRun("another run", ""); },
         "busy: cannot back it up: its group 'shop' is given up: 'avocado2' is not with it: "
         "another run"},
        {"Ctrl-C", [] { throw vimclient::Cancelled{}; }, "failed: "},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        Pair pair;
        job::Muster muster(pair.members, {.name = "shop"});
        auto run = pair.run();
        run.muster = &muster;
        job::InStep step(run);
        try {
            c.fail();
        } catch (...) {
            step.leave();
        }
        const auto end = told([&] { muster.arrive("papaya3", job::Muster::Point::prepared, {}); });
        CHECK(end.find(c.told) == 0);
    }
}

TEST_CASE("in step: one after the other means that nothing is looked at before its turn")
{
    Pair pair;
    std::string calls;
    pair.vsphere.when("create_snapshot", 1, [&] { calls = pair.vsphere.calls; });
    CHECK(pair.back_up({.name = "shop", .consistent = false, .stops_at_freeze = true}) ==
          "avocado2: \npapaya3: \n");
    CHECK(calls.find("avocado2") != std::string::npos);
    CHECK(calls.find("papaya3") == std::string::npos);
}

TEST_CASE("in step: it is skipped where all are fresh, and whole where one is not")
{
    Pair pair;
    pair.fresh_since = pair.time - std::chrono::hours(1);
    pair.add_generation(1, 1, 0);
    CHECK(pair.back_up() == "avocado2: \npapaya3: \n");
    pair.vsphere.changes.clear();
    const std::string ends = pair.back_up();
    CHECK(ends.find("busy: ") != std::string::npos);
    CHECK(pair.vsphere.changes == "");
}
