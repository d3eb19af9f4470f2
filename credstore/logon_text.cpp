// SPDX-License-Identifier: GPL-3.0-or-later
#include "logon_text.hpp"

#include <algorithm>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "text_forms.hpp"

namespace credstore {
namespace {

constexpr std::string_view password_key = "password=";

using Lines = std::map<std::string, std::string, std::less<>>;

void take_line(std::string_view line, Lines& lines)
{
    const auto equals = line.find('=');
    const std::string key(line.substr(0, equals));
    const bool is_known =
        key == "server" || key == "user" || key == "fingerprint" || key == "added";
    if (equals == std::string_view::npos || !is_known)
        throw StoreError(
            "it has a line that is none of server=, user=, fingerprint=, added=, password=");
    if (has_control_character(line))
        throw StoreError(fmt::format("its line '{}=' has a control character", key));
    if (!lines.try_emplace(key, line.substr(equals + 1)).second)
        throw StoreError(fmt::format("its line '{}=' stands there twice", key));
}

std::string taken(Lines& lines, std::string_view key)
{
    const auto found = lines.find(key);
    return found == lines.end() ? std::string() : std::move(found->second);
}

Added time_of(const std::string& text)
{
    if (text.empty())
        return {};
    std::int64_t seconds = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, seconds);
    constexpr std::int64_t year_10000 = 253402300800;
    if (error != std::errc{} || stopped != end || seconds < 0 || seconds >= year_10000)
        throw StoreError("its line 'added=' is no number of seconds since 1970");
    return Added(std::chrono::seconds(seconds));
}

}  // namespace

Secret write_logon(const Credential& credential)
{
    const auto& [account, password, fingerprint, added] = credential;
    if (has_control_character(account.server) || has_control_character(account.user) ||
        has_control_character(fingerprint))
        throw StoreError("cannot keep a logon whose server or user has a control character");
    std::string head = fmt::format("server={}\nuser={}\n", account.server, account.user);
    if (!fingerprint.empty())
        head += fmt::format("fingerprint={}\n", fingerprint);
    if (added > Added{})
        head += fmt::format("added={}\n", added.time_since_epoch().count());
    head += password_key;
    Secret text = Secret::of_size(head.size() + password.size() + 1);
    char* const end = std::ranges::copy(head, text.data()).out;
    *std::ranges::copy(password.reveal(), end).out = '\n';
    return text;
}

Credential parse_logon(std::string_view text)
{
    Lines lines;
    while (!text.starts_with(password_key)) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos)
            throw StoreError("it has no line that begins with password=");
        take_line(text.substr(0, end), lines);
        text.remove_prefix(end + 1);
    }
    text.remove_prefix(password_key.size());
    if (text.ends_with('\n'))
        text.remove_suffix(1);

    Credential credential{{lower_case(taken(lines, "server")), taken(lines, "user")},
                          Secret(text),
                          taken(lines, "fingerprint"),
                          time_of(taken(lines, "added"))};
    if (credential.account.server.empty() || credential.account.user.empty())
        throw StoreError("it names no server or no user");
    return credential;
}

}  // namespace credstore
