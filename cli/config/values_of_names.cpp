// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <fmt/format.h>

#include "config/reading.hpp"

namespace vmrotate::config {
namespace {

void refuse_characters(const std::string& text, std::string_view forbidden)
{
    const auto found = text.find_first_of(forbidden);
    if (found == std::string::npos)
        return;
    const std::string_view character = std::string_view(text).substr(found, 1);
    refuse(character == " " ? "may not contain blanks"
                            : fmt::format("may not contain {}", character));
}

/// "host", "host:8443", "[::1]", "[::1]:443" -> the part before the port.
std::optional<std::string_view> host_of(std::string_view server)
{
    const auto bracket = server.starts_with('[') ? server.find(']') : 0;
    if (bracket == std::string_view::npos)
        return std::nullopt;
    const auto colon = server.find(':', bracket);
    if (colon == std::string_view::npos)
        return server;
    if (!port_of(server.substr(colon + 1)))
        return std::nullopt;
    return server.substr(0, colon);
}

bool is_host(std::string_view host)
{
    if (host.starts_with('['))
        return host.size() > 3 && host.ends_with(']') &&
               consists_of(host.substr(1, host.size() - 2), ":.%-_");
    return !host.empty() && host.front() != '.' && host.front() != '-' && consists_of(host, ".-_");
}

}  // namespace

std::string read_alias(const Value& value)
{
    std::string text = read_text(value);
    refuse_characters(text, R"(/\%)");
    if (text.front() == ' ' || text.back() == ' ')
        refuse("may not begin or end with a blank");
    refuse_longer(text, 80);
    return text;
}

std::string read_folder(const Value& value)
{
    std::string text = read_text(value);
    if (text.starts_with('/') || text.ends_with('/'))
        refuse("may not begin or end with /");
    if (text.find("//") != std::string::npos)
        refuse("may not contain //");
    return text;
}

std::string read_prefix(const Value& value)
{
    std::string text = read_text(value);
    refuse_characters(text, R"( /\%"'*?:<>|)");
    refuse_longer(text, 20);
    return text;
}

std::string read_set(const Value& value)
{
    std::string text = read_text(value);
    if (!consists_of(text, "._-"))
        refuse("may contain only A-Z a-z 0-9 . _ -");
    refuse_longer(text, 32);
    return text;
}

std::string read_attribute(const Value& value)
{
    std::string text = read_text(value);
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        refuse("must be a custom attribute and its value: \"NAME=VALUE\"");
    return text;
}

std::string read_server(const Value& value)
{
    std::string text = read_text(value);
    if (text.find("://") != std::string::npos)
        refuse("must be a name, without http:// or https://");
    if (text.find('@') != std::string::npos)
        refuse("must be a name, without a user");
    const auto host = host_of(text);
    if (!host || !is_host(*host))
        refuse("must be a name or an address, perhaps with a port: \"vcenter.example.com:443\"");
    return text;
}

std::string read_fingerprint(const Value& value)
{
    std::string text = read_text(value);
    for (const std::string_view prefix : {"SHA256:", "sha256:"})
        if (text.starts_with(prefix))
            text.erase(0, prefix.size());
    const auto is_digit = [](char c) {
        return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
    };
    const bool colons = text.size() == 95;
    bool right = colons || text.size() == 64;
    for (std::size_t i = 0; i < text.size(); ++i)
        right = right && (colons && i % 3 == 2 ? text[i] == ':' : is_digit(text[i]));
    if (!right)
        refuse(
            "must be a SHA-256 fingerprint: 64 hexadecimal digits, \"AB:CD:...\" or \"abcd...\"");
    return text;
}

}  // namespace vmrotate::config
