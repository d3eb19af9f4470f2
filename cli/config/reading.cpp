// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/reading.hpp"

#include "base/error.hpp"
#include "base/text.hpp"

namespace vmrotate::config {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

void refuse(const std::string& message)
{
    throw Error(ErrorKind::usage, message);
}

void refuse_longer(const std::string& text, std::size_t longest)
{
    const std::size_t length = characters(text).size();
    if (length > longest)
        refuse(fmt::format("may have {} characters, this has {}", longest, length));
}

bool consists_of(std::string_view text, std::string_view other_than_letters_and_digits)
{
    return std::ranges::all_of(text, [&](char c) {
        return letters_and_digits.find(c) != std::string_view::npos ||
               other_than_letters_and_digits.find(c) != std::string_view::npos;
    });
}

std::optional<int> port_of(std::string_view text)
{
    const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number || text.empty() || text.size() > 5 || text.front() == '0')
        return std::nullopt;
    const int port = std::stoi(std::string(text));
    return port <= 65535 ? std::optional(port) : std::nullopt;
}

}  // namespace vmrotate::config
