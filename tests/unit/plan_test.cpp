// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/plan.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

struct Row {
    int slot;
    long seq;             // and the day of September 2019 on which it was made
    std::string verdict;  // the reason alone where it stays
    Condition condition = Condition::good;
};

struct Next {
    Rules rules;
    int slot;
    long seq;
};

struct Case {
    std::string name;
    Next next;
    std::vector<Row> rows = {};  // newest first
    std::vector<std::pair<int, long>> unfinished = {};
    std::string unread = {};
};

Time on(long day)
{
    using namespace std::chrono;
    return sys_days{year{2019} / August / 31} + days{day} + 41min;
}

std::string reason_of(Condition condition)
{
    switch (condition) {
        case Condition::good: return "";
        case Condition::pinned: return "is pinned: audit";
        case Condition::in_use: return "is powered on";
        case Condition::set_aside: return "has a snapshot";
    }
    return "?";
}

Set set_of(const Case& c)
{
    Set set;
    for (const Row& row : c.rows)
        set.generations.push_back({fmt::format("vm-{}", row.seq), fmt::format("zz_a-{}", row.seq),
                                   row.slot, row.seq, on(row.seq), row.condition,
                                   reason_of(row.condition)});
    for (const auto& [slot, seq] : c.unfinished)
        set.unfinished.push_back({"vm-x", "zz_x", "run-x", slot, seq});
    set.unread = c.unread;
    return set;
}

std::string verdict(const Decision& decision)
{
    switch (decision.fate) {
        case Fate::keep: return decision.reason;
        case Fate::expire: return "expire: " + decision.reason;
        case Fate::hold: return "hold: " + decision.reason;
    }
    return "?";
}

void check(const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        const Set set = set_of(c);
        const Plan result = plan(set, c.next.rules);
        CHECK(result.slot == c.next.slot);
        CHECK(result.seq == c.next.seq);
        REQUIRE(result.decisions.size() == c.rows.size());
        for (std::size_t i = 0; i < c.rows.size(); ++i) {
            INFO("row: ", i);
            CHECK((result.decisions[i].generation == set.generations[i]));
            CHECK(verdict(result.decisions[i]) == c.rows[i].verdict);
        }
    }
}

Rules keep(int number)
{
    return {.keep = number};
}

const std::string old1 = "expire: older than the newest 1";
const std::string old2 = "expire: older than the newest 2";
const std::string old3 = "expire: older than the newest 3";
const std::string hold2 = "hold: older than the newest 2, held back: ";
const std::string pinned = "is pinned: audit";
const std::string changed = "has a snapshot";
const std::string running = "is powered on";

}  // namespace

TEST_CASE("plan: with keep 3 the runs go 01, 02, 03, 04, 01")
{
    const std::vector<Case> cases = {
        {"the first run", {keep(3), 1, 1}},
        {"the second", {keep(3), 2, 2}, {{1, 1, "2 of 3"}}},
        {"the third fills it", {keep(3), 3, 3}, {{2, 2, "2 of 3"}, {1, 1, "3 of 3"}}},
        {"the fourth: 01 goes",
         {keep(3), 4, 4},
         {{3, 3, "2 of 3"}, {2, 2, "3 of 3"}, {1, 1, old3}}},
        {"the fifth, round the ring: 02 goes",
         {keep(3), 1, 5},
         {{4, 4, "2 of 3"}, {3, 3, "3 of 3"}, {2, 2, old3}}},
        {"the sixth: 03 goes", {keep(3), 2, 6}, {{1, 5, "2 of 3"}, {4, 4, "3 of 3"}, {3, 3, old3}}},
    };
    check(cases);
}

TEST_CASE("plan: slots that are taken are passed over, and nothing goes to make room")
{
    const std::vector<Case> cases = {
        {"no gap, since a deletion failed: the oldest's slot, not the newest's",
         {keep(2), 2, 5},
         {{1, 4, "2 of 2"}, {3, 3, old2}, {2, 2, old2}}},
        {"a pinned one sits in the next slot",
         {keep(3), 3, 6},
         {{1, 5, "2 of 3"}, {4, 4, "3 of 3"}, {2, 2, pinned, Condition::pinned}}},
        {"an unfinished one sits in the next slot",
         {keep(3), 4, 4},
         {{2, 2, "2 of 3"}, {1, 1, "3 of 3"}},
         {{3, 3}}},
        {"two unfinished ones in a row, and round the ring",
         {keep(3), 2, 6},
         {{3, 3, "2 of 3"}},
         {{4, 4}, {1, 5}}},
        {"unfinished ones everywhere else: the one after the newest",
         {keep(2), 3, 9},
         {{2, 2, "2 of 2"}},
         {{1, 7}, {3, 8}}},
        {"an unfinished one is all there is", {keep(2), 2, 2}, {}, {{1, 1}}},
        {"unfinished ones are all there is", {keep(1), 1, 8}, {}, {{1, 6}, {2, 7}}},
        {"the newest counts, be it pinned",
         {keep(2), 3, 4},
         {{2, 3, pinned, Condition::pinned}, {1, 2, "2 of 2"}}},
        {"a hole in the ring is found after the newest, not from 01",
         {keep(4), 5, 9},
         {{4, 8, "2 of 4"}, {1, 5, "3 of 4"}}},
    };
    check(cases);
}

