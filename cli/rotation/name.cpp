// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/name.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

constexpr std::size_t stamp_digits = 12;

bool all_digits(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

unsigned number(std::string_view digits)
{
    unsigned value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
}

bool exists(std::string_view stamp)
{
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(number(stamp.substr(0, 4)))),
                              month(number(stamp.substr(4, 2))), day(number(stamp.substr(6, 2)))};
    return date.ok() && number(stamp.substr(8, 2)) < 24 && number(stamp.substr(10, 2)) < 60;
}

}  // namespace

std::string compose_name(const Stem& stem, int slot, std::string_view stamp)
{
    return fmt::format("{}{}-{:02}-{}", stem.prefix, stem.name, slot, stamp);
}

std::optional<Name> parse_name(std::string_view text, const Stem& stem)
{
    for (const std::string* part : {&stem.prefix, &stem.name}) {
        if (!text.starts_with(*part))
            return {};
        text.remove_prefix(part->size());
    }
    constexpr std::size_t slot_digits = 2;
    if (text.size() != 1 + slot_digits + 1 + stamp_digits || text[0] != '-' || text[3] != '-')
        return {};
    const auto slot = text.substr(1, slot_digits);
    const auto stamp = text.substr(4);
    if (!all_digits(slot) || !all_digits(stamp) || number(slot) == 0 || !exists(stamp))
        return {};
    return Name{static_cast<int>(number(slot)), std::string(stamp)};
}

std::size_t stored_length(std::string_view name)
{
    std::size_t length = 0;
    for (const char c : name) {
        const bool continues_a_character = (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
        if (c == '%' || c == '/' || c == '\\')
            length += 3;
        else if (!continues_a_character)
            length += 1;
    }
    return length;
}

}  // namespace vmrotate::rotation
