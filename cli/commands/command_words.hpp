// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace vmrotate::cli {

/// Takes a command line apart as a shell does, but for all that a shell would put into it:
/// blanks, tabs and newlines part words; '...' is taken as it stands; in "..." and outside of
/// quotes a backslash takes the next character as it stands ("..." keeps it, unless that is one
/// of \ " $ `). No variables, no globs, no pipes: `$HOME` is five characters.
///
/// Throws Error (usage) where there is no word, a quote is not closed, a backslash is the
/// last character, or a character is NUL.
std::vector<std::string> split_words(std::string_view text);

}  // namespace vmrotate::cli
