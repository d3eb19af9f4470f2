// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/reading.hpp"

namespace vmrotate::config {
std::string read_text(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr)
        refuse("must be text in quotes");
    if (text->empty())
        refuse("may not be empty");
    if (std::ranges::any_of(characters(*text), is_control))
        refuse("may not contain control characters");
    return *text;
}

int read_keep(const Value& value)
{
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr)
        refuse("must be a number, 1 to 98");
    if (*number < 1 || *number > 98)
        refuse("must be 1 to 98");
    return static_cast<int>(*number);
}

int read_count(const Value& value)
{
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 1 || *number > 100)
        refuse("must be a number, 1 to 100");
    return static_cast<int>(*number);
}

bool read_switch(const Value& value)
{
    const auto* state = std::get_if<bool>(&value);
    if (state == nullptr)
        refuse("must be true or false");
    return *state;
}

std::chrono::seconds read_duration(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    const auto duration = text == nullptr ? std::nullopt : parse_duration(*text);
    if (!duration)
        refuse(fmt::format("must be a duration in quotes, such as {}", duration_examples));
    return *duration;
}

std::chrono::seconds read_time_limit(const Value& value)
{
    const auto duration = read_duration(value);
    if (duration < std::chrono::seconds(1))
        refuse("must be a second at least");
    return duration;
}

}  // namespace vmrotate::config
