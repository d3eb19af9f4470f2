// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

namespace vmrotate::state {

/// A uuid that comes from a server as a file's name: nothing of it may lead out of the folder.
inline std::string file_name_of(std::string_view uuid)
{
    std::string name;
    for (const char c : uuid) {
        const bool is_plain =
            (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
        name +=
            is_plain ? std::string(1, c) : fmt::format("_{:02x}", static_cast<unsigned char>(c));
    }
    return name;
}

}  // namespace vmrotate::state
