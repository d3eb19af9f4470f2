// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/window.hpp"

#include <doctest/doctest.h>

using namespace vmrotate;
using config::Day;
using std::chrono::minutes;

namespace {

config::JobRules rules(std::optional<config::Window> window, std::vector<Day> days)
{
    config::JobRules result;
    result.window = window;
    result.days = std::move(days);
    return result;
}

const config::Window early{minutes{60}, minutes{330}};            // 01:00-05:30
const config::Window over_midnight{minutes{1350}, minutes{300}};  // 22:30-05:00

}  // namespace

TEST_CASE("is_open: a window holds from its first minute to the one before its end")
{
    struct Case {
        config::JobRules rules;
        std::string stamp;  // 25 September 2019 was a Wednesday
        bool open;
    };
    const std::vector<Case> cases = {
        {rules({}, {}), "201909250000", true},
        {rules({}, {Day::wednesday}), "201909250000", true},
        {rules({}, {Day::wednesday}), "201909252359", true},
        {rules({}, {Day::wednesday}), "201909260000", false},
        {rules(early, {}), "201909250059", false},
        {rules(early, {}), "201909250100", true},
        {rules(early, {}), "201909250529", true},
        {rules(early, {}), "201909250530", false},
        {rules(early, {Day::wednesday}), "201909250200", true},
        {rules(early, {Day::tuesday, Day::thursday}), "201909250200", false},
        {rules(over_midnight, {}), "201909252229", false},
        {rules(over_midnight, {}), "201909252230", true},
        {rules(over_midnight, {}), "201909260000", true},
        {rules(over_midnight, {}), "201909260459", true},
        {rules(over_midnight, {}), "201909260500", false},
        // the night belongs to the day on which it begins
        {rules(over_midnight, {Day::wednesday}), "201909252300", true},
        {rules(over_midnight, {Day::wednesday}), "201909260200", true},
        {rules(over_midnight, {Day::wednesday}), "201909250200", false},
        {rules(over_midnight, {Day::wednesday}), "201909262300", false},
        // from Saturday to Sunday the week begins anew; the 28th was a Saturday
        {rules(over_midnight, {Day::saturday}), "201909290200", true},
        {rules(over_midnight, {Day::sunday}), "201909290200", false},
    };
    for (const Case& c : cases) {
        INFO(c.stamp, " ", fleet::closed_text(c.rules));
        CHECK(fleet::is_open(c.rules, c.stamp) == c.open);
    }
}

TEST_CASE("closed_text: says which window it was")
{
    CHECK(fleet::closed_text(rules(early, {})) == "window (01:00-05:30)");
    CHECK(fleet::closed_text(rules(over_midnight, {Day::monday, Day::friday})) ==
          "window (22:30-05:00 on mon, fri)");
    CHECK(fleet::closed_text(rules({}, {Day::sunday})) == "window (on sun)");
}
