// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/format.h>

#include "connect.hpp"

namespace vimclient {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view why)
{
    throw std::invalid_argument(fmt::format("'{}' is no server address: {}", text, why));
}

int parse_port(std::string_view text, std::string_view digits)
{
    int port = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, port);
    if (digits.empty() || stop != end || error != std::errc{} || port < 1 || port > 65535)
        refuse(text, "the port must be a number from 1 to 65535");
    return port;
}

bool is_name_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool is_address_character(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

/// A name is the same in capitals; the stores know it in lower case.
std::string lower_case(std::string_view host)
{
    std::string lower(host);
    for (char& c : lower)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return lower;
}

// what follows the host: nothing, or ':' and a port
void parse_rest(std::string_view text, std::string_view rest, Endpoint& endpoint)
{
    if (rest.empty())
        return;
    if (rest.front() != ':')
        refuse(text, "only ':' and a port may follow the bracket");
    if (rest.find(':', 1) != std::string_view::npos)
        refuse(text, "an IPv6 address stands in brackets");
    endpoint.port = parse_port(text, rest.substr(1));
}

// "host", "host:port", "[v6]", "[v6]:port"
Endpoint parse_authority(std::string_view text, std::string_view authority)
{
    Endpoint endpoint;
    if (!authority.starts_with('[')) {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        endpoint.host = lower_case(authority.substr(0, colon));
        parse_rest(text, authority.substr(colon), endpoint);
        if (endpoint.host.empty())
            refuse(text, "the host is missing");
        if (!std::ranges::all_of(endpoint.host, is_name_character))
            refuse(text, "a host name has letters, digits, '-' and '.' only");
        return endpoint;
    }
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos)
        refuse(text, "the bracket is not closed");
    endpoint.host = lower_case(authority.substr(1, close - 1));
    parse_rest(text, authority.substr(close + 1), endpoint);
    if (endpoint.host.find(':') == std::string::npos ||
        !std::ranges::all_of(endpoint.host, is_address_character))
        refuse(text, "brackets are for IPv6 addresses");
    return endpoint;
}

}  // namespace

Endpoint parse_endpoint(std::string_view text)
{
    std::string_view rest = text;
    bool has_scheme = false;
    if (const std::size_t scheme = text.find("://"); scheme != std::string_view::npos) {
        if (text.substr(0, scheme) != "https")
            refuse(text, "only https is spoken");
        rest = text.substr(scheme + 3);
        has_scheme = true;
    }
    const std::size_t slash = rest.find('/');
    const std::string_view authority = rest.substr(0, slash);
    if (authority.find('@') != std::string_view::npos)
        refuse(text.substr(text.find('@') + 1), "the user does not belong into it");
    Endpoint endpoint = parse_authority(text, authority);
    if (slash == std::string_view::npos || rest.substr(slash) == "/")
        return endpoint;
    if (!has_scheme)
        refuse(text, "a path needs https:// in front");
    endpoint.path = rest.substr(slash);
    const auto allowed = [](char c) { return is_name_character(c) || c == '/'; };
    if (!std::ranges::all_of(endpoint.path, allowed))
        refuse(text, "the path has a character that does not belong there");
    return endpoint;
}

std::string to_string(const Endpoint& endpoint)
{
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    std::string text = is_v6 ? fmt::format("[{}]", endpoint.host) : endpoint.host;
    if (endpoint.port != 443)
        text += fmt::format(":{}", endpoint.port);
    return text;
}

}  // namespace vimclient
