// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace credstore {

/// Whether something in it is encrypted for a Windows account (DPAPI), as Base64 or hexadecimal.
bool has_windows_encryption(std::string_view text);

/// What to run where such a value can be read.
std::string how_to_export_from_powercli();

}  // namespace credstore
