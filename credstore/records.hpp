// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "secret.hpp"

/// What is sealed in a sealed file: the logons, in a form that is read where it lies, so that
/// no password is copied out of the locked memory. Numbers are two bytes, unsigned, the most
/// significant first, and nothing follows the last record:
///
///     count of the records, at most 1024
///     per record:
///         for server, user, fingerprint and password in this order:
///             size, at most 65535; then so many bytes, any values
///         when it was added, eight bytes: seconds since 1970 in UTC; 0: unknown
///
/// Inside of a sealed file of version 1 the time is missing.
///
/// The records stand in ascending order of server, then user, both byte for byte; no two are
/// the same account. Neither server nor user is empty.
namespace credstore {

constexpr std::size_t max_records = 1024;
constexpr std::size_t max_field_size = 65535;

/// One logon. Its fields point into memory that somebody else owns.
struct Record {
    std::string_view server, user, fingerprint, password;
    std::int64_t added = 0;
    bool operator==(const Record&) const = default;
};

/// The order of the records. The fields that are no part of the account do not count.
bool comes_before(const Record& left, const Record& right);

/// Takes any bytes; nothing if they are not as above. The records point into `bytes`.
/// `version` is that of the sealed file, 1 or 2.
std::optional<std::vector<Record>> parse_records(std::span<const std::byte> bytes, int version = 2);

/// As of version 2. The records must be in order and within the limits; else throws
/// std::invalid_argument.
Secret write_records(const std::vector<Record>& records);

}  // namespace credstore
