// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/runner.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "job/skip.hpp"
#include "vsphere.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;

namespace {

constexpr auto long_enough = 60s;

/// A night without a server: what each VM does is up to the test. Whoever waits for something that
/// never comes gives up in the end, and the test fails.
struct Night {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<fleet::Waiting> waiting;
    std::stop_source stop;
    std::atomic<std::int64_t> steady{0};
    std::string stamp = "201909250200";
    std::map<std::size_t, std::chrono::milliseconds> deadlines;
    std::string log;  ///< a word for each thing that happened
    std::set<std::size_t> copying;
    std::size_t most = 0;

    void add(std::size_t vms, const config::JobRules& rules, const std::string& datastore = {})
    {
        for (std::size_t i = 0; i < vms; ++i)
            waiting.push_back(
                {.vm = waiting.size(), .place = {{datastore}, "", ""}, .rules = rules});
    }

    void note(const std::string& word)
    {
        const std::scoped_lock lock(mutex);
        log += word + " ";
        changed.notify_all();
    }

    /// The copies that are under way, from the thread that makes one.
    void enter(std::size_t vm)
    {
        const std::scoped_lock lock(mutex);
        copying.insert(vm);
        most = std::max(most, copying.size());
        changed.notify_all();
    }
    void leave(std::size_t vm)
    {
        const std::scoped_lock lock(mutex);
        copying.erase(vm);
        changed.notify_all();
    }

    template <class Test>
    bool await(const Test& test)
    {
        std::unique_lock lock(mutex);
        return changed.wait_for(lock, long_enough, test);
    }

    std::vector<std::size_t> run(const std::function<void(const fleet::Turn&)>& act)
    {
        Clock clock;
        clock.now = [] { return std::chrono::sys_seconds{}; };
        clock.steady = [this] { return std::chrono::milliseconds(steady.load()); };
        clock.stamp = [this](auto) {
            const std::scoped_lock lock(mutex);
            return stamp;
        };
        return fleet::run(
            waiting, clock, stop.get_token(),
            {.act = act,
             .skip = [this](std::size_t vm,
                            const std::string& why) { note(fmt::format("{}:{}", vm, why)); },
             .deadline = [this](std::size_t vm) { return deadlines[vm]; }});
    }
};

std::size_t words(const std::string& text)
{
    return static_cast<std::size_t>(std::ranges::count(text, ' '));
}

}  // namespace

TEST_CASE("fleet: as many copies at once as the limits allow, and never more")
{
    Night night;
    config::JobRules rules;
    rules.concurrency = 3;
    rules.per_source_datastore = 3;
    night.add(9, rules, "a");
    std::atomic<bool> was_full = true;
    const auto left = night.run([&](const fleet::Turn& turn) {
        const auto pass = turn.gate.copy({{"a"}, "t", "h"});
        night.enter(turn.vm);
        if (!night.await([&] { return night.most >= 3; }))
            was_full = false;
        night.leave(turn.vm);
        night.note(fmt::format("{}", turn.vm));
    });
    CHECK(was_full);
    CHECK(night.most == 3);
    CHECK(words(night.log) == 9);
    CHECK(left.empty());
}

TEST_CASE("fleet: a VM that still expires holds no place of a copy")
{
    Night night;
    config::JobRules rules;
    rules.concurrency = 1;
    night.add(2, rules);
    std::atomic<bool> second_copied = false;
    night.run([&](const fleet::Turn& turn) {
        auto pass = turn.gate.copy({{"a"}, "t", "h"});
        night.enter(turn.vm);
        night.leave(turn.vm);
        night.note("copied");
        pass.reset();
        second_copied = night.await([&] { return words(night.log) == 2; });
    });
    CHECK(second_copied);
    CHECK(night.most == 1);
}

TEST_CASE("fleet: VMs of a full datastore do not hold up those of another")
{
    Night night;
    config::JobRules rules;
    rules.concurrency = 4;
    rules.per_source_datastore = 1;
    night.add(5, rules, "full");
    night.add(1, rules, "free");
    std::atomic<bool> in_time = true;
    night.run([&](const fleet::Turn& turn) {
        const bool is_last = turn.vm == 5;
        const auto pass = turn.gate.copy({{is_last ? "free" : "full"}, "t", "h"});
        night.enter(turn.vm);
        if (is_last)
            night.note("5");
        else if (!night.await([&] { return night.log == "5 "; }))
            in_time = false;
        night.leave(turn.vm);
    });
    CHECK(in_time);
}

