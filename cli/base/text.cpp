// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace vmrotate {
namespace {

std::u32string folded(std::string_view text)
{
    std::u32string result = characters(text);
    for (char32_t& c : result)
        if (c >= U'A' && c <= U'Z')
            c += U'a' - U'A';
    return result;
}

/// Optimal string alignment: insertions, deletions, replacements, swaps of neighbours.
std::size_t edits(const std::u32string& from, const std::u32string& to)
{
    std::vector<std::size_t> before_last, last(to.size() + 1), row(to.size() + 1);
    for (std::size_t j = 0; j <= to.size(); ++j)
        row[j] = j;
    for (std::size_t i = 1; i <= from.size(); ++i) {
        before_last = std::exchange(last, row);
        row[0] = i;
        for (std::size_t j = 1; j <= to.size(); ++j) {
            row[j] = std::min(
                {last[j] + 1, row[j - 1] + 1, last[j - 1] + (from[i - 1] == to[j - 1] ? 0U : 1U)});
            if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[to.size()];
}

/// How far apart, or nothing where nobody could mean `candidate`.
std::optional<std::size_t> distance(const std::u32string& wrong, const std::u32string& candidate)
{
    const std::size_t shorter = std::min(wrong.size(), candidate.size());
    const std::size_t longer = std::max(wrong.size(), candidate.size());
    if (wrong.size() >= 3 && candidate.starts_with(wrong))
        return longer - shorter;
    const std::size_t allowed = std::max<std::size_t>(1, wrong.size() / 3);
    if (longer - shorter > allowed)
        return std::nullopt;
    const std::size_t found = edits(wrong, candidate);
    if (found > allowed || found >= shorter)
        return std::nullopt;
    return found;
}

unsigned char byte_of(char c)
{
    return static_cast<unsigned char>(c);
}

std::size_t sequence_length(unsigned char lead)
{
    if (lead >= 0xC2 && lead < 0xE0)
        return 2;
    if (lead >= 0xE0 && lead < 0xF0)
        return 3;
    return lead >= 0xF0 && lead < 0xF5 ? 4 : 0;
}

/// The character of several bytes that `text` begins with, or nothing.
std::optional<char32_t> long_character(std::string_view text, std::size_t length)
{
    constexpr std::array<char32_t, 5> lowest = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0 || text.size() < length)
        return std::nullopt;
    char32_t result = byte_of(text[0]) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
        const unsigned char byte = byte_of(text[i]);
        if ((byte & 0xC0U) != 0x80)
            return std::nullopt;
        result = (result << 6U) | (byte & 0x3FU);
    }
    const bool surrogate = result >= 0xD800 && result < 0xE000;
    return result < lowest[length] || surrogate || result > 0x10FFFF ? std::nullopt
                                                                     : std::optional(result);
}

}  // namespace

std::string size_text(std::uint64_t bytes)
{
    constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto amount = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; amount >= (unit == 0 ? 1024 : 1023.5) && unit + 1 < units.size(); ++unit)
        amount /= 1024;
    std::string number = fmt::format("{:.{}f}", amount, amount < 9.95 ? 1 : 0);
    if (number.ends_with(".0"))
        number.resize(number.size() - 2);
    return fmt::format("{} {}", number, units[unit]);
}

std::string duration_text(std::chrono::seconds duration)
{
    const auto s = std::max<std::chrono::seconds::rep>(duration.count(), 0);
    if (s < 60)
        return fmt::format("{} s", s);
    if (s < 60 * 60)
        return fmt::format("{} min {:02} s", s / 60, s % 60);
    if (s < 24 * 60 * 60)
        return fmt::format("{} h {:02} min", s / 3600, s / 60 % 60);
    return fmt::format("{} d {:02} h", s / 86400, s / 3600 % 24);
}

