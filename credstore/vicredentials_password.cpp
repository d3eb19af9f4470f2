// SPDX-License-Identifier: GPL-3.0-or-later
#include "vicredentials_password.hpp"

#include <cstdint>
#include <optional>

#include <openssl/evp.h>

#include "openssl_text.hpp"
#include "text_forms.hpp"

namespace credstore {
namespace {

/// 31 * ... modulo 256, over the UTF-16 units; only their low bytes count.
unsigned char hash_of(std::string_view utf8)
{
    unsigned hash = 0;
    const auto take = [&](std::uint32_t unit) { hash = (hash * 31 + unit) & 0xffU; };
    for (std::size_t i = 0; i < utf8.size();) {
        const auto first = static_cast<unsigned char>(utf8[i++]);
        const int more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        std::uint32_t point = more == 0 ? first : first & (0x3fU >> more);
        for (int k = 0; k < more && i < utf8.size(); ++k)
            point = point << 6U | (static_cast<unsigned char>(utf8[i++]) & 0x3fU);
        if (point >= 0x10000) {
            take((point - 0x10000) >> 10U | 0xd800U);
            point = ((point - 0x10000) & 0x3ffU) | 0xdc00U;
        }
        take(point);
    }
    return static_cast<unsigned char>(hash);
}

std::optional<Secret> decode_base64(std::string_view text)
{
    if (text.empty() || text.size() % 4 != 0)
        return std::nullopt;
    Secret bytes = Secret::of_size(text.size() / 4 * 3);
    if (EVP_DecodeBlock(bytes_of(bytes.data()), bytes_of(text), static_cast<int>(text.size())) < 0)
        return std::nullopt;
    return bytes;
}

/// What the hash makes of it: nothing without an end, or with control characters before it.
std::optional<Secret> uncover(const Secret& covered, unsigned char hash)
{
    Secret plain(covered.reveal());
    for (std::size_t i = 0; i < plain.size(); ++i)
        plain.data()[i] = static_cast<char>(static_cast<unsigned char>(plain.data()[i]) ^ hash);
    const auto end = plain.reveal().find('\0');
    if (end == std::string_view::npos || has_control_character(plain.reveal().substr(0, end)))
        return std::nullopt;
    return Secret(plain.reveal().substr(0, end));
}

Secret from_latin_1(const Secret& text)
{
    std::size_t size = 0;
    for (const char c : text.reveal())
        size += static_cast<unsigned char>(c) < 0x80 ? 1 : 2;
    Secret utf8 = Secret::of_size(size);
    char* to = utf8.data();
    for (const char c : text.reveal())
        to = put_utf8(to, static_cast<unsigned char>(c));
    return utf8;
}

}  // namespace

std::variant<Secret, std::string> reveal_vicredentials_password(std::string_view host,
                                                                std::string_view user,
                                                                std::string_view base64)
{
    const auto covered = decode_base64(base64);
    if (!covered)
        return "its password is not Base64";

    const std::string lower = lower_case(std::string(host)) + std::string(user);
    const std::string as_written = std::string(host) + std::string(user);
    auto plain = uncover(*covered, hash_of(lower));
    if (hash_of(as_written) != hash_of(lower)) {
        auto other = uncover(*covered, hash_of(as_written));
        if (plain && other)
            return "its password can be read in two ways, for the host in lower case or as it "
                   "stands: add this logon by hand";
        if (other)
            plain = std::move(other);
    }
    if (!plain)
        return "its password does not belong to this host and user, or is damaged";
    if (plain->empty())
        return "its password is empty";
    return is_utf8(plain->reveal()) ? std::move(*plain) : from_latin_1(*plain);
}

}  // namespace credstore