TEST_CASE("fleet: one removal at a time on a datastore, and on two at once")
{
    Night night;
    night.add(3, {});
    night.run([&](const fleet::Turn& turn) {
        const std::vector<std::string> where = {turn.vm == 2 ? "b" : "a"};
        auto first = turn.gate.try_removal(where);
        if (!first)
            first = turn.gate.removal(where);
        CHECK(turn.gate.try_removal(where) == nullptr);
        if (where.front() == "b")
            return night.note("b");
        night.enter(turn.vm);
        CHECK(night.await([&] { return night.log.find('b') != std::string::npos; }));
        night.leave(turn.vm);
    });
    CHECK(night.most == 1);
}

TEST_CASE("fleet: after a stop nobody begins, and who waits for a turn is let go")
{
    Night night;
    config::JobRules rules;
    rules.concurrency = 2;
    night.add(9, rules);
    const auto left = night.run([&](const fleet::Turn& turn) {
        try {
            const auto pass = turn.gate.copy({{}, "t", "h"});
            night.enter(turn.vm);
            night.await([&] { return night.copying.size() == 2; });
            night.stop.request_stop();
            CHECK(night.await([&] { return turn.stop.stop_requested(); }));
            CHECK_FALSE(turn.is_late());
            CHECK(turn.gate.removal({"a"}) != nullptr);
            night.note("stopped");
        } catch (const vimclient::Cancelled&) {
            night.note("cancelled");
        }
    });
    CHECK(night.most == 2);
    CHECK(words(night.log) + left.size() == 9);
    CHECK(left.size() >= 5);
}

TEST_CASE("fleet: what the window leaves over is skipped, begun or not")
{
    Night night;
    config::JobRules rules;
    rules.concurrency = 1;
    rules.window = config::Window{std::chrono::minutes{60}, std::chrono::minutes{330}};
    night.add(3, rules);
    night.waiting[2].by_name = true;
    night.run([&](const fleet::Turn& turn) {
        try {
            if (turn.vm != 0)
                night.await([&] { return night.copying.contains(0); });
            const auto pass = turn.gate.copy({{}, "t", "h"});
            night.note(fmt::format("{}", turn.vm));
            if (turn.vm == 0) {
                night.enter(0);
                const std::scoped_lock lock(night.mutex);
                night.stamp = "201909250530";
            }
        } catch (const job::Skip& skip) {
            CHECK(skip.cause() == job::Skip::Cause::window);
            night.note(fmt::format("{}:{}", turn.vm, skip.what()));
        }
    });
    CHECK(night.log.find("0 ") == 0);
    CHECK(night.log.find("1:window (01:00-05:30) ") != std::string::npos);
    CHECK(night.log.find(" 2 ") != std::string::npos);
}

TEST_CASE("fleet: a copy that takes too long is told to stop, and nobody else is")
{
    Night night;
    night.add(2, {});
    night.deadlines[0] = 10s;
    bool told = false;
    night.run([&](const fleet::Turn& turn) {
        if (turn.vm == 0) {
            const auto pass = turn.gate.copy({{}, "t", "h"});
            night.steady = 10'000;
            std::mutex mutex;
            std::condition_variable_any alarm;
            std::unique_lock lock(mutex);
            alarm.wait_for(lock, turn.stop, long_enough, [] { return false; });
            told = turn.stop.stop_requested() && turn.is_late();
            const auto removing = turn.gate.try_removal({"a"});
            CHECK(turn.gate.try_removal({"a"}) == nullptr);  // it hurries nobody
            night.note("late");
        } else {
            const auto pass = turn.gate.copy({{}, "t", "h"});
            CHECK(night.await([&] { return night.log == "late "; }));
            CHECK_FALSE(turn.stop.stop_requested());
            CHECK_FALSE(turn.is_late());
        }
    });
    CHECK(told);
}
