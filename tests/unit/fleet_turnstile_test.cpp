// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/turnstile.hpp"

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "job/skip.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

using job::CopyKind;

/// VMs that may copy one at a time, each asking in a thread of its own.
struct Turns {
    std::mutex mutex;
    std::set<std::thread::id> asked;
    std::string log;  ///< who copied, in order
    std::stop_source stop;
    fleet::Turnstile turnstile{[this] { return stamp(); }, [] { return 0ms; }, stop.get_token()};
    std::vector<std::unique_ptr<job::Gate>> gates;
    std::list<std::jthread> threads;

    /// The VM with this number begins.
    void begin(fleet::Waiting vm)
    {
        vm.vm = gates.size();
        gates.push_back(turnstile.begin(vm, stop.get_token()));
    }

    void begin_some(std::size_t vms)
    {
        config::JobRules rules;
        rules.concurrency = 1;
        while (gates.size() < vms)
            begin({.rules = rules});
    }

    /// Whoever asks looks at the clock once it stands in the queue.
    std::string stamp()
    {
        const std::scoped_lock lock(mutex);
        asked.insert(std::this_thread::get_id());
        return "201909250200";
    }

    /// Returns once it stands in the queue.
    void ask(std::size_t vm, const job::CopyPlace& place)
    {
        {
            const std::scoped_lock lock(mutex);
            asked.clear();
        }
        threads.emplace_back([this, vm, place] {
            {
                const auto pass = gates[vm]->copy(place);
                const std::scoped_lock noting(mutex);
                log += fmt::format("{} ", vm);
            }
            turnstile.end(vm);
        });
        int looks = 0;
        while (!is_asking(vm, place.kind) && ++looks < 12'000)
            std::this_thread::sleep_for(5ms);
        CHECK(is_asking(vm, place.kind));
    }

    bool is_asking(std::size_t vm, CopyKind kind)
    {
        if (kind == CopyKind::under_snapshot)  // it does not look at the clock
            return std::ranges::any_of(turnstile.in_flight(), [&](const fleet::InFlight& each) {
                return each.vm == vm && each.place.kind == kind;
            });
        const std::scoped_lock lock(mutex);
        return asked.contains(threads.back().get_id());
    }

    /// Gives a right back, and lets all go on; who copied after that, in order.
    std::string after(std::unique_ptr<job::Gate::Pass> pass, std::size_t vm)
    {
        pass.reset();
        turnstile.end(vm);
        threads.clear();
        return log;
    }
};

job::CopyPlace place_for(CopyKind kind)
{
    job::CopyPlace place;
    place.kind = kind;
    return place;
}

job::CopyPlace place_from(const std::string& source, std::int64_t bytes)
{
    return {{source}, "target", "", bytes, 250};
}

}  // namespace

TEST_CASE("turnstile: who began first copies first, whoever asked first; further copies come last")
{
    Turns turns;
    turns.begin_some(4);
    auto held = turns.gates[3]->copy({});
    turns.ask(0, place_for(CopyKind::further));
    turns.ask(2, {});
    turns.ask(1, {});
    CHECK(turns.after(std::move(held), 3) == "1 2 0 ");
}

TEST_CASE("turnstile: who gave a right back unused keeps its place")
{
    Turns turns;
    turns.begin_some(3);
    turns.gates[0]->copy({});
    auto held = turns.gates[2]->copy({});
    turns.ask(1, {});
    turns.ask(0, {});
    CHECK(turns.after(std::move(held), 2) == "0 1 ");
}

TEST_CASE("turnstile: a snapshot that grows comes first")
{
    Turns turns;
    turns.begin_some(3);
    auto held = turns.gates[0]->copy({});
    turns.ask(1, {});
    turns.ask(2, place_for(CopyKind::under_snapshot));
    CHECK(turns.after(std::move(held), 0) == "2 1 ");
}

TEST_CASE(
    "turnstile: what a growing snapshot waits for is left to it, also by who needs less of it")
{
    Turns turns;
    config::JobRules rules;
    rules.per_source_datastore = 1;
    for (int vm = 0; vm < 3; ++vm)
        turns.begin({.rules = rules});
    auto held = turns.gates[2]->copy(place_from("b", 0));
    auto from_both = place_for(CopyKind::under_snapshot);
    from_both.source_datastore_ids = {"a", "b"};
    turns.ask(1, from_both);
    turns.ask(0, place_from("a", 0));
    CHECK(turns.after(std::move(held), 2) == "1 0 ");
}

TEST_CASE("turnstile: a window that is over is told to whoever would take its snapshot first")
{
    Turns turns;
    config::JobRules rules;
    rules.window = config::Window{std::chrono::minutes{180}, std::chrono::minutes{330}};
    turns.begin({.rules = rules});
    turns.begin({.rules = rules, .by_name = true});
    turns.begin({});
    CHECK_THROWS_AS(turns.gates[0]->refuse_closed(), job::Skip);
    CHECK_NOTHROW(turns.gates[1]->refuse_closed());
    CHECK_NOTHROW(turns.gates[2]->refuse_closed());
}

TEST_CASE("turnstile: what has its snapshot is copied after the window's end, and nothing else")
{
    Turns turns;
    config::JobRules rules;
    rules.window = config::Window{std::chrono::minutes{180}, std::chrono::minutes{330}};
    turns.begin({.rules = rules});
    CHECK_THROWS_AS(turns.gates[0]->copy({}), job::Skip);
    CHECK(turns.gates[0]->copy(place_for(CopyKind::under_snapshot)) != nullptr);
}

TEST_CASE(
    "turnstile: a group that holds room already is not kept from the rest by who waits for it")
{
    Turns turns;
    config::JobRules rules;
    rules.per_source_datastore = 1;
    turns.begin({.rules = rules});                   // needs what the group holds
    turns.begin({.rules = rules, .group = "shop"});  // has its right
    turns.begin({.rules = rules, .group = "shop"});  // waits for the VM below
    turns.begin({.rules = rules});
    auto of_the_group = turns.gates[1]->copy(place_from("a", 100));
    auto held = turns.gates[3]->copy(place_from("b", 0));
    turns.ask(2, place_from("b", 100));
    turns.ask(0, place_from("c", 200));
    held.reset();
    turns.turnstile.end(3);
    turns.threads.front().join();  // else each would wait for the other
    CHECK(turns.after(std::move(of_the_group), 1) == "2 0 ");
}
