// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_lines.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/width.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using report::Flight;
using report::ScreenSize;

namespace {

constexpr std::int64_t gigabyte = std::int64_t{1} << 30;
constexpr auto now = 1000s;

Flight stepping(const std::string& vm, const std::string& step, std::chrono::seconds ago)
{
    return {.vm = vm, .step = step, .since = now - ago};
}

Flight copying(const std::string& vm, int percent, std::int64_t in_use)
{
    Flight flight = stepping(vm, "copying", 900s);
    flight.percent = percent;
    flight.in_use = in_use;
    return flight;
}

/// A copy of which each per cent took ten seconds.
Flight steady_copy(const std::string& vm, int percent, std::int64_t in_use)
{
    Flight flight = copying(vm, percent, in_use);
    for (int reached = 0; reached <= percent; ++reached)
        flight.pace.reach(reached, now - 10s * (percent - reached));
    return flight;
}

std::string drawn(const std::list<Flight>& flights, ScreenSize screen,
                  const report::Tally& tally = {.vms = 1})
{
    return fmt::format("{}", fmt::join(report::live_lines(flights, tally, screen, now), "\n"));
}

struct Case {
    std::string name;
    std::list<Flight> flights;
    ScreenSize screen;
    std::string drawn;
};

const std::vector<Case> cases = {
    {"nobody is in flight", {}, {80, 24}, ""},
    {"a step",
     {stepping("avocado2", "taking the snapshot", 1s)},
     {80, 24},
     "avocado2  taking the snapshot"},
    {"a step that takes its time",
     {stepping("avocado2", "taking the snapshot", 75s)},
     {80, 24},
     "avocado2  taking the snapshot (1 min 15 s)"},
    {"a copy of which all is known",
     {steady_copy("avocado2", 42, 40 * gigabyte)},
     {80, 24},
     "avocado2  [=======           ]  42 %  about 17 of 40 GiB, 9 min 40 s left"},
    {"units that differ are both named",
     {copying("fig", 1, 40 * gigabyte)},
     {80, 24},
     "fig  [                       ]   1 %  about 410 MiB of 40 GiB"},
    {"a copy of which nothing is known",
     {copying("fig", 100, 0)},
     {80, 24},
     "fig  [=======================] 100 %"},
    {"bars stand below each other",
     {copying("fig", 50, 0), steady_copy("avocado2", 98, 0), stepping("kiwi", "looking", 0s)},
     {80, 24},
     "fig       [=========         ]  50 %\n"
     "avocado2  [================= ]  98 %  20 s left\n"
     "kiwi      looking"},
    {"Japanese names take two cells a character",
     {copying("アボカド", 50, 0), copying("fig", 50, 0)},
     {80, 24},
     "アボカド  [=========         ]  50 %\n"
     "fig       [=========         ]  50 %"},
    {"a long name gets a third of the line",
     {copying("a-virtual-machine-with-a-long-name", 50, 0)},
     {76, 24},
     "a-virtual-machine-with-a…   50 %"},
    {"a wide screen does not make the line longer",
     {copying("fig", 50, 0)},
     {500, 24},
     "fig  [===========            ]  50 %"},
    {"without room for a bar there is none",
     {steady_copy("avocado2", 42, 40 * gigabyte)},
     {60, 24},
     "avocado2   42 %  about 17 of 40 GiB, 9 min 40 s left"},
    {"what does not fit is cut",
     {steady_copy("avocado2", 42, 40 * gigabyte)},
     {30, 24},
     "avocado2   42 %  about 17 of…"},
    {"a screen of a few cells", {stepping("avocado2", "looking", 0s)}, {9, 24}, "a…  loo…"},
    {"a screen of one column", {stepping("avocado2", "looking", 0s)}, {1, 24}, ""},
    {"a screen of one row", {stepping("avocado2", "looking", 0s)}, {80, 1}, ""},
    {"control characters are shown as question marks",
     {stepping("evil\x1b[2J\xc2\x9b", "to \n\xff", 0s)},
     {80, 24},
     "evil?[2J?  to ?\?"},
};

}  // namespace

TEST_CASE("live_lines: what stands in the block")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        CHECK(drawn(c.flights, c.screen) == c.drawn);
    }
}

TEST_CASE(
    "live_lines: several VMs have a line with the tally, and those that find no room are counted")
{
    const std::list<Flight> flights = {stepping("a", "x", 0s), stepping("b", "x", 0s),
                                       stepping("c", "x", 0s), stepping("d", "x", 0s)};
    const report::Tally tally = {.vms = 9, .done = 2, .failed = 1, .skipped = 1, .began = 880s};
    const std::string last =
        "2 of 9 VMs done, 4 in flight, 1 waiting, 1 failed, 1 skipped; 2 min 00 s";
    CHECK(drawn(flights, {80, 24}, tally) == "a  x\nb  x\nc  x\nd  x\n" + last);
    CHECK(drawn(flights, {80, 6}, tally) == "a  x\nb  x\nc  x\nd  x\n" + last);
    CHECK(drawn(flights, {80, 5}, tally) == "a  x\nb  x\n… and 2 more\n" + last);
    CHECK(drawn(flights, {80, 3}, tally) == "… and 4 more\n" + last);
    CHECK(drawn(flights, {80, 2}, tally) == last);
    CHECK(drawn(flights, {80, 1}, tally).empty());
    CHECK(drawn({}, {80, 24}, {.vms = 2, .done = 1, .began = now}) ==
          "1 of 2 VMs done, 0 in flight, 1 waiting; 0 s");
}

TEST_CASE("live_lines: no line is wider than its screen, and there are never too many")
{
    const std::list<Flight> flights = {
        steady_copy("avocado2", 42, 40 * gigabyte), copying("アボカド-東京-データベース", 7, 1),
        stepping("papaya3", "deleting 'zz_papaya3-01-202609250241'", 4000s)};
    for (int columns = 0; columns < 130; ++columns)
        for (int rows = 0; rows < 8; ++rows) {
            const auto lines = report::live_lines(flights, {.vms = 9}, {columns, rows}, now);
            CHECK(static_cast<int>(lines.size()) <= std::max(rows - 1, 0));
            for (const std::string& line : lines)
                CHECK(cells(line) <= std::clamp(columns - 1, 0, 79));
        }
}
