// SPDX-License-Identifier: GPL-3.0-or-later
#include "private_directory.hpp"

#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "credential_store.hpp"

namespace credstore {

using Path = std::filesystem::path;

void refuse(const Path& file, std::string_view why, std::string hint)
{
    throw StoreError(fmt::format("cannot use '{}': {}", file.string(), why), std::move(hint));
}

Path directory_of(const Path& file)
{
    return file.has_parent_path() ? file.parent_path() : Path(".");
}

struct stat facts_of(const Descriptor& open_file, const Path& file)
{
    struct stat facts = {};
    if (::fstat(open_file.get(), &facts) != 0)
        fail("look at", file);
    return facts;
}

void check_owner(const struct stat& facts, const Path& file)
{
    if (facts.st_uid == ::geteuid() || facts.st_uid == 0)
        return;
    refuse(file, fmt::format("it belongs to user {}", facts.st_uid),
           fmt::format("chown {} '{}'", ::geteuid(), file.string()));
}

void check_directory(const Descriptor& open_directory, const Path& directory)
{
    const struct stat facts = facts_of(open_directory, directory);
    check_owner(facts, directory);
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (facts.st_mode & S_ISVTX) == 0)
        refuse(directory, "others than its owner may write to this directory",
               fmt::format("chmod go-w '{}'", directory.string()));
}

Descriptor open_directory(const Path& directory, int flags)
{
    return Descriptor(
        retry([&] { return ::open(directory.c_str(), flags | O_DIRECTORY | O_CLOEXEC); }));
}

void sync_directory(const Descriptor& open_directory, const Path& directory)
{
    // EINVAL: a file system that cannot sync directories
    if (retry([&] { return ::fsync(open_directory.get()); }) != 0 && errno != EINVAL)
        fail("sync", directory);
}

}  // namespace credstore
