// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// Texts as a terminal shows them: in cells, of which a Japanese character takes two and a
/// combining accent none.
namespace vmrotate {

/// How many cells the text takes. The C library says which characters are wide (wcwidth); where
/// it has no UTF-8 locale, each takes one. Control characters count as one: to be called with
/// printable text.
int cells(std::string_view text);

/// The text if it takes at most so many cells; else its beginning and "…", together at most so
/// many. Never half a character. Empty where there is no cell.
std::string cut_to(std::string_view text, int at_most);

/// `cut_to`, filled up with blanks to exactly so many cells.
std::string padded_to(std::string_view text, int width);

}  // namespace vmrotate