TEST_CASE("plan: seq is one more than the highest, whatever is missing")
{
    const std::vector<Case> cases = {
        {"numbers that were deleted by hand", {keep(3), 2, 10}, {{1, 9, "2 of 3"}}},
        {"an unfinished one has the highest", {keep(3), 2, 13}, {{1, 9, "2 of 3"}}, {{4, 12}}},
        {"an unfinished one has a low one", {keep(3), 2, 10}, {{1, 9, "2 of 3"}}, {{4, 3}}},
    };
    check(cases);
}

TEST_CASE("plan: keep was changed")
{
    const std::vector<Case> cases = {
        {"lowered from 4 to 2: the ring starts again at 1, the oldest go first, two a run",
         {keep(2), 1, 6},
         {{5, 5, "2 of 2"},
          {4, 4, hold2 + "at most 2 expire in one run"},
          {3, 3, old2},
          {2, 2, old2}}},
        {"lowered, and the newest sits above the ring",
         {keep(1), 1, 10},
         {{9, 9, old1}, {8, 8, old1}}},
        {"lowered, and the newest sits in the last slot", {keep(1), 1, 3}, {{2, 2, old1}}},
        {"raised from 2 to 4: all stay", {keep(4), 2, 5}, {{1, 4, "2 of 4"}, {3, 3, "3 of 4"}}},
        {"raised at the end of the ring: it goes on",
         {keep(4), 4, 4},
         {{3, 3, "2 of 4"}, {2, 2, "3 of 4"}}},
        {"1: two while the copy runs", {keep(1), 2, 2}, {{1, 1, old1}}},
        {"0 counts as 1", {keep(0), 2, 2}, {{1, 1, old1}}},
        {"less than nothing counts as 1", {keep(-5), 1, 3}, {{2, 2, old1}}},
        {"98 has 99 slots", {keep(98), 99, 3}, {{98, 2, "2 of 98"}}},
        {"after 99 comes 01", {keep(98), 1, 3}, {{99, 2, "2 of 98"}}},
        {"200 counts as 98", {keep(200), 1, 3}, {{99, 2, "2 of 98"}}},
    };
    check(cases);
}

TEST_CASE("plan: what is pinned or changed stays and takes no place")
{
    const std::vector<Case> cases = {
        {"a pinned one among the newest pushes none out",
         {keep(2), 1, 4},
         {{3, 3, pinned, Condition::pinned}, {2, 2, "2 of 2"}}},
        {"a pinned one that is old",
         {keep(2), 1, 4},
         {{3, 3, "2 of 2"}, {2, 2, old2}, {4, 1, pinned, Condition::pinned}}},
        {"one that was changed counts for nothing",
         {keep(2), 1, 4},
         {{3, 3, changed, Condition::set_aside}, {2, 2, "2 of 2"}, {1, 1, old2}}},
        {"nothing is good: nothing goes",
         {keep(1), 1, 3},
         {{2, 2, changed, Condition::set_aside}, {1, 1, pinned, Condition::pinned}}},
    };
    check(cases);
}

TEST_CASE("plan: while one is in use, or cannot be read, nothing expires")
{
    const std::vector<Case> cases = {
        {"the oldest runs",
         {keep(2), 1, 4},
         {{3, 3, "2 of 2"},
          {2, 2, hold2 + "'zz_a-1' is powered on"},
          {1, 1, running, Condition::in_use}}},
        {"the newest runs, and takes no place",
         {keep(2), 1, 4},
         {{3, 3, running, Condition::in_use},
          {2, 2, "2 of 2"},
          {1, 1, hold2 + "'zz_a-3' is powered on"}}},
        {"none is due: nothing is held", {keep(3), 2, 2}, {{1, 1, running, Condition::in_use}}},
        {"one cannot be read",
         {keep(2), 1, 4},
         {{3, 3, "2 of 2"}, {2, 2, hold2 + "'zz_a-7' cannot be read"}},
         {},
         "zz_a-7"},
        {"one cannot be read and another runs: both hold, one is named",
         {keep(1), 1, 4},
         {{3, 3, "hold: older than the newest 1, held back: 'zz_a-7' cannot be read"},
          {2, 2, running, Condition::in_use}},
         {},
         "zz_a-7"},
    };
    check(cases);
}

