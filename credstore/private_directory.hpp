// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <sys/stat.h>

#include "descriptor.hpp"

/// What reading and writing private files share. All throw StoreError.
namespace credstore {

/// Throws "cannot use '<file>': <why>".
[[noreturn]] void refuse(const std::filesystem::path& file, std::string_view why,
                         std::string hint = {});

/// The current directory for a bare name.
std::filesystem::path directory_of(const std::filesystem::path& file);

struct stat facts_of(const Descriptor& open_file, const std::filesystem::path& file);

/// Refuses an owner other than this user and root.
void check_owner(const struct stat& facts, const std::filesystem::path& file);

/// Refuses another owner, and one in which others may put or rename files.
void check_directory(const Descriptor& open_directory, const std::filesystem::path& directory);

/// None where it cannot be opened: errno says why.
Descriptor open_directory(const std::filesystem::path& directory, int flags);

/// What stands in it is on the disk afterwards, where the file system can do that.
void sync_directory(const Descriptor& open_directory, const std::filesystem::path& directory);

}  // namespace credstore
