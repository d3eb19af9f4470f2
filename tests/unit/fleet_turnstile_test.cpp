// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/turnstile.hpp"

#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

/// VMs that may copy one at a time, each asking in a thread of its own.
struct Turns {
    std::mutex mutex;
    std::condition_variable changed;
    std::set<std::thread::id> asked;
    std::string log;  ///< who copied, in order
    std::stop_source stop;
    fleet::Turnstile turnstile{[this] { return stamp(); }, [] { return 0ms; }, stop.get_token()};
    std::vector<std::unique_ptr<job::Gate>> gates;
    std::list<std::jthread> threads;

    explicit Turns(std::size_t vms)
    {
        config::JobRules rules;
        rules.concurrency = 1;
        for (std::size_t vm = 0; vm < vms; ++vm)
            gates.push_back(turnstile.begin({.vm = vm, .rules = rules}, stop.get_token()));
    }

    /// Whoever asks looks at the clock once it stands in the queue.
    std::string stamp()
    {
        const std::scoped_lock lock(mutex);
        asked.insert(std::this_thread::get_id());
        changed.notify_all();
        return "201909250200";
    }

    std::unique_ptr<job::Gate::Pass> copy(std::size_t vm) { return gates[vm]->copy({}); }

    /// Returns once it stands in the queue.
    void ask(std::size_t vm)
    {
        std::unique_lock lock(mutex);
        asked.clear();
        threads.emplace_back([this, vm] {
            {
                const auto pass = copy(vm);
                const std::scoped_lock noting(mutex);
                log += fmt::format("{} ", vm);
            }
            turnstile.end(vm);
        });
        const auto who = threads.back().get_id();
        CHECK(changed.wait_for(lock, 60s, [&] { return asked.contains(who); }));
    }
};

}  // namespace

TEST_CASE("turnstile: who began first copies first, whoever asked first; further copies come last")
{
    Turns turns(4);
    turns.copy(0);
    auto held = turns.copy(3);
    for (const std::size_t vm : {0U, 2U, 1U})
        turns.ask(vm);
    held.reset();
    turns.turnstile.end(3);
    turns.threads.clear();
    CHECK(turns.log == "1 2 0 ");
}
