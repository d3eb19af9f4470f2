// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/muster.hpp"

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using job::Muster;
using Point = Muster::Point;

namespace {

constexpr Point points[] = {Point::prepared, Point::ready, Point::at_rest, Point::taken};

/// A member that comes to every point, tells of its snapshot, and leaves; what it does otherwise
/// stands in `before`, by point.
struct Part {
    std::map<Point, std::function<void()>> before = {};
    Muster::Taking taking = {0ms, 10ms, false};
};

/// What became of a member: "" or what was thrown.
std::string play(Muster& muster, const std::string& vm, const Part& part, std::stop_token stop)
{
    const std::string end = told([&] {
        for (const Point point : points) {
            if (const auto deed = part.before.find(point); deed != part.before.end())
                deed->second();
            if (point == Point::taken)
                muster.record(vm, part.taking);
            muster.arrive(vm, point, stop);
        }
    });
    muster.leave(vm, end.empty() ? "it is done" : end);
    return end;
}

/// All members at once, each in a thread; their ends by name, a line each.
std::string play_all(Muster& muster, const std::map<std::string, Part>& parts,
                     std::stop_token stop = {})
{
    std::map<std::string, std::string> ends;
    for (const auto& [vm, part] : parts)
        ends[vm];
    {
        std::vector<std::jthread> threads;
        for (const auto& [vm, part] : parts)
            threads.emplace_back(
                [&, &vm = vm, &part = part] { ends.at(vm) = play(muster, vm, part, stop); });
    }
    std::string text;
    for (const auto& [vm, end] : ends)
        text += vm + ": " + end + "\n";
    return text;
}

Part fails_before(Point point)
{
    return {.before = {{point, [] { throw Error(ErrorKind::busy, "somebody is at work"); }}}};
}

const std::vector<std::string> three{"a", "b", "c"};

std::string given_up(const std::string& why)
{
    return "failed: cannot back it up: its group 'shop' is given up: " + why;
}

}  // namespace

TEST_CASE("muster: all come to every point, and the spread spans all snapshots")
{
    Muster muster(three, {.name = "shop"});
    CHECK_FALSE(muster.spread().has_value());
    const std::string ends = play_all(muster, {{"a", {.taking = {100ms, 130ms}}},
                                               {"b", {.taking = {90ms, 120ms}}},
                                               {"c", {.taking = {105ms, 190ms}}}});
    CHECK(ends == "a: \nb: \nc: \n");
    CHECK(muster.spread() == 100ms);
}

TEST_CASE("muster: nobody goes on before the last one has come")
{
    for (const Point point : points) {
        Muster muster({"a", "b"}, {.name = "shop"});
        bool is_there = false;
        Part late;
        late.before[point] = [&] { is_there = true; };
        // `b` sees what `a` wrote before it came: the barrier is between them.
        const auto then = [&] {
            const std::string end = play(muster, "b", {}, {});
            CHECK(is_there);
            CHECK(end == "");
        };
        std::jthread other(then);
        CHECK(play(muster, "a", late, {}) == "");
    }
}

TEST_CASE("muster: whoever fails before all have their snapshots releases the others at once")
{
    for (const Point point : points) {
        Muster muster(three, {.name = "shop"});
        const std::string why = "'b' is not with it: busy: somebody is at work";
        CHECK(play_all(muster, {{"a", {}}, {"b", fails_before(point)}, {"c", {}}}) ==
              "a: " + given_up(why) + "\nb: busy: somebody is at work\nc: " + given_up(why) + "\n");
        CHECK_FALSE(muster.spread().has_value());
    }
}

TEST_CASE("muster: best-effort goes on without it")
{
    for (const Point point : points) {
        Muster muster(three, {.name = "shop", .all_or_nothing = false});
        CHECK(play_all(muster, {{"a", {}}, {"b", fails_before(point)}, {"c", {}}}) ==
              "a: \nb: busy: somebody is at work\nc: \n");
        CHECK(muster.spread() == 10ms);
    }
}

TEST_CASE("muster: one that never begins is told by its leaving")
{
    Muster muster(three, {.name = "shop"});
    muster.leave("c", "it is skipped");
    const auto why = given_up("'c' is not with it: it is skipped");
    CHECK(play_all(muster, {{"a", {}}, {"b", {}}}) == "a: " + why + "\nb: " + why + "\n");
}

TEST_CASE("muster: an end after the last point hurts nobody")
{
    Muster muster({"a", "b"}, {.name = "shop"});
    CHECK(play_all(muster, {{"a", {}}, {"b", {}}}) == "a: \nb: \n");
    muster.leave("a", "its copy failed");
    CHECK(muster.spread() == 10ms);
}

TEST_CASE("muster: patience has an end")
{
    Muster strict({"a", "b"}, {.name = "shop", .patience = 1ms});
    CHECK(play(strict, "a", {}, {}) == given_up("'b' did not come within 1 s"));
    CHECK(play(strict, "b", {}, {}) == given_up("'b' did not come within 1 s"));

    Muster mild({"a", "b"}, {.name = "shop", .all_or_nothing = false, .patience = 1ms});
    CHECK(play(mild, "a", {}, {}) == "");
    CHECK(play(mild, "b", {}, {}) ==
          "failed: cannot back it up: its group 'shop' went on without it");
}

