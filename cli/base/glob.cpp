// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/glob.hpp"

#include <cstddef>
#include <string>

#include "base/text.hpp"

namespace vmrotate {

bool is_pattern(std::string_view text)
{
    return text.find_first_of("*?") != std::string_view::npos;
}

bool fits(std::string_view name, std::string_view pattern)
{
    const std::u32string text = characters(name), wanted = characters(pattern);
    constexpr auto none = std::u32string::npos;
    std::size_t at = 0, next = 0, after_star = none, retry = 0;
    while (at < text.size()) {
        if (next < wanted.size() && wanted[next] == U'*') {
            after_star = ++next;
            retry = at;
        } else if (next < wanted.size() && (wanted[next] == U'?' || wanted[next] == text[at])) {
            ++at;
            ++next;
        } else if (after_star != none) {
            next = after_star;  // the last star takes one more
            at = ++retry;
        } else {
            return false;
        }
    }
    return wanted.find_first_not_of(U'*', next) == none;
}

}  // namespace vmrotate
