// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace credstore {

/// A byte below the blank, or DEL.
inline bool has_control_character(std::string_view text)
{
    return std::ranges::any_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte < 0x20 || byte == 0x7f;
    });
}

/// A-Z only: what a host's name is made of.
inline std::string lower_case(std::string text)
{
    for (char& c : text)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return text;
}

/// Whether text is well-formed UTF-8: no overlong forms, no surrogates.
bool is_utf8(std::string_view text);

/// Writes a code point, up to four bytes; returns where the next one goes.
char* put_utf8(char* to, std::uint32_t point);

}  // namespace credstore
