// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/values.hpp"

#include <algorithm>
#include <charconv>

#include <soapStub.h>

namespace vimclient::wire {

namespace {

// takes `width` digits and, if it is not 0, the character `after` them
std::optional<int> take(std::string_view& text, std::size_t width, char after)
{
    if (text.size() < width + (after ? 1U : 0U) || (after && text[width] != after))
        return std::nullopt;
    int value = 0;
    for (const char c : text.substr(0, width)) {
        if (c < '0' || c > '9')
            return std::nullopt;
        value = value * 10 + (c - '0');
    }
    text.remove_prefix(width + (after ? 1U : 0U));
    return value;
}

std::optional<std::chrono::minutes> parse_offset(std::string_view text)
{
    if (text.empty() || text == "Z")
        return std::chrono::minutes{0};
    const bool east = text.front() == '+';
    if (!east && text.front() != '-')
        return std::nullopt;
    text.remove_prefix(1);
    const auto hours = take(text, 2, ':');
    const auto minutes = hours ? take(text, 2, '\0') : std::nullopt;
    if (!minutes || !text.empty())
        return std::nullopt;
    const std::chrono::minutes offset{*hours * 60 + *minutes};
    return east ? offset : -offset;
}

template <class T>
bool read_text(const xsd__anyType* value, std::string& text)
{
    const auto* typed = dynamic_cast<const T*>(value);
    if (typed)
        text = typed->__item;
    return typed != nullptr;
}

}  // namespace

bool parse_flag(std::string_view text)
{
    return text == "true" || text == "1";
}

std::optional<std::int64_t> parse_number(std::string_view text)
{
    std::int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (text.empty() || stop != end || error != std::errc{})
        return std::nullopt;
    return value;
}

std::optional<Time> parse_time(std::string_view text)
{
    const auto year = take(text, 4, '-');
    const auto month = year ? take(text, 2, '-') : std::nullopt;
    const auto day = month ? take(text, 2, 'T') : std::nullopt;
    const auto hour = day ? take(text, 2, ':') : std::nullopt;
    const auto minute = hour ? take(text, 2, ':') : std::nullopt;
    const auto second = minute ? take(text, 2, '\0') : std::nullopt;
    if (!second || *hour > 24 || *minute > 59 || *second > 60)
        return std::nullopt;
    if (text.starts_with('.'))
        text.remove_prefix(std::min(text.find_first_not_of("0123456789", 1), text.size()));
    const auto offset = parse_offset(text);
    const std::chrono::year_month_day date{std::chrono::year{*year},
                                           std::chrono::month{static_cast<unsigned>(*month)},
                                           std::chrono::day{static_cast<unsigned>(*day)}};
    if (!offset || !date.ok())
        return std::nullopt;
    return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
           std::chrono::seconds{*second} - *offset;
}

std::string text_of(const xsd__anyType* value)
{
    std::string text;
    static_cast<void>(read_text<xsd__string>(value, text) || read_text<xsd__boolean>(value, text) ||
                      read_text<xsd__int>(value, text) || read_text<xsd__long>(value, text) ||
                      read_text<xsd__short>(value, text) || read_text<xsd__byte>(value, text) ||
                      read_text<xsd__dateTime>(value, text) ||
                      read_text<vim25__VirtualMachinePowerState>(value, text) ||
                      read_text<vim25__VirtualMachineConnectionState>(value, text) ||
                      read_text<vim25__HostSystemConnectionState>(value, text) ||
                      read_text<vim25__TaskInfoState>(value, text));
    return text;
}

std::string type_name(const xsd__anyType& value)
{
    if (!value.xsi__type)
        return {};
    const std::string_view name = value.xsi__type;
    return std::string(name.substr(name.find(':') + 1));
}

std::string id_of(const xsd__anyType* value)
{
    const auto* reference = dynamic_cast<const vim25__ManagedObjectReference*>(value);
    return reference ? reference->__item : std::string{};
}

}  // namespace vimclient::wire
