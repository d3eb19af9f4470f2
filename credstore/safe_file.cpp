// SPDX-License-Identifier: GPL-3.0-or-later
#include "safe_file.hpp"

#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "private_directory.hpp"

namespace credstore {

namespace {

using Path = std::filesystem::path;

std::size_t checked_size(const struct stat& facts, const Path& file, std::size_t limit,
                         Privacy privacy)
{
    if (!S_ISREG(facts.st_mode))
        refuse(file, "it is not a regular file");
    check_owner(facts, file);
    const mode_t too_much =
        privacy == Privacy::own ? S_IRWXG | S_IRWXO : S_IWGRP | S_IXGRP | S_IRWXO;
    if ((facts.st_mode & too_much) != 0)
        refuse(file, "others than its owner may use it",
               fmt::format("chmod 600 '{}'", file.string()));
    const auto size = static_cast<std::size_t>(facts.st_size);
    if (size > limit)
        refuse(file, fmt::format("it has {} bytes, more than {}", size, limit));
    return size;
}

Secret read_all(const Descriptor& open_file, std::size_t size, const Path& file)
{
    Secret content = Secret::of_size(size);
    std::size_t done = 0;
    while (done < size) {
        const ssize_t got =
            retry([&] { return ::read(open_file.get(), content.data() + done, size - done); });
        if (got == -1)
            fail("read", file);
        if (got == 0)
            refuse(file, "it became shorter while it was read");
        done += static_cast<std::size_t>(got);
    }
    return content;
}

}  // namespace

std::optional<Secret> read_private_file(const Path& file, std::size_t limit, Privacy privacy)
{
    const Path directory = directory_of(file);
    const Descriptor opened = open_directory(directory, O_PATH);
    if (!opened && errno == ENOENT)
        return std::nullopt;
    if (!opened)
        fail("read", file);

    constexpr int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    const std::string name = file.filename().string();
    const Descriptor open_file(retry([&] { return ::openat(opened.get(), name.c_str(), flags); }));
    if (!open_file && errno == ENOENT)
        return std::nullopt;
    if (!open_file && errno == ELOOP)
        refuse(file, "it is a symbolic link", "name the file that the link points to");
    if (!open_file)
        fail("read", file);

    check_directory(opened, directory);
    const std::size_t size = checked_size(facts_of(open_file, file), file, limit, privacy);
    return read_all(open_file, size, file);
}

}  // namespace credstore
