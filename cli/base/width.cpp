// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/width.hpp"

#include <clocale>
#include <cstddef>
#include <cwchar>

#include "base/text.hpp"

namespace vmrotate {
namespace {

/// The C library's tables in UTF-8, for this thread, whatever locale the program runs in.
class Utf8Locale {
public:
    Utf8Locale() : before_(::uselocale(tables())) {}
    ~Utf8Locale() { ::uselocale(before_); }
    Utf8Locale(const Utf8Locale&) = delete;
    Utf8Locale& operator=(const Utf8Locale&) = delete;

private:
    /// Made once; null, which changes nothing, where the system has none.
    static locale_t tables()
    {
        static const locale_t made = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
        return made;
    }

    locale_t before_;
};

int cells_of(char32_t character)
{
    const int width = ::wcwidth(static_cast<wchar_t>(character));
    return width < 0 ? 1 : width;
}

/// In UTF-8; what `characters` makes of a byte that is none is one byte.
std::size_t bytes_of(char32_t character)
{
    const bool is_raw = character >= 0xDC80 && character < 0xDD00;
    if (is_raw || character < 0x80)
        return 1;
    return character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
}

}  // namespace

int cells(std::string_view text)
{
    const Utf8Locale locale;
    int result = 0;
    for (const char32_t c : characters(text))
        result += cells_of(c);
    return result;
}

std::string cut_to(std::string_view text, int at_most)
{
    if (cells(text) <= at_most)
        return std::string(text);
    if (at_most <= 0)
        return {};
    const Utf8Locale locale;
    std::size_t end = 0;
    int taken = 1;  // for the ellipsis
    for (const char32_t c : characters(text)) {
        if (taken + cells_of(c) > at_most)
            break;
        taken += cells_of(c);
        end += bytes_of(c);
    }
    return std::string(text.substr(0, end)) + "…";
}

std::string padded_to(std::string_view text, int width)
{
    std::string result = cut_to(text, width);
    const int rest = width - cells(result);
    return result + std::string(static_cast<std::size_t>(rest > 0 ? rest : 0), ' ');
}

}  // namespace vmrotate
