// SPDX-License-Identifier: GPL-3.0-or-later
#include "text_forms.hpp"

#include <array>

namespace credstore {

bool is_utf8(std::string_view text)
{
    for (std::size_t i = 0; i < text.size();) {
        const auto first = static_cast<unsigned char>(text[i++]);
        if (first < 0x80)
            continue;
        const int more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
        if (first < 0xc2 || first > 0xf4)
            return false;
        std::uint32_t point = first & (0x3fU >> more);
        for (int k = 0; k < more; ++k, ++i) {
            if (i == text.size() || (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80)
                return false;
            point = point << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
        }
        constexpr std::array<std::uint32_t, 4> smallest = {0, 0x80, 0x800, 0x10000};
        if (point < smallest.at(static_cast<std::size_t>(more)) || point > 0x10ffff ||
            (point >= 0xd800 && point < 0xe000))
            return false;
    }
    return true;
}

char* put_utf8(char* to, std::uint32_t point)
{
    const int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    const std::uint32_t mark = more == 0 ? 0 : 0xf0U << (3 - more) & 0xffU;
    *to++ = static_cast<char>(mark | point >> 6 * more);
    for (int left = more; left-- > 0;)
        *to++ = static_cast<char>(0x80U | (point >> 6 * left & 0x3fU));
    return to;
}

}  // namespace credstore
