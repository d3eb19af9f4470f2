// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "soap_scripted_server.hpp"

using namespace vimclient;
using namespace scripted;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Kind = Fault::Kind;

namespace {

/// A server that can go away, and a client with a day's patience that can be stopped. It has no
/// connection left after the logon, so that a change looks for the server first.
struct Bench {
    explicit Bench(std::chrono::seconds undo, const Script& script = ordinary)
        : server([this, script](const Request& request) {
              scripted::Answer answer = away ? scripted::Answer{"", false, true} : script(request);
              answer.close = request.method == "RetrieveServiceContent";
              answer.stall = request.method == "Login" ? 300ms : 0ms;
              return answer;
          }),
          vsphere(server.login({.connect = 5s,
                                .reply = 20s,
                                .retry_for = 24h,
                                .undo = undo,
                                .task_wait = 24h,
                                .removal = 24h},
                               stop.get_token()))
    {
    }

    std::jthread stop_later()
    {
        return later([this] { stop.request_stop(); });
    }

    static std::jthread later(std::function<void()> deed)
    {
        return std::jthread([deed = std::move(deed)] {
            std::this_thread::sleep_for(700ms);
            deed();
        });
    }

    std::atomic<bool> away{false};
    std::stop_source stop;
    Server server;
    std::unique_ptr<Vsphere> vsphere;
};

template <class Deed>
std::optional<Kind> kind_of(const Deed& deed)
{
    try {
        deed();
    } catch (const Fault& fault) {
        return fault.kind();
    }
    return std::nullopt;
}

/// The nth calls of this method, from `first` to `last`, find the VM busy.
Script busy(const std::string& method, int first, int last)
{
    return [=](const Request& request) {
        if (request.method != method)
            return ordinary(request);
        return request.number >= first && request.number <= last
                   ? fault("TaskInProgress", "busy")
                   : reply(method, "<returnval type=\"Task\">task-1</returnval>");
    };
}

const VmRef vm{"vm-1", "avocado2"};
const SnapshotRef snapshot{"snapshot-1"};
constexpr int ever = 1'000'000;

}  // namespace

TEST_CASE("stop: a read that waits for the server fails with it")
{
    Bench bench(24h);
    bench.away = true;
    const std::jthread helper([&](const std::stop_token& over) {
        while (bench.server.count("CurrentTime") < 2 && !over.stop_requested())
            std::this_thread::sleep_for(5ms);
        bench.stop.request_stop();
    });
    CHECK(kind_of([&] { bench.vsphere->now(); }) == Kind::unreachable);
    CHECK(bench.server.count("CurrentTime") > 1);
}

TEST_CASE("stop: a change that waits for the server fails with it, and is not sent")
{
    Bench bench(24h);
    bench.away = true;
    const auto helper = bench.stop_later();
    CHECK(kind_of([&] { bench.vsphere->consolidate(vm); }) == Kind::unreachable);
    CHECK(bench.server.count("ConsolidateVMDisks_Task") == 0);
}

TEST_CASE("stop: what is called after it waits for the server")
{
    Bench bench(24h);
    bench.away = true;
    bench.stop.request_stop();
    const auto helper = Bench::later([&] { bench.away = false; });
    CHECK_NOTHROW(bench.vsphere->now());
    CHECK(bench.server.count("CurrentTime") > 1);
}

TEST_CASE("stop: but no longer than it may, all calls together")
{
    Bench bench(2s);
    bench.away = true;
    bench.stop.request_stop();
    const Clock::time_point start = Clock::now();
    CHECK(kind_of([&] { bench.vsphere->now(); }) == Kind::unreachable);
    CHECK(Clock::now() - start >= 1s);
    const int calls = bench.server.count("CurrentTime");
    CHECK(kind_of([&] { bench.vsphere->begin_remove_snapshot(snapshot); }) == Kind::unreachable);
    CHECK(bench.server.count("CurrentTime") == calls + 1);
    CHECK(bench.server.count("RemoveSnapshot_Task") == 0);
    CHECK_THROWS_AS(bench.vsphere->wait({"task-1"}, {}), OutcomeUnknown);
}

TEST_CASE("stop: the removal of a snapshot is not cut off by it")
{
    Bench bench(24h, busy("RemoveSnapshot_Task", 1, 2));
    bench.away = true;
    const auto helper = bench.stop_later();
    const auto back = Bench::later([&] {
        std::this_thread::sleep_for(700ms);
        bench.away = false;
    });
    CHECK(bench.vsphere->begin_remove_snapshot(snapshot).has_value());
    CHECK(bench.stop.stop_requested());
    CHECK(bench.server.count("RemoveSnapshot_Task") == 3);
}

TEST_CASE("stop: the wait for a task goes on, and ends when the patience does")
{
    Bench bench(2s);
    bench.away = true;
    const auto helper = bench.stop_later();
    const Clock::time_point start = Clock::now();
    CHECK_THROWS_AS(bench.vsphere->wait({"task-1"}, {}), OutcomeUnknown);
    CHECK(Clock::now() - start >= 2600ms);
}

TEST_CASE("stop: no snapshot is begun after it")
{
    Bench busy_for_ever(24h, busy("CreateSnapshot_Task", 1, ever));
    const auto helper = busy_for_ever.stop_later();
    CHECK_THROWS_AS(busy_for_ever.vsphere->create_snapshot(vm, {"s", "d"}), Cancelled);
    const int sent = busy_for_ever.server.count("CreateSnapshot_Task");
    CHECK(sent > 0);
    CHECK_THROWS_AS(busy_for_ever.vsphere->create_snapshot(vm, {"s", "d"}), Cancelled);
    CHECK(busy_for_ever.server.count("CreateSnapshot_Task") == sent);
}

TEST_CASE("stop: a logon that waits for a server which is starting is cancelled")
{
    std::stop_source stop;
    Server server(
        [](const Request&) { return scripted::Answer{http("", "503 Service Unavailable")}; });
    const auto helper = Bench::later([&] { stop.request_stop(); });
    CHECK_THROWS_AS(server.login({.connect = 5s, .reply = 20s, .retry_for = 24h}, stop.get_token()),
                    Cancelled);
}
