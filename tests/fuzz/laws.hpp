// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

/// What the targets share. A target is fed with any bytes; it checks what must hold for all
/// of them, beyond that nothing crashes.
namespace fuzz {

/// Ends the process where a law is broken, so that the input is kept.
inline void law(bool holds, const char* sentence)
{
    if (holds)
        return;
    std::fprintf(stderr, "broken law: %s\n", sentence);
    std::abort();
}

/// Takes what stands before the next `end` off the front of `rest`; all of it where there is none.
inline std::string_view take_until(std::string_view& rest, std::string_view end)
{
    const std::size_t at = rest.find(end);
    const std::string_view taken = rest.substr(0, at);
    rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + end.size());
    return taken;
}

inline std::string_view text_of(const unsigned char* data, std::size_t size)
{
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace fuzz
