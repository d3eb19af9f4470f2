// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/pace.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "base/text.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using report::Pace;

namespace {

using Reached = std::pair<std::chrono::seconds, int>;  // when, per cent

std::string left_after(const std::vector<Reached>& way, std::chrono::seconds now)
{
    Pace pace;
    for (const auto& [when, percent] : way)
        pace.reach(percent, when);
    const auto left = pace.left(now);
    return left ? duration_text(*left) : "nothing";
}

/// A per cent every so often, from 0 on.
std::vector<Reached> steady(std::chrono::seconds pause, int until)
{
    std::vector<Reached> way;
    for (int percent = 0; percent <= until; ++percent)
        way.emplace_back(pause * percent, percent);
    return way;
}

std::vector<Reached> followed_by(std::vector<Reached> way, const std::vector<Reached>& more)
{
    way.insert(way.end(), more.begin(), more.end());
    return way;
}

}  // namespace

TEST_CASE("pace: the time that is left")
{
    struct Case {
        std::string name;
        std::vector<Reached> way;
        std::chrono::seconds now;
        std::string left;
    };
    const std::vector<Case> cases = {
        {"nothing was reached", {}, 60s, "nothing"},
        {"one moment says nothing", {{0s, 0}}, 60s, "nothing"},
        {"nor does a single step", {{0s, 0}, {10s, 1}}, 10s, "nothing"},
        {"too early to tell", {{0s, 0}, {2s, 1}, {4s, 2}}, 4s, "nothing"},
        {"two steps in five seconds", {{0s, 0}, {3s, 1}, {6s, 2}}, 6s, "4 min 54 s"},
        {"a steady copy", steady(10s, 40), 400s, "10 min 00 s"},
        {"time goes on between two steps", steady(10s, 40), 405s, "9 min 55 s"},
        {"but not below nothing", steady(10s, 99), 1100s, "0 s"},
        {"at the end nothing is left to be said", steady(10s, 100), 1000s, "nothing"},
        {"the same per cent again changes nothing",
         followed_by(steady(10s, 40), {{405s, 40}, {409s, 40}}), 410s, "9 min 50 s"},
        {"a copy that was met half-way", {{0s, 50}, {10s, 51}, {20s, 52}}, 20s, "8 min 00 s"},
        {"a lower per cent begins a new copy", followed_by(steady(10s, 40), {{410s, 0}, {411s, 1}}),
         420s, "nothing"},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        CHECK(left_after(c.way, c.now) == c.left);
    }
}

TEST_CASE("pace: a hiccup hardly shows, a datastore that stays slow does")
{
    Pace pace;
    for (const auto& [when, percent] : steady(10s, 40))
        pace.reach(percent, when);
    pace.reach(41, 425s);
    CHECK(*pace.left(425s) < 12min);  // the last step alone says 24
    for (int percent = 42; percent <= 60; ++percent)
        pace.reach(percent, 425s + (percent - 41) * 30s);
    CHECK(*pace.left(995s) > 17min);
    CHECK(*pace.left(995s) < 21min);
}

TEST_CASE("pace: what a screen shows is rounded, the more the more is left")
{
    CHECK(report::rounded(0s) == 5s);
    CHECK(report::rounded(12s) == 10s);
    CHECK(report::rounded(13s) == 15s);
    CHECK(report::rounded(59s) == 60s);
    CHECK(report::rounded(94s) == 90s);
    CHECK(report::rounded(96s) == 100s);
    CHECK(report::rounded(12min + 31s) == 13min);
    CHECK(report::rounded(3h + 29s) == 3h);
}
