// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

/// Sealed files that another program wrote, by `envelope.hpp` and `records.hpp` alone: the logon
/// of "backup" at "vcenter.example.com", password "correct horse", pin "AB:CD", added 1700000000.
namespace sealed_elsewhere {

/// The 32 bytes of the key file or the systemd credential: 0, 1, 2, ...
inline std::string key()
{
    std::string bytes;
    for (int i = 0; i < 32; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

inline std::string from_hex(const std::string& hex)
{
    std::string bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    return bytes;
}

inline const std::string by_key_file = from_hex(
    "766d726f74617465207365616c65642063726564656e7469616c7320320a010000404142434445464748494a"
    "4b4c4d4e4f505152535455565758595a5b5c5d5e5f010101010101010101010101bf4d5b59cc14b76e22daf4"
    "026b929f4dfd34ef907d5ef1081cd7052f00d0665f3999258bd7d075ae9a15d8c44ef2650202020202020202"
    "02020202020000004dafba2a13e68c64821640e0cdac1ebe43bfb8fe2d0f84cc2eb85f9173191c20e24069df"
    "8a95a3e0616163df3d98c5958377d74628cef93c8c10e0303cdf60e2468b34c0cb1628c508a03e45244b");

/// The credential is called "store-key".
inline const std::string by_systemd = from_hex(
    "766d726f74617465207365616c65642063726564656e7469616c7320320a03000973746f72652d6b65794041"
    "42434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f0101010101010101010101017da4"
    "5f4f8306486daea974d1aeaf0bbe294ec7111f366cc8ad521889ee4080bbb6734c1a0e7031ae430fbfa232c9"
    "10970202020202020202020202020000004dafba2a13e68c64821640e0cdac1ebe43bfb8fe2d0f84cc2eb85f"
    "9173191c20e24069df8a95a3e0616163df3d98c5958377d74628cef93c8c10e0303cdf4fbdfa85634f65606d"
    "1565f0bc2774d9");

/// "correct passphrase", with N = 2^10.
inline const std::string by_passphrase = from_hex(
    "766d726f74617465207365616c65642063726564656e7469616c7320320a0200090a00000008000000014041"
    "42434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f0101010101010101010101019327"
    "624b40a16bc7b21aeaac6f0b0f9c87a98a0a676f92d6a22711d9b8b98ba1abb2312986ccb9719033f89c4fa0"
    "fd6f0202020202020202020202020000004dafba2a13e68c64821640e0cdac1ebe43bfb8fe2d0f84cc2eb85f"
    "9173191c20e24069df8a95a3e0616163df3d98c5958377d74628cef93c8c10e0303cdf679a28af97140d5c93"
    "560bcb9bccf986");

}  // namespace sealed_elsewhere
