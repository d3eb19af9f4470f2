// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string_view>

namespace credstore {

/// Throws where a call of OpenSSL failed.
inline void require(bool succeeded)
{
    if (!succeeded)
        throw std::runtime_error("the cryptographic library failed");
}

/// Text as OpenSSL takes it.
inline const unsigned char* bytes_of(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

inline unsigned char* bytes_of(char* text)
{
    return reinterpret_cast<unsigned char*>(text);
}

}  // namespace credstore