TEST_CASE("muster: nobody loses patience with one that waits in a queue")
{
    Muster muster(three, {.name = "shop", .patience = 1ms});
    for (const std::string& vm : three)
        muster.queue(vm, true);
    const auto late = [] { std::this_thread::sleep_for(20ms); };
    CHECK(play_all(muster, {{"a", {}}, {"b", {.before = {{Point::ready, late}}}}, {"c", {}}}) ==
          "a: \nb: \nc: \n");
}

TEST_CASE("muster: a stop ends every wait")
{
    for (const Point point : points) {
        Muster muster(three, {.name = "shop"});
        std::stop_source stop;
        Part stopper;
        stopper.before[point] = [&] {
            stop.request_stop();
            throw vimclient::Cancelled{};
        };
        CHECK(play_all(muster, {{"a", {}}, {"b", stopper}, {"c", {}}}, stop.get_token()) ==
              "a: cancelled\nb: cancelled\nc: cancelled\n");
    }
}

TEST_CASE("muster: with stop_group one snapshot follows the other, in the order of the members")
{
    Muster muster(three, {.name = "shop", .stops_at_freeze = true});
    std::string order;
    std::map<std::string, Part> parts;
    for (const std::string& vm : three)
        parts[vm].before[Point::taken] = [&order, &vm] { order += vm; };
    CHECK(play_all(muster, parts) == "a: \nb: \nc: \n");
    CHECK(order == "abc");
}

TEST_CASE("muster: after a guest that froze for too long no other is frozen")
{
    const Part frozen{.taking = {0ms, 9000ms, true}};
    const std::string why = "the guest of 'b' was frozen for longer than max_freeze";
    const std::string stops = "failed: cannot back it up: its group 'shop' stops: " + why;

    Muster strict(three, {.name = "shop", .stops_at_freeze = true});
    CHECK(play_all(strict, {{"a", {}}, {"b", frozen}, {"c", {}}}) ==
          "a: " + given_up(why) + "\nb: " + given_up(why) + "\nc: " + given_up(why) + "\n");

    Muster mild(three, {.name = "shop", .all_or_nothing = false, .stops_at_freeze = true});
    CHECK(play_all(mild, {{"a", {}}, {"b", frozen}, {"c", {}}}) == "a: \nb: \nc: " + stops + "\n");

    // The last one: all snapshots are there.
    Muster last(three, {.name = "shop", .stops_at_freeze = true});
    CHECK(play_all(last, {{"a", {}}, {"b", {}}, {"c", frozen}}) == "a: \nb: \nc: \n");

    // Who does not ask for it is told in another way.
    Muster indifferent(three, {.name = "shop"});
    CHECK(play_all(indifferent, {{"a", {}}, {"b", frozen}, {"c", {}}}) == "a: \nb: \nc: \n");
}

TEST_CASE("muster: who need not be consistent is backed up one after the other")
{
    std::string order;
    std::map<std::string, Part> parts;
    for (const std::string& vm : three) {
        parts[vm].before[Point::ready] = [&order, &vm] { order += vm; };
        parts[vm].before[Point::taken] = [&order, &vm] { order += vm; };
    }
    const Muster::Rules rules{.name = "shop", .consistent = false, .stops_at_freeze = true};
    Muster muster(three, rules);
    CHECK(play_all(muster, parts) == "a: \nb: \nc: \n");
    CHECK(order == "aabbcc");
    CHECK_FALSE(muster.spread().has_value());

    Muster failing(three, rules);
    CHECK(play_all(failing, {{"a", fails_before(Point::ready)}, {"b", {}}, {"c", {}}}) ==
          "a: busy: somebody is at work\nb: \nc: \n");

    Muster freezing(three, rules);
    CHECK(play_all(freezing, {{"a", {}}, {"b", {.taking = {0ms, 9000ms, true}}}, {"c", {}}}) ==
          "a: \nb: \nc: failed: cannot back it up: its group 'shop' stops: the guest of 'b' was "
          "frozen for longer than max_freeze\n");
}

TEST_CASE("muster: failing at random, nobody waits for ever")
{
    for (unsigned seed = 0; seed < 200; ++seed) {
        Muster muster(three, {.name = "shop",
                              .all_or_nothing = seed % 2 == 0,
                              .stops_at_freeze = seed % 3 == 0,
                              .patience = 60s});
        std::map<std::string, Part> parts;
        unsigned dice = seed;
        for (const std::string& vm : three) {
            dice = dice * 1103515245 + 12345;
            const unsigned fate = (dice >> 16) % 8;
            parts[vm] = fate < 4 ? fails_before(points[fate]) : Part{};
            parts[vm].taking.froze_too_long = fate == 5;
        }
        play_all(muster, parts);
    }
}
