// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// The sealed file, version 1, as bytes. Sizes are in bytes, numbers unsigned with the most
/// significant byte first, and nothing follows the last field:
///
///     size  field
///       30  "vmrotate sealed credentials 1\n"; the number is the version
///        1  key derivation: how the key-encryption key is made
///        2  p, the size of the derivation's parameters
///        p  the parameters; none (p = 0) for `key_file`
///       32  salt
///       12  nonce of the wrapped key
///       48  wrapped key: the data key, 32, encrypted by the key-encryption key, and a tag, 16
///       12  nonce of the records
///        4  n, the size of the sealed records
///        n  sealed records: encrypted by the data key, and a tag, 16 (`records.hpp`)
///
/// Both are AES-256-GCM. The wrapped key authenticates all that stands before it, the
/// sealed records all that stands before them; so every byte of the file is authenticated. Salt,
/// data key and nonces are drawn anew for each write.
///
/// `key_file`: key-encryption key = HKDF-SHA256(the 32 bytes of the key file, salt, info =
/// "vmrotate sealed credentials 1 key file").
///
/// A file is only ever replaced as a whole (`safe_file.hpp`), so an interrupted write leaves the
/// former file; one that is cut off is damaged, and never read in part.
namespace credstore {

/// 2 (a passphrase) and 3 (a systemd credential) are set aside.
enum class KeyDerivation : std::uint8_t { key_file = 1 };

constexpr std::size_t max_sealed_file_size = 1024 * 1024;
constexpr std::size_t salt_size = 32, nonce_size = 12, tag_size = 16, data_key_size = 32;

/// The fields of a sealed file. They point into the bytes that were parsed.
struct Envelope {
    KeyDerivation derivation = KeyDerivation::key_file;
    std::string_view salt;
    std::string_view key_nonce, before_key, wrapped_key;
    std::string_view records_nonce, before_records, sealed_records;
};

/// Why bytes are no envelope.
enum class Unreadable {
    foreign,  ///< not a sealed file at all
    newer,    ///< a version or a key derivation that is not known here
    damaged,  ///< sizes that do not fit
};

/// Takes any bytes; needs no key and so proves nothing about them.
std::variant<Envelope, Unreadable> parse_envelope(std::span<const std::byte> file);

/// All fields up to the nonce of the wrapped key.
std::string write_envelope_start(std::string_view salt, std::string_view key_nonce);

/// The fields between the wrapped key and the sealed records.
std::string write_envelope_middle(std::string_view records_nonce, std::size_t sealed_size);

}  // namespace credstore
