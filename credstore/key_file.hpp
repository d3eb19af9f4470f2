// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "secret.hpp"

/// The file with the key that opens a sealed file: 32 random bytes and nothing else, mode 0600.
/// It is worth as much as the passwords: keep it out of backups that hold the sealed file.
namespace credstore::key_file {

constexpr std::size_t key_size = 32;

/// Nothing where the file is not there. Throws StoreError where it is there and its size,
/// owner or permissions are not as they must be.
std::optional<Secret> load_or_none(const std::filesystem::path& file);

/// Makes a new key and writes it. Throws StoreError where the file is there already: a key is
/// never overwritten. Interrupted, it leaves a whole key file or none.
Secret create(const std::filesystem::path& file);

}  // namespace credstore::key_file
