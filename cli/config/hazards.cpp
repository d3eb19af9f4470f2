// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/hazards.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace vmrotate::config {
namespace {

constexpr int most_dots = 64;

/// Where the quoted text ends that begins at `start`, closing quotes included; one that is
/// never closed ends with its line, or with the text if it may have several lines.
std::size_t end_of_quoted(std::string_view text, std::size_t start)
{
    const char quote = text[start];
    const std::string three(3, quote);
    const bool lines = text.substr(start, 3) == three;
    for (std::size_t i = start + (lines ? 3 : 1); i < text.size(); ++i) {
        if (text[i] == '\\' && quote == '"')
            ++i;
        else if (lines && text.substr(i, 3) == three) {
            i += 3;
            while (i < text.size() && text[i] == quote)
                ++i;
            return i;
        } else if (!lines && (text[i] == quote || text[i] == '\n'))
            return i + (text[i] == quote ? 1 : 0);
    }
    return text.size();
}

Problem problem_at(std::string_view text, std::size_t at, std::string message)
{
    const std::string_view before = text.substr(0, at);
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return {static_cast<int>(std::ranges::count(before, '\n')) + 1,
            static_cast<int>(characters(before.substr(line_start)).size()) + 1, std::move(message)};
}

bool is_beyond_ascii(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::optional<Problem> find_hazard(std::string_view toml_text)
{
    constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
    if (toml_text.starts_with(byte_order_mark))
        toml_text.remove_prefix(byte_order_mark.size());
    int dots = 0;
    for (std::size_t i = 0; i < toml_text.size();) {
        const char c = toml_text[i];
        if (c == '"' || c == '\'')
            i = end_of_quoted(toml_text, i);
        else if (c == '#')
            i = std::min(toml_text.find('\n', i), toml_text.size());
        else if (is_beyond_ascii(c)) {
            const char* const first = toml_text.data() + i;
            const char* const last =
                std::find_if_not(first, toml_text.data() + toml_text.size(), is_beyond_ascii);
            return problem_at(
                toml_text, i,
                fmt::format("{} may stand in quotes or comments only", in_quotes({first, last})));
        } else {
            if (c == '=' || c == ',' || c == '\n')
                dots = 0;
            if (c == '.' && ++dots > most_dots)
                return problem_at(toml_text, i, "too many dots");
            ++i;
        }
    }
    return std::nullopt;
}

}  // namespace vmrotate::config
