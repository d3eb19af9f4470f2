// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace vmrotate {

/// Whether a text is a pattern: it has a * or a ?.
bool is_pattern(std::string_view text);

/// Whether the whole of `name` fits the pattern: * stands for any characters, none included, ? for
/// exactly one character of UTF-8; all others for themselves. Takes time in proportion to the
/// product of the lengths, at worst.
bool fits(std::string_view name, std::string_view pattern);

}  // namespace vmrotate
