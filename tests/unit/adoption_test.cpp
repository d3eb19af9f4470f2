// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/adoption.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;

namespace {

Time on(int day)
{
    using namespace std::chrono;
    return sys_days{year{2019} / August / 31} + days{day};
}

/// A generation that was made on that day of September.
struct Old {
    long seq;
    int day;
};

/// A VM that joins; `seq` is the number that it had elsewhere.
struct New {
    int day;
    long seq = 0;
};

struct Case {
    std::string name;
    std::vector<Old> set;  ///< newest first
    std::vector<New> newcomers;
    std::string steps;  ///< "new3=5 old1=4", in their order
    long highest = 0;   ///< in a stranger's mark
};

Set set_of(const std::vector<Old>& rows, long highest)
{
    Set set;
    set.highest_seq = highest;
    for (const Old& row : rows) {
        set.generations.push_back({fmt::format("old{}", row.day), fmt::format("zz_a-{}", row.day),
                                   1, row.seq, on(row.day), Condition::good, ""});
        set.highest_seq = std::max(set.highest_seq, row.seq);
    }
    return set;
}

std::vector<Newcomer> newcomers_of(const std::vector<New>& rows)
{
    std::vector<Newcomer> newcomers;
    for (const New& row : rows)
        newcomers.push_back(
            {fmt::format("new{}", row.day), fmt::format("zz_n-{}", row.day), on(row.day), row.seq});
    return newcomers;
}

std::string text_of(const std::vector<Numbering>& steps)
{
    std::string text;
    for (const Numbering& step : steps)
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", step.id, step.seq);
    return text;
}

const std::vector<Case> cases = {
    {"nothing joins: nothing is touched", {{7, 9}, {4, 3}}, {}, ""},
    {"an empty set: the oldest gets 1", {}, {{1}, {2}, {3}}, "new3=3 new2=2 new1=1"},
    {"the order of the list says nothing", {}, {{2}, {3}, {1}}, "new3=3 new2=2 new1=1"},
    {"all are newer: the set keeps its numbers", {{2, 2}, {1, 1}}, {{5}, {4}}, "new5=4 new4=3"},
    {"all are older: the set moves up",
     {{2, 9}, {1, 8}},
     {{1}, {2}},
     "old9=6 old8=5 new2=4 new1=3"},
    {"one between two: the older one keeps its number", {{2, 9}, {1, 3}}, {{5}}, "old9=4 new5=3"},
    {"one above and one below", {{4, 5}}, {{9}, {1}}, "new9=7 old5=6 new1=5"},
    {"room below does not tempt: numbers below the highest may have been given before",
     {{9, 9}},
     {{1}},
     "old9=11 new1=10"},
    {"the number of a stranger is not given again", {}, {{1}}, "new1=8", 7},
    {"the same moment: the set's own stays above", {{1, 5}}, {{5}}, "old5=3 new5=2"},

    // from another set, with numbers
    {"from another set into an empty one: the numbers stay",
     {},
     {{3, 30}, {1, 10}},
     "new3=30 new1=10"},
    {"the former numbers order them, clocks do not", {}, {{1, 30}, {3, 10}}, "new1=30 new3=10"},
    {"they fit below what is there: nothing else moves",
     {{30, 9}},
     {{3, 20}, {1, 10}},
     "new3=20 new1=10"},
    {"they do not fit below: what is newer moves up",
     {{1, 9}},
     {{3, 20}, {1, 10}},
     "old9=21 new3=20 new1=10"},
    {"the same numbers: the set's own move up",
     {{2, 9}, {1, 8}},
     {{3, 2}, {1, 1}},
     "old9=4 old8=3 new3=2 new1=1"},
};

/// Members by their numbers, newest first, must be what `order` says, as far as they are there.
bool is_in_order(const std::map<std::string, long>& numbers, const std::vector<std::string>& order)
{
    std::set<long> seen;
    long above = highest_number + 1;
    for (const std::string& id : order) {
        const auto found = numbers.find(id);
        if (found == numbers.end())
            continue;
        if (found->second >= above || !seen.insert(found->second).second)
            return false;
        above = found->second;
    }
    return true;
}

}  // namespace

