// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

/// The sealed file, version 2, as bytes. Sizes are in bytes, numbers unsigned with the most
/// significant byte first, and nothing follows the last field:
///
///     size  field
///       30  "vmrotate sealed credentials 2\n"; the number is the version
///        1  key derivation: how the key-encryption key is made, 1, 2 or 3
///        2  p, the size of the derivation's parameters
///        p  the parameters
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
/// The derivations, their parameters, and their key-encryption keys:
///
///     1 key file            none     HKDF-SHA256(the 32 bytes of the key file, salt, info =
///                                    "vmrotate sealed credentials 1 key file")
///     2 passphrase          9 bytes  scrypt(passphrase, salt, N, r, p); the parameters are the
///                                    logarithm of N to the base 2, 1; r, 4; p, 4
///     3 systemd credential  1 to 255 HKDF-SHA256(the 32 bytes of the credential, salt, info =
///                                    "vmrotate sealed credentials 2 systemd credential");
///                                    the parameters are its name, of A-Z a-z 0-9 . _ -
///
/// Version 1 is read too: it knows derivation 1 only, and its records have no time.
///
/// A file is only ever replaced as a whole (`safe_file.hpp`), so an interrupted write leaves the
/// former file; one that is cut off is damaged, and never read in part.
namespace credstore {

constexpr std::size_t max_sealed_file_size = 1024 * 1024;
constexpr std::size_t salt_size = 32, nonce_size = 12, tag_size = 16, data_key_size = 32;

struct ByKeyFile {
    bool operator==(const ByKeyFile&) const = default;
};

/// The cost of scrypt. What is written is the default, 128 MiB and about half a second.
struct ByPassphrase {
    std::uint32_t log2_n = 17, r = 8, p = 1;
    bool operator==(const ByPassphrase&) const = default;
};

struct BySystemdCredential {
    std::string name;
    bool operator==(const BySystemdCredential&) const = default;
};

/// How the key-encryption key is made.
using Derivation = std::variant<ByKeyFile, ByPassphrase, BySystemdCredential>;

/// What a file may demand: at most 256 MiB (128 * N * r), eight times the work of the default,
/// and no less than N = 2^10.
bool is_bearable(const ByPassphrase& cost);

/// A name that can stand in a sealed file, in a unit file and in a folder: not empty, not longer
/// than 255, of A-Z a-z 0-9 . _ - only, and not beginning with a dot.
bool is_credential_name(std::string_view name);

/// The fields of a sealed file. The texts point into the bytes that were parsed.
struct Envelope {
    int version = 2;
    Derivation derivation;
    std::string_view salt;
    std::string_view key_nonce, before_key, wrapped_key;
    std::string_view records_nonce, before_records, sealed_records;
};

/// Why bytes are no envelope.
enum class Unreadable {
    foreign,  ///< not a sealed file at all
    newer,    ///< a version or a key derivation that is not known here
    damaged,  ///< sizes that do not fit, or parameters that no writer makes
};

/// Takes any bytes; needs no key and so proves nothing about them.
std::variant<Envelope, Unreadable> parse_envelope(std::span<const std::byte> file);

/// All fields up to the nonce of the wrapped key.
std::string write_envelope_start(const Derivation& derivation, std::string_view salt,
                                 std::string_view key_nonce);

/// The fields between the wrapped key and the sealed records.
std::string write_envelope_middle(std::string_view records_nonce, std::size_t sealed_size);

}  // namespace credstore
