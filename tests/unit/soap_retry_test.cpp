// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/retry.hpp"

#include <thread>

#include <doctest/doctest.h>

using namespace vimclient::wire;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

// until it gives up
int attempts(Retry& retry, const std::stop_token& over = {})
{
    int count = 0;
    while (retry.pause(over))
        ++count;
    return count;
}

std::jthread soon(std::stop_source& source)
{
    return std::jthread([&source] {
        std::this_thread::sleep_for(600ms);
        source.request_stop();
    });
}

}  // namespace

TEST_CASE("retry: attempts end when their time is over")
{
    const Stop never({}, 1h);
    for (const OnStop on_stop : {OnStop::give_up, OnStop::go_on}) {
        const Clock::time_point start = Clock::now();
        Retry retry(1s, never, on_stop);
        CHECK(attempts(retry) > 1);
        CHECK(Clock::now() - start >= 1s);
    }
}

TEST_CASE("retry: attempts that are under way end with a stop")
{
    std::stop_source source;
    const Stop stop(source.get_token(), 24h);
    Retry retry(24h, stop, OnStop::give_up);
    const auto helper = soon(source);
    CHECK(attempts(retry) > 0);
    CHECK(!retry.pause());
}

TEST_CASE("retry: attempts that undo something go on after a stop, until its patience is over")
{
    std::stop_source source;
    const Stop stop(source.get_token(), 2s);
    Retry retry(24h, stop, OnStop::go_on);
    const Clock::time_point start = Clock::now();
    const auto helper = soon(source);
    CHECK(attempts(retry) > 2);
    CHECK(Clock::now() - start >= 2600ms);
}

TEST_CASE("retry: attempts that begin after a stop have its patience, or their own if shorter")
{
    struct Case {
        std::chrono::seconds limit, undo;
    };
    for (const Case& c : {Case{24h, 1s}, Case{1s, 24h}}) {
        std::stop_source source;
        const Stop stop(source.get_token(), c.undo);
        const Clock::time_point start = Clock::now();
        source.request_stop();
        Retry retry(c.limit, stop, OnStop::give_up);
        CHECK(attempts(retry) > 1);
        CHECK(Clock::now() - start >= 990ms);
    }
}

TEST_CASE("retry: the patience after a stop is one for all attempts, and new with each answer")
{
    std::stop_source source;
    Stop stop(source.get_token(), 1s);
    source.request_stop();
    std::this_thread::sleep_for(1100ms);
    Retry late(24h, stop, OnStop::go_on);
    CHECK(!late.pause());
    stop.answered();
    CHECK(late.pause());
}

TEST_CASE("retry: whoever asked may give up")
{
    const Stop never({}, 1h);
    std::stop_source over;
    Retry retry(24h, never, OnStop::go_on);
    const auto helper = soon(over);
    CHECK(attempts(retry, over.get_token()) > 0);
}