TEST_CASE("number: what joins gets its place in the order")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        CHECK(text_of(number(set_of(c.set, c.highest), newcomers_of(c.newcomers))) == c.steps);
    }
}

TEST_CASE("number: each step says why")
{
    const auto steps = number(set_of({{1, 5}}, 0), newcomers_of({{9}, {1}}));
    REQUIRE(steps.size() == 3);
    CHECK(steps[0].reason == "joins as the newest");
    CHECK(steps[0].joins);
    CHECK(steps[1].reason == "moves up: 'zz_n-1' joins below it");
    CHECK_FALSE(steps[1].joins);
    CHECK(steps[2].reason == "joins below 'zz_a-5'");
}

TEST_CASE("number: the number of an unfinished copy is not given again")
{
    Set set = set_of({{1, 5}}, 0);
    set.unfinished = {{"vm-x", "zz_x", "run-x", 4, 20, on(6)}};
    CHECK(text_of(number(set, newcomers_of({{9}, {1}}))) == "new9=23 old5=22 new1=21");
}

TEST_CASE("number: numbers end somewhere")
{
    CHECK(fits(number(set_of({}, highest_number - 1), newcomers_of({{1}}))));
    CHECK_FALSE(fits(number(set_of({}, highest_number), newcomers_of({{1}}))));
    CHECK(fits({}));
}

TEST_CASE("number: killed after any step, the order is right, and going on ends the same")
{
    std::mt19937 random(20190925);
    const auto pick = [&](int count) { return static_cast<int>(random() % unsigned(count)); };
    for (int round = 0; round < 3000; ++round) {
        INFO("round ", round);
        std::set<int> days;
        const int size = pick(9);
        while (std::ssize(days) < size)
            days.insert(1 + pick(1000));
        std::vector<Old> old;
        std::vector<New> joining;
        long seq = 0;
        for (const int day : days)
            if (pick(2) == 0)
                old.insert(old.begin(), {seq += 1 + pick(3), day});
            else
                joining.push_back({day});
        const Set set = set_of(old, pick(3) == 0 ? seq + pick(5) : 0);
        const auto newcomers = newcomers_of(joining);

        std::vector<std::string> order;
        for (auto day = days.rbegin(); day != days.rend(); ++day)
            order.push_back(std::ranges::count(joining, *day, &New::day)
                                ? fmt::format("new{}", *day)
                                : fmt::format("old{}", *day));
        std::map<std::string, long> numbers;
        for (const Generation& generation : set.generations)
            numbers[generation.id] = generation.seq;
        const auto steps = number(set, newcomers);
        const std::size_t killed_after = steps.empty() ? 0 : random() % (steps.size() + 1);
        for (std::size_t i = 0; i < steps.size(); ++i) {
            numbers[steps[i].id] = steps[i].seq;
            CHECK(is_in_order(numbers, order));
            if (i + 1 == killed_after)
                break;
        }

        // the next run reads what is there and goes on
        Set now;
        std::vector<Newcomer> left;
        for (const std::string& id : order) {
            const int day = std::stoi(id.substr(3));
            const auto found = numbers.find(id);
            if (found == numbers.end())
                left.push_back({id, "zz_n-" + id.substr(3), on(day), 0});
            else
                now.generations.push_back({id, id, 1, found->second, on(day), Condition::good, ""});
        }
        for (const Generation& generation : now.generations)
            now.highest_seq = std::max(now.highest_seq, generation.seq);
        for (const Numbering& step : number(now, left)) {
            numbers[step.id] = step.seq;
            CHECK(is_in_order(numbers, order));
        }
        CHECK(numbers.size() == order.size());
    }
}
