// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/values.hpp"

/// What the readers of single values share; for no one else.
namespace vmrotate::config {

/// Throws Error(usage); the message goes on from the key's name.
[[noreturn]] void refuse(const std::string& message);

/// Refuses a text that is longer, in characters.
void refuse_longer(const std::string& text, std::size_t longest);

/// Whether a text has nothing but A-Z a-z 0-9 and these.
bool consists_of(std::string_view text, std::string_view other_than_letters_and_digits);

/// 1 to 65535, without leading zeros.
std::optional<int> port_of(std::string_view text);

/// A word of the configuration, and what it means.
template <class Enum>
struct Word {
    std::string_view text;
    Enum meaning;
};

/// Refuses what is none of these.
template <class Enum, std::size_t count>
Enum read_word(const Value& value, const std::array<Word<Enum>, count>& words)
{
    const auto* text = std::get_if<std::string>(&value);
    std::vector<std::string> names;
    for (const Word<Enum>& word : words) {
        if (text != nullptr && *text == word.text)
            return word.meaning;
        names.push_back(fmt::format("\"{}\"", word.text));
    }
    const std::string last = std::move(names.back());
    names.pop_back();
    refuse(fmt::format("must be {} or {}", fmt::join(names, ", "), last));
}

template <class Enum, std::size_t count>
std::string word_for(Enum wanted, const std::array<Word<Enum>, count>& words)
{
    const auto found = std::ranges::find(words, wanted, &Word<Enum>::meaning);
    return found == words.end() ? "?" : std::string(found->text);
}

}  // namespace vmrotate::config
