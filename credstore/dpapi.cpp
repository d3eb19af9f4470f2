// SPDX-License-Identifier: GPL-3.0-or-later
#include "dpapi.hpp"

#include <algorithm>

namespace credstore {

bool has_windows_encryption(std::string_view text)
{
    // 01 00 00 00, then the GUID df9d8cd0-1501-11d1-8c7a-00c04fc297eb of DPAPI's provider
    constexpr std::string_view as_base64 = "AQAAANCMnd8BFdERjHoAwE/Cl+s";
    constexpr std::string_view as_hex = "01000000d08c9ddf0115d1118c7a00c04fc297eb";
    const auto same_letter = [](char left, char right) {
        return (left >= 'A' && left <= 'F' ? left - 'A' + 'a' : left) == right;
    };
    return text.find(as_base64) != std::string_view::npos ||
           std::search(text.begin(), text.end(), as_hex.begin(), as_hex.end(), same_letter) !=
               text.end();
}

std::string how_to_export_from_powercli()
{
    return "as that Windows account run: Get-VICredentialStoreItem | Select Host,User,Password | "
           "ConvertTo-Json; and import what it prints with --format powercli-json";
}

}  // namespace credstore
