// SPDX-License-Identifier: GPL-3.0-or-later
#include "import_text.hpp"

#include <algorithm>
#include <cstdint>

#include <fmt/format.h>

#include "text_forms.hpp"

namespace credstore {
namespace {

std::uint32_t unit_at(std::string_view text, std::size_t at, bool big_end_first)
{
    const auto first = static_cast<unsigned char>(text[at]);
    const auto second = static_cast<unsigned char>(text[at + 1]);
    return big_end_first ? first * 256U + second : second * 256U + first;
}

/// What is no UTF-16 becomes no UTF-8 either, which the reader refuses.
Secret from_utf16(std::string_view text, bool big_end_first)
{
    if (text.size() % 2 != 0)
        throw StoreError("cannot import it: it ends in the midst of a character");
    Secret utf8 = Secret::of_size(text.size() / 2 * 3);
    char* to = utf8.data();
    for (std::size_t at = 0; at < text.size(); at += 2) {
        std::uint32_t point = unit_at(text, at, big_end_first);
        if (point >= 0xd800 && point < 0xdc00 && at + 3 < text.size()) {
            const std::uint32_t low = unit_at(text, at + 2, big_end_first);
            if (low >= 0xdc00 && low < 0xe000) {
                point = 0x10000 + ((point - 0xd800) << 10U) + (low - 0xdc00);
                at += 2;
            }
        }
        to = put_utf8(to, point);
    }
    return Secret({utf8.reveal().data(), static_cast<std::size_t>(to - utf8.data())});
}

}  // namespace

Secret as_utf8(std::string_view text)
{
    if (text.size() > max_import_size)
        throw StoreError(
            fmt::format("cannot import it: it has more than {} bytes", max_import_size));
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff"))
        return from_utf16(text.substr(2), text.front() == '\xfe');
    if (text.starts_with("\xef\xbb\xbf"))
        text.remove_prefix(3);
    return Secret(text);
}

void settle(Imported& imported)
{
    auto& all = imported.credentials;
    std::ranges::stable_sort(all, {}, &Credential::account);
    std::vector<Credential> kept;
    for (auto first = all.begin(); first != all.end();) {
        const auto last = std::find_if(
            first, all.end(), [&](const Credential& c) { return c.account != first->account; });
        const bool agree = std::all_of(first, last, [&](const Credential& c) {
            return c.password.reveal() == first->password.reveal();
        });
        if (agree)
            kept.push_back(std::move(*first));
        else
            imported.refused.push_back(name_of(first->account) +
                                       " stands there twice, with different passwords");
        first = last;
    }
    all = std::move(kept);
}

std::string name_of(const Account& account)
{
    std::string name = fmt::format("the logon of '{}' at '{}'", account.user, account.server);
    std::ranges::replace_if(
        name,
        [](char c) {
            return has_control_character({&c, 1});
        },
        '?');
    return name;
}

}  // namespace credstore
