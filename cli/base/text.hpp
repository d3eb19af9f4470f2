// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Texts for people, and from people. Everything here is pure, but for the time zone that
/// `local_text` and `moment_of_stamp` ask the C library for.
namespace vmrotate {

/// "512 B", "1.5 TiB", "12 GiB": rounded, with one decimal below ten where it is not zero.
std::string size_text(std::uint64_t bytes);

/// "2 s", "3 min 20 s", "4 h 05 min", "2 d 03 h". Less than nothing is "0 s".
std::string duration_text(std::chrono::seconds duration);

/// What `parse_duration` understands, for messages: `"90s", "15min", "2h" or "1d"`.
inline constexpr std::string_view duration_examples = R"("90s", "15min", "2h" or "1d")";

/// Reads "90s", "15min", "2h", "1d" (a blank before the unit is allowed) or "0"; nothing for
/// any other text, a bare number and "5m" included, and for more than a hundred years.
std::optional<std::chrono::seconds> parse_duration(std::string_view text);

/// "2026-09-25 02:41:07", in UTC.
std::string utc_text(std::chrono::sys_seconds time);

/// The same in the local time zone.
std::string local_text(std::chrono::sys_seconds time);

/// The moment that "202609250241", twelve digits of a time that exists, names in local time.
std::chrono::sys_seconds moment_of_stamp(const std::string& stamp);

/// Whether one of `names` is this one, byte for byte.
bool contains(const std::vector<std::string>& names, const std::string& name);

/// The candidates that somebody who wrote `wrong` may have meant, nearest first. Near is
/// an edit for each three characters, at least one (two neighbours swapped are one edit,
/// upper and lower case of ASCII are equal), or `wrong` as the beginning, from three
/// characters on. Characters are those of UTF-8; bytes that are none count as one each.
std::vector<std::string> nearest(const std::string& wrong, std::vector<std::string> candidates,
                                 std::size_t at_most = 3);

/// The text, fit for a terminal: control characters and bytes that are not UTF-8 become "?",
/// and "..." stands for what goes beyond `longest` characters.
std::string printable(std::string_view text, std::size_t longest);

/// "'name'", printable and with at most 100 characters of the name.
std::string in_quotes(std::string_view name);

/// "'keep'", "'keep' or 'set'", "'a', 'b' or 'c'", or with another word than "or".
std::string list_in_quotes(const std::vector<std::string>& names,
                           std::string_view last_link = "or");

/// "; did you mean 'keep'?", or nothing if no candidate is near.
std::string did_you_mean(const std::string& wrong, const std::vector<std::string>& candidates);

/// The text in characters. Never fails: a byte that is not UTF-8 is one of its own, from
/// U+DC80 on, where no character is.
std::u32string characters(std::string_view utf8);

/// U+0000 to U+001F and U+007F to U+009F, line and paragraph separators included.
bool is_control(char32_t character);

}  // namespace vmrotate
