// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <algorithm>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/reading.hpp"

namespace vmrotate::config {
namespace {

constexpr std::array<Word<Day>, 7> day_words = {{{"mon", Day::monday},
                                                 {"tue", Day::tuesday},
                                                 {"wed", Day::wednesday},
                                                 {"thu", Day::thursday},
                                                 {"fri", Day::friday},
                                                 {"sat", Day::saturday},
                                                 {"sun", Day::sunday}}};

/// "HH:MM", 00:00 to 23:59.
std::optional<std::chrono::minutes> time_of_day(std::string_view text)
{
    const auto digit = [&](std::size_t at) { return text[at] - '0'; };
    if (text.size() != 5 || text[2] != ':')
        return std::nullopt;
    for (const std::size_t at : {0u, 1u, 3u, 4u})
        if (digit(at) < 0 || digit(at) > 9)
            return std::nullopt;
    const int hours = 10 * digit(0) + digit(1), minutes = 10 * digit(3) + digit(4);
    if (hours > 23 || minutes > 59)
        return std::nullopt;
    return std::chrono::minutes(60 * hours + minutes);
}

}  // namespace

std::optional<Window> read_window(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    const auto from = text == nullptr ? std::nullopt : time_of_day(text->substr(0, 5));
    const auto until = !from || text->size() != 11 ? std::nullopt : time_of_day(text->substr(6));
    if (!until || (*text)[5] != '-')
        refuse("must be two times of day in quotes, such as \"01:00-05:30\"");
    if (*from == *until)
        refuse("must end at another time than it begins");
    return Window{*from, *until};
}

std::vector<Day> read_days(const Value& value)
{
    const auto* names = std::get_if<std::vector<std::string>>(&value);
    if (names == nullptr || names->empty())
        refuse("must be a list of days: [\"mon\", \"fri\"]");
    std::vector<Day> days;
    for (const std::string& name : *names) {
        const Day day = read_word(name, day_words);
        if (std::ranges::count(days, day) > 0)
            refuse(fmt::format("names {} twice", in_quotes(name)));
        days.push_back(day);
    }
    return days;
}

}  // namespace vmrotate::config