std::optional<std::chrono::seconds> parse_duration(std::string_view text)
{
    struct Unit {
        std::string_view name;
        std::int64_t seconds;
    };
    constexpr std::array<Unit, 4> units = {{{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}}};
    constexpr std::int64_t hundred_years = 36525LL * 86400;
    if (text == "0")
        return std::chrono::seconds{0};
    if (text.empty() || text.front() == '-')
        return std::nullopt;

    std::int64_t amount = 0;
    const char* const end = text.data() + text.size();
    const auto [unit, failure] = std::from_chars(text.data(), end, amount);
    if (failure != std::errc{})
        return std::nullopt;
    std::string_view name(unit, static_cast<std::size_t>(end - unit));
    if (name.starts_with(' '))
        name.remove_prefix(1);
    const auto found = std::ranges::find(units, name, &Unit::name);
    if (found == units.end() || amount > hundred_years / found->seconds)
        return std::nullopt;
    return std::chrono::seconds{amount * found->seconds};
}

std::string utc_text(std::chrono::sys_seconds time)
{
    return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string local_text(std::chrono::sys_seconds time)
{
    return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                       fmt::localtime(std::chrono::system_clock::to_time_t(time)));
}

std::chrono::sys_seconds moment_of_stamp(const std::string& stamp)
{
    const auto field = [&](std::size_t at, std::size_t size) {
        return std::stoi(stamp.substr(at, size));
    };
    std::tm time{};
    time.tm_year = field(0, 4) - 1900;
    time.tm_mon = field(4, 2) - 1;
    time.tm_mday = field(6, 2);
    time.tm_hour = field(8, 2);
    time.tm_min = field(10, 2);
    time.tm_isdst = -1;  // the C library finds out
    return std::chrono::sys_seconds{std::chrono::seconds{std::mktime(&time)}};
}

bool contains(const std::vector<std::string>& names, const std::string& name)
{
    return std::ranges::find(names, name) != names.end();
}

std::vector<std::string> nearest(const std::string& wrong, std::vector<std::string> candidates,
                                 std::size_t at_most)
{
    struct Match {
        std::size_t distance;
        std::string name;
    };
    const std::u32string from = folded(wrong);
    std::vector<Match> matches;
    for (std::string& candidate : candidates)
        if (const auto found = distance(from, folded(candidate)))
            matches.push_back({*found, std::move(candidate)});
    std::ranges::stable_sort(matches, {}, &Match::distance);

    std::vector<std::string> result;
    for (Match& match : matches)
        if (result.size() < at_most)
            result.push_back(std::move(match.name));
    return result;
}

std::string printable(std::string_view text, std::size_t longest)
{
    std::string result;
    std::size_t byte = 0;
    std::size_t count = 0;
    for (const char32_t c : characters(text)) {
        if (++count > longest)
            return result + "...";
        const bool raw = c >= 0xDC80 && c < 0xDD00;
        const std::size_t length = raw || c < 0x80 ? 1 : sequence_length(byte_of(text[byte]));
        result += raw || is_control(c) ? "?" : std::string(text.substr(byte, length));
        byte += length;
    }
    return result;
}

std::string in_quotes(std::string_view name)
{
    return fmt::format("'{}'", printable(name, 100));
}

std::string list_in_quotes(const std::vector<std::string>& names, std::string_view last_link)
{
    std::string result;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0)
            result += i + 1 < names.size() ? ", " : fmt::format(" {} ", last_link);
        result += in_quotes(names[i]);
    }
    return result;
}

std::string did_you_mean(const std::string& wrong, const std::vector<std::string>& candidates)
{
    const auto near = nearest(wrong, candidates);
    return near.empty() ? "" : fmt::format("; did you mean {}?", list_in_quotes(near));
}

std::u32string characters(std::string_view utf8)
{
    std::u32string result;
    while (!utf8.empty()) {
        const unsigned char lead = byte_of(utf8.front());
        const std::size_t length = sequence_length(lead);
        const auto found = long_character(utf8, length);
        if (lead < 0x80)
            result += char32_t{lead};
        else
            result += found ? *found : char32_t{0xDC00U + lead};
        utf8.remove_prefix(found ? length : 1);
    }
    return result;
}

bool is_control(char32_t character)
{
    return character < 0x20 || (character >= 0x7F && character < 0xA0) || character == 0x2028 ||
           character == 0x2029;
}

}  // namespace vmrotate
