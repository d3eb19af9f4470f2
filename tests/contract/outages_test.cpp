// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <filesystem>
#include <optional>

#include <doctest/doctest.h>

#include "clone_bench.hpp"

using namespace vimclient;
using namespace std::chrono_literals;
using contract::Bench;
using contract::later;
using contract::ServerUnderTest;
using Clock = std::chrono::steady_clock;
using Kind = Fault::Kind;

namespace {

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

const nlohmann::json slow{{"copyMs", 6000}};

Patience short_reply()
{
    Patience patience = ServerUnderTest::patience();
    patience.reply = 2s;
    patience.retry_for = 4s;
    return patience;
}

}  // namespace

TEST_CASE("a restart in mid-copy: the task is forgotten, and the copy unknown, never made")
{
    for (const std::string copies : {"goOn", "lost", "half"}) {
        for (const bool answers503 : {false, true}) {
            CAPTURE(copies);
            CAPTURE(answers503);
            const Bench bench(slow);
            const auto helper = later(1s, [&] {
                bench.server.order({{"action", "restart"},
                                    {"downMs", 2000},
                                    {"answers503", answers503},
                                    {"copies", copies}});
            });
            CHECK_THROWS_AS(bench.clone(), OutcomeUnknown);
            CHECK(bench.server.count("CloneVM_Task") == 1);
            CHECK(bench.copies().size() == (copies == "lost" ? 0 : 1));
        }
    }
}

TEST_CASE("a restart between calls costs a logon and nothing else")
{
    const Bench bench;
    bench.server.order({{"action", "restart"}, {"downMs", 1500}});
    CHECK(bench.copies().empty());
    bench.server.order({{"action", "restart"}, {"downMs", 1500}, {"answers503", true}});
    CHECK(!bench.clone().id.empty());
    CHECK(bench.server.count("CloneVM_Task") == 1);
    CHECK(bench.server.count("Login") == 3);
}

TEST_CASE("a logon that is lost or refused by a server that starts is repeated")
{
    for (const std::string action : {"drop", "dropReply", "status", "html"}) {
        CAPTURE(action);
        const Bench bench;
        bench.rule("Login", action);
        bench.server.order({{"action", "end_sessions"}});
        CHECK(bench.copies().empty());
        CHECK(bench.hits() == 1);

        bench.server.order({{"action", "clear_rules"}});
        bench.rule("Login", action);
        bench.server.order({{"action", "end_sessions"}});
        CHECK(!bench.clone().id.empty());
        CHECK(bench.hits() == 1);
        CHECK(bench.copies().size() == 1);
    }
}

TEST_CASE("a reply that never comes is given up in time")
{
    const Bench bench({{"removeMs", 100}}, short_reply());
    bench.rule("CurrentTime", "stall", {{"count", -1}});
    bench.rule("RemoveSnapshot_Task", "stall");
    const Clock::time_point start = Clock::now();
    CHECK_THROWS_AS(bench.vsphere->begin_remove_snapshot(bench.snapshot), OutcomeUnknown);
    CHECK(bench.server.count("RemoveSnapshot_Task") == 1);
    CHECK(kind_of([&] { bench.vsphere->now(); }) == Kind::unreachable);
    CHECK(Clock::now() - start < 60s);
    CHECK(bench.hits() > 2);
}

TEST_CASE("a frozen server: a copy outlives it, and is unknown where it lasts too long")
{
    const Bench bench(slow, short_reply());
    const auto helper = later(1s, [&] {
        bench.server.order({{"action", "freeze"}, {"ms", 3000}});
    });
    CHECK(!bench.clone().id.empty());

    const Bench frozen(slow, short_reply());
    const auto other = later(1s, [&] {
        frozen.server.order({{"action", "freeze"}, {"ms", 20'000}});
    });
    CHECK_THROWS_AS(frozen.clone(), OutcomeUnknown);
}

TEST_CASE("another certificate in mid-run is not trusted, whatever is asked")
{
    const Bench bench(slow);
    const std::string other = bench.server.folder() / "other.pem";
    const auto helper = later(1s, [&] {
        bench.server.order(
            {{"action", "restart"}, {"downMs", 500}, {"newCert", true}, {"writeCert", other}});
    });
    try {
        bench.clone();
        FAIL_CHECK("the copy has an end");
    } catch (const OutcomeUnknown& lost) {
        CHECK(lost.kind() == Kind::untrusted);
    }
    const std::size_t logons = bench.server.count("Login");
    CHECK(kind_of([&] { bench.vsphere->now(); }) == Kind::untrusted);
    CHECK(kind_of([&] { bench.vsphere->begin_remove_snapshot(bench.snapshot); }) ==
          Kind::untrusted);
    CHECK(kind_of([&] { bench.vsphere->destroy(bench.scene.source); }) == Kind::untrusted);
    CHECK(bench.server.count("RemoveSnapshot_Task") == 0);
    CHECK(bench.server.count("Login") == logons);
}

TEST_CASE("a stop ends the wait for an answer that never comes")
{
    Patience patience = ServerUnderTest::patience();
    patience.reply = 24h;
    std::stop_source stop;
    const Bench bench(nlohmann::json::object(), patience, stop.get_token());
    bench.rule("CurrentTime", "stall");
    const auto helper = later(1s, [&] { stop.request_stop(); });
    CHECK(kind_of([&] { bench.vsphere->now(); }) == Kind::unreachable);
    CHECK(bench.hits() == 1);
    CHECK_NOTHROW(bench.vsphere->now());
}

TEST_CASE(
    "a stop while the server is away: the copy is left, its snapshot removed if it comes back")
{
    for (const bool comes_back : {true, false}) {
        CAPTURE(comes_back);
        Patience patience = ServerUnderTest::patience();
        patience.retry_for = 24h;
        patience.undo = comes_back ? 1h : 3s;
        std::stop_source stop;
        const Bench bench(nlohmann::json{{"copyMs", 600000}}, patience, stop.get_token());
        const auto helper = later(1s, [&] {
            bench.server.order({{"action", "refuse"}, {"downMs", comes_back ? 4000 : -1}});
            std::this_thread::sleep_for(500ms);
            stop.request_stop();
        });
        if (comes_back) {
            CHECK_THROWS_AS(bench.clone({}, stop.get_token()), Cancelled);
            CHECK(bench.copies().empty());
        } else {
            CHECK_THROWS_AS(bench.clone({}, stop.get_token()), OutcomeUnknown);
        }
        const auto removed = [&] {
            if (const auto removal = bench.vsphere->begin_remove_snapshot(bench.snapshot))
                bench.vsphere->wait(*removal, {});
        };
        CHECK(kind_of(removed) == (comes_back ? std::nullopt : std::optional(Kind::unreachable)));
    }
}
