// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/schedule.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate;
using namespace vmrotate::fleet;
using std::chrono::sys_seconds;

namespace {

/// From the datastore `from` to `to`, by `host`.
job::CopyPlace place(const std::string& from, const std::string& to, const std::string& host = {})
{
    return {{from}, to, host};
}

std::vector<InFlight> flights(Phase phase, std::vector<job::CopyPlace> places)
{
    std::vector<InFlight> result;
    for (job::CopyPlace& each : places)
        result.push_back({result.size(), phase, std::move(each)});
    return result;
}

std::vector<InFlight> operator+(std::vector<InFlight> one, const std::vector<InFlight>& other)
{
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

constexpr auto copying = Phase::copying, preparing = Phase::preparing, ending = Phase::ending;

}  // namespace

TEST_CASE("sort_by_need: never backed up first, then the oldest, and equals in their order")
{
    const auto at = [](int seconds) { return sys_seconds(std::chrono::seconds(seconds)); };
    std::vector<Waiting> waiting = {
        {.vm = 0, .newest = at(500)}, {.vm = 1, .newest = at(300)}, {.vm = 2},
        {.vm = 3, .newest = at(500)}, {.vm = 4, .newest = at(100)}, {.vm = 5}};
    sort_by_need(waiting);
    std::string order;
    for (const Waiting& vm : waiting)
        order += fmt::format("{} ", vm.vm);
    CHECK(order == "2 5 4 1 0 3 ");
}

TEST_CASE("may_copy: copies at work take the room that they may need")
{
    const auto to = [](const std::string& datastore, int needed, int free = 0) {
        auto made = place("a" + datastore, datastore);
        made.bytes_needed = needed;
        made.bytes_free = free;
        return made;
    };
    struct Case {
        std::string name;
        job::CopyPlace place;
        std::vector<InFlight> in_flight;
        bool may;
    };
    const std::vector<Case> cases = {
        {"alone it was judged before", to("t", 50, 40), {}, true},
        {"both fit", to("t", 50, 100), flights(copying, {to("t", 50)}), true},
        {"one byte too many", to("t", 50, 99), flights(copying, {to("t", 50)}), false},
        {"three do not", to("t", 50, 100),
         flights(copying, {to("t", 25)}) + flights(copying, {to("t", 26)}), false},
        {"the other writes elsewhere", to("t", 50, 60), flights(copying, {to("u", 50)}), true},
        {"the other has not begun", to("t", 50, 60), flights(preparing, {to("t", 50)}), true},
        {"the other has ended", to("t", 50, 60), flights(ending, {to("t", 50)}), true},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        CHECK(may_copy(c.place, {}, c.in_flight) == c.may);
    }
}

TEST_CASE("may_copy: each limit holds for the copies that it is about")
{
    config::JobRules rules;  // 4 at once, 2 that read from one datastore, 4 that write, 4 of a host
    const auto a = place("a", "t1", "h1");
    struct Case {
        std::string name;
        std::vector<InFlight> in_flight;
        bool may;
    };
    const std::vector<Case> cases = {
        {"nobody is there", {}, true},
        {"one reads from the same datastore", flights(copying, {a}), true},
        {"two do", flights(copying, {a, a}), false},
        {"two that only prepare", flights(preparing, {a, a, a, a, a}), true},
        {"two whose copy has ended", flights(ending, {a, a}), true},
        {"three copy elsewhere",
         flights(copying, {place("b", "t2"), place("b", "t2"), place("c", "t2")}), true},
        {"four copy elsewhere",
         flights(copying, {place("b", "t2"), place("b", "t2"), place("c", "t2"), place("c", "t2")}),
         false},
        {"eight snapshots wait for their removal", flights(ending, {a, a, a, a, a, a, a, a}),
         false},
        {"seven do", flights(ending, {a, a, a, a, a, a, a}), true},
    };
    for (const Case& c : cases) {
        INFO(c.name);
        CHECK(may_copy(a, rules, c.in_flight) == c.may);
    }
    rules.concurrency = 100;
    rules.per_target_datastore = 3;
    const auto to_t1 = flights(copying, {place("b", "t1"), place("c", "t1"), place("d", "t1")});
    CHECK_FALSE(may_copy(a, rules, to_t1));
    CHECK(may_copy(place("a", "t2", "h1"), rules, to_t1));
    rules.per_host = 1;
    const auto by_h1 = flights(copying, {place("b", "t2", "h1")});
    CHECK_FALSE(may_copy(a, rules, by_h1));
    CHECK(may_copy(place("a", "t1", "h2"), rules, by_h1));
    CHECK(may_copy(place("a", "t1"), rules, by_h1));  // not known: the gate knows it later
    // disks on several datastores count on each
    const job::CopyPlace wide{{"x", "y"}, "t3", ""};
    CHECK_FALSE(may_copy(place("y", "t4"), rules, flights(copying, {wide, wide})));
    CHECK_FALSE(may_copy(wide, rules, flights(copying, {place("y", "t4"), place("y", "t5")})));
}

TEST_CASE("may_begin: as many are prepared as may copy, on each datastore")
{
    const Waiting vm{.vm = 9, .place = place("a", "t")};
    const auto a = place("a", "t"), b = place("b", "t2");
    CHECK(may_begin(vm, flights(copying, {a, a}) + flights(preparing, {a})));
    CHECK_FALSE(may_begin(vm, flights(copying, {a, a}) + flights(preparing, {a, a})));
    CHECK(may_begin(vm, flights(copying, {b, b, b, b}) + flights(preparing, {b, b, b})));
    CHECK_FALSE(may_begin(vm, flights(copying, {b, b, b, b}) + flights(preparing, {b, b, b, b})));
    CHECK(may_begin(vm, flights(copying, {b, b}) + flights(ending, {a, a, a, a, a, a, a})));
}

TEST_CASE("next: the most overdue that may begin, and those whose window is closed")
{
    config::JobRules night;
    night.window = config::Window{std::chrono::minutes{60}, std::chrono::minutes{330}};
    const std::vector<Waiting> waiting = {
        {.vm = 0, .place = place("a", "t"), .rules = night},
        {.vm = 1, .place = place("a", "t"), .rules = night, .by_name = true},
        {.vm = 2, .place = place("a", "t")},
        {.vm = 3, .place = place("b", "t"), .rules = night},
    };
    const auto told = [&](const std::vector<InFlight>& in_flight, const std::string& stamp) {
        const Next found = next(waiting, in_flight, stamp);
        return fmt::format("begin {}, closed {}",
                           found.begin ? fmt::format("{}", *found.begin) : "none",
                           fmt::join(found.closed, " "));
    };
    CHECK(told({}, "201909250200") == "begin 0, closed ");
    CHECK(told({}, "201909250600") == "begin 1, closed 0 3");
    const auto a_is_full =
        flights(copying, {place("a", "x"), place("a", "x"), place("a", "x"), place("a", "x")});
    CHECK(told(a_is_full, "201909250200") == "begin 3, closed ");
    CHECK(told(a_is_full, "201909250600") == "begin none, closed 0 3");
}

TEST_CASE("next: members of a group begin one after the other, whatever the limits")
{
    const auto a = place("a", "t1", "h1");
    std::vector<Waiting> waiting = {{.vm = 0}, {.vm = 1, .group = "shop"}, {.vm = 2, .group = "x"}};
    auto in_flight = flights(copying, {a, a, a, a});
    in_flight.push_back({.vm = 9, .group = "shop"});
    CHECK(next(waiting, in_flight, "202609250241").begin == 1);
}

TEST_CASE("next: no group begins while another one is preparing")
{
    const std::vector<Waiting> waiting = {{.vm = 1, .group = "shop"}, {.vm = 2}};
    const std::vector<Waiting> only = {waiting.front()};
    const std::vector<InFlight> other = {{.vm = 9, .group = "x"}};
    const std::vector<InFlight> copied = {{.vm = 9, .phase = copying, .group = "x"}};
    CHECK(next(waiting, other, "202609250241").begin == 1);
    CHECK_FALSE(next(only, other, "202609250241").begin);
    CHECK(next(only, copied, "202609250241").begin == 0);
    auto copied_on = other;  // it waits for the right to, and holds nothing
    copied_on[0].place.kind = job::CopyKind::further;
    CHECK(next(only, copied_on, "202609250241").begin == 0);
    CHECK(next(only, {}, "202609250241").begin == 0);
}

TEST_CASE("next: what has to be alone is last, and nothing is beside it")
{
    const std::vector<Waiting> waiting = {{.vm = 0, .alone = true}, {.vm = 1}};
    const std::vector<Waiting> last = {waiting.front()};
    const std::vector<InFlight> one = {{.vm = 9}}, alone = {{.vm = 9, .alone = true}};
    const std::vector<InFlight> ends = {{.vm = 9, .phase = ending}};
    CHECK(next(waiting, {}, "202609250241").begin == 1);
    CHECK_FALSE(next(last, one, "202609250241").begin);
    CHECK_FALSE(next(last, ends, "202609250241").begin);
    CHECK(next(last, {}, "202609250241").begin == 0);
    CHECK_FALSE(next({{.vm = 1}}, alone, "202609250241").begin);
}

TEST_CASE("next: a VM that is in flight for one job waits there for the other")
{
    const std::vector<Waiting> waiting = {{.vm = 0, .source = "mango"},
                                          {.vm = 1, .source = "kiwi"}};
    const std::vector<Waiting> member = {{.vm = 0, .group = "shop", .source = "mango"}};
    const std::vector<InFlight> same = {{.vm = 9, .phase = ending, .source = "mango"}};
    const std::vector<InFlight> group = {same[0], {.vm = 8, .group = "shop", .source = "kiwi"}};
    CHECK(next(waiting, {}, "202609250241").begin == 0);
    CHECK(next(waiting, same, "202609250241").begin == 1);
    CHECK_FALSE(next({waiting[0]}, same, "202609250241").begin);
    CHECK_FALSE(next(member, group, "202609250241").begin);
}
