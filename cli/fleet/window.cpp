// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/window.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace vmrotate::fleet {
namespace {

using std::chrono::minutes;

struct LocalTime {
    int weekday = 0;  ///< Sunday is 0
    minutes of_day{0};
};

LocalTime local_time(const std::string& stamp)
{
    const auto number = [&](std::size_t at, std::size_t size) {
        int value = 0;
        for (const char digit : stamp.substr(at, size))
            value = 10 * value + (digit - '0');
        return value;
    };
    using namespace std::chrono;
    const year_month_day date{year(number(0, 4)), month(static_cast<unsigned>(number(4, 2))),
                              day(static_cast<unsigned>(number(6, 2)))};
    return {static_cast<int>(weekday(sys_days(date)).c_encoding()),
            minutes(60 * number(8, 2) + number(10, 2))};
}

bool is_day(const config::JobRules& rules, int weekday)
{
    return rules.days.empty() ||
           std::ranges::count(rules.days, static_cast<config::Day>((weekday + 7) % 7)) > 0;
}

std::string text_of(minutes of_day)
{
    return fmt::format("{:02}:{:02}", of_day.count() / 60, of_day.count() % 60);
}

}  // namespace

bool is_open(const config::JobRules& rules, const std::string& local_stamp)
{
    const LocalTime now = local_time(local_stamp);
    if (!rules.window)
        return is_day(rules, now.weekday);
    const auto [from, until] = *rules.window;
    if (from < until)
        return now.of_day >= from && now.of_day < until && is_day(rules, now.weekday);
    return (now.of_day >= from && is_day(rules, now.weekday)) ||
           (now.of_day < until && is_day(rules, now.weekday - 1));
}

std::string closed_text(const config::JobRules& rules)
{
    constexpr std::array<std::string_view, 7> names = {"sun", "mon", "tue", "wed",
                                                       "thu", "fri", "sat"};
    std::vector<std::string_view> days;
    for (const config::Day day : rules.days)
        days.push_back(names.at(static_cast<std::size_t>(day)));
    std::string text = rules.window ? fmt::format("{}-{}", text_of(rules.window->from),
                                                  text_of(rules.window->until))
                                    : "";
    if (!days.empty())
        text += fmt::format("{}on {}", text.empty() ? "" : " ", fmt::join(days, ", "));
    return fmt::format("window ({})", text);
}

}  // namespace vmrotate::fleet