TEST_CASE("plan: the brake lets the oldest go first")
{
    const auto rows = [](const std::string& newer, const std::string& older) {
        return std::vector<Row>{{3, 3, "2 of 2"}, {2, 2, newer}, {1, 1, older}};
    };
    const std::string none = hold2 + "at most 0 expire in one run";
    const std::vector<Case> cases = {
        {"two", {{.keep = 2, .brake = 2}, 1, 4}, rows(old2, old2)},
        {"one", {{.keep = 2, .brake = 1}, 1, 4}, rows(hold2 + "at most 1 expire in one run", old2)},
        {"none", {{.keep = 2, .brake = 0}, 1, 4}, rows(none, none)},
        {"many", {{.keep = 2, .brake = 1000}, 1, 4}, rows(old2, old2)},
    };
    check(cases);
    const auto less = plan(set_of({"", {{}, 0, 0}, rows("", "")}), {.keep = 2, .brake = -1});
    CHECK((less.decisions[1].fate == Fate::hold));
    CHECK((less.decisions[2].fate == Fate::hold));
}

TEST_CASE("plan: nothing younger than min_age expires, by the server's clock")
{
    const std::string young = hold2 + "younger than min_age";
    const auto rules = [](std::chrono::seconds age) {
        return Rules{.keep = 2, .min_age = 20h, .now = on(2) + age, .brake = 1};
    };
    const auto rows = [](const std::string& newer, const std::string& older) {
        return std::vector<Row>{{3, 3, "2 of 2"}, {2, 2, newer}, {1, 1, older}};
    };
    const std::vector<Case> cases = {
        {"a second too young: only the older goes", {rules(20h - 1s), 1, 4}, rows(young, old2)},
        {"old enough: the brake is next",
         {rules(20h), 1, 4},
         rows(hold2 + "at most 1 expire in one run", old2)},
        {"both too young take nothing of the brake", {rules(-5h), 1, 4}, rows(young, young)},
        {"no min_age: the clock is not asked",
         {{.keep = 2, .now = on(-99)}, 1, 4},
         rows(old2, old2)},
    };
    check(cases);
}

TEST_CASE("retention: where none is to come, the newest keep stay")
{
    struct Retention {
        std::string name;
        Rules rules;
        std::vector<Row> rows;
        std::string unread = {};
    };
    const std::vector<Retention> cases = {
        {"an empty set", keep(3), {}},
        {"exactly keep", keep(2), {{2, 2, "1 of 2"}, {1, 1, "2 of 2"}}},
        {"one too many", keep(2), {{3, 3, "1 of 2"}, {2, 2, "2 of 2"}, {1, 1, old2}}},
        {"keep 1: the newest stays", keep(1), {{2, 2, "1 of 1"}, {1, 1, old1}}},
        {"the last one stays, whatever keep says", keep(0), {{1, 1, "1 of 1"}}},
        {"a pinned one takes no place",
         keep(1),
         {{3, 3, pinned, Condition::pinned}, {2, 2, "1 of 1"}, {1, 1, old1}}},
        {"one in use holds all",
         keep(1),
         {{3, 3, "1 of 1"},
          {2, 2, "hold: older than the newest 1, held back: 'zz_a-1' is powered on"},
          {1, 1, running, Condition::in_use}}},
        {"one that cannot be read holds all",
         keep(1),
         {{2, 2, "1 of 1"},
          {1, 1, "hold: older than the newest 1, held back: 'zz_a-7' cannot be read"}},
         "zz_a-7"},
        {"the brake lets the oldest go",
         {.keep = 1, .brake = 1},
         {{3, 3, "1 of 1"},
          {2, 2, "hold: older than the newest 1, held back: at most 1 expire in one run"},
          {1, 1, old1}}},
        {"what is younger than min_age stays",
         {.keep = 1, .min_age = 24h, .now = on(2) + 1h},
         {{3, 3, "1 of 1"},
          {2, 2, "hold: older than the newest 1, held back: younger than min_age"},
          {1, 1, old1}}},
    };
    for (const Retention& c : cases) {
        INFO("case: ", c.name);
        const auto decisions = retention(set_of({"", {}, c.rows, {}, c.unread}), c.rules);
        REQUIRE(decisions.size() == c.rows.size());
        for (std::size_t i = 0; i < c.rows.size(); ++i)
            CHECK(verdict(decisions[i]) == c.rows[i].verdict);
    }
}

TEST_CASE("plan: the slot after the last is the first, also from above the ring")
{
    CHECK(next_free_slot({}, 1, 3) == 2);
    CHECK(next_free_slot({}, 3, 3) == 4);
    CHECK(next_free_slot({}, 4, 3) == 1);
    CHECK(next_free_slot({}, 9, 3) == 1);
    CHECK(next_free_slot({}, 1, 1) == 2);
    CHECK(next_free_slot({}, 2, 1) == 1);
    CHECK(next_free_slot({}, 98, 98) == 99);
    CHECK(next_free_slot({}, 99, 98) == 1);
}
