// SPDX-License-Identifier: GPL-3.0-or-later
#include "safe_file.hpp"

#include <cstdio>
#include <random>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credential_store.hpp"
#include "descriptor.hpp"

namespace credstore {

namespace {

using Path = std::filesystem::path;

constexpr mode_t private_file = 0600;
constexpr mode_t private_directory = 0700;

[[noreturn]] void refuse(const Path& file, std::string_view why, std::string hint = {})
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

std::size_t checked_size(const struct stat& facts, const Path& file, std::size_t limit)
{
    if (!S_ISREG(facts.st_mode))
        refuse(file, "it is not a regular file");
    check_owner(facts, file);
    if ((facts.st_mode & (S_IRWXG | S_IRWXO)) != 0)
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

void write_all(const Descriptor& open_file, std::string_view content, const Path& file)
{
    while (!content.empty()) {
        const ssize_t put =
            retry([&] { return ::write(open_file.get(), content.data(), content.size()); });
        if (put == -1)
            fail("write", file);
        content.remove_prefix(static_cast<std::size_t>(put));
    }
}

void sync_directory(const Descriptor& open_directory, const Path& directory)
{
    // EINVAL: a file system that cannot sync directories
    if (retry([&] { return ::fsync(open_directory.get()); }) != 0 && errno != EINVAL)
        fail("sync", directory);
}

Descriptor open_directory(const Path& directory, int flags)
{
    return Descriptor(
        retry([&] { return ::open(directory.c_str(), flags | O_DIRECTORY | O_CLOEXEC); }));
}

void make_directories(const Path& directory)
{
    std::error_code ignored;
    if (std::filesystem::exists(directory, ignored))
        return;
    const Path parent = directory_of(directory);
    make_directories(parent);
    if (::mkdir(directory.c_str(), private_directory) != 0 && errno != EEXIST)
        fail("make the directory", directory);

    const Descriptor opened = open_directory(parent, O_RDONLY);
    if (!opened)
        fail("open", parent);
    sync_directory(opened, parent);
}

/// A new file in a checked directory, written and synced; removed unless it is renamed.
class Temporary {
public:
    [[nodiscard]] Temporary(const Path& file, const std::string& suffix)
        : file_(file), name_(file.filename().string()), temporary_(name_ + suffix)
    {
        const Path directory = directory_of(file);
        make_directories(directory);
        directory_ = open_directory(directory, O_RDONLY);
        if (!directory_)
            fail("open", directory);
        check_directory(directory_, directory);
    }

    ~Temporary()
    {
        if (made_)
            ::unlinkat(directory_.get(), temporary_.c_str(), 0);
    }

    Temporary(const Temporary&) = delete;
    Temporary& operator=(const Temporary&) = delete;

    void remove_leftover()
    {
        if (::unlinkat(directory_.get(), temporary_.c_str(), 0) != 0 && errno != ENOENT)
            fail("replace", file_);
    }

    void write(std::string_view content)
    {
        constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
        Descriptor open_file(retry(
            [&] { return ::openat(directory_.get(), temporary_.c_str(), flags, private_file); }));
        if (!open_file)
            fail("write", file_);
        made_ = true;
        if (::fchmod(open_file.get(), private_file) != 0)
            fail("write", file_);
        write_all(open_file, content, file_);
        if (retry([&] { return ::fsync(open_file.get()); }) != 0 || open_file.close() != 0)
            fail("write", file_);
    }

    void replace_file()
    {
        const int directory = directory_.get();
        if (::renameat(directory, temporary_.c_str(), directory, name_.c_str()) != 0)
            fail("replace", file_);
        made_ = false;
        sync_directory(directory_, directory_of(file_));
    }

    void become_file()
    {
        const int directory = directory_.get();
        if (::linkat(directory, temporary_.c_str(), directory, name_.c_str(), 0) != 0)
            fail("create", file_);
        ::unlinkat(directory, temporary_.c_str(), 0);
        made_ = false;
        sync_directory(directory_, directory_of(file_));
    }

private:
    Path file_;
    std::string name_, temporary_;
    Descriptor directory_;
    bool made_ = false;
};

}  // namespace

std::optional<Secret> read_private_file(const Path& file, std::size_t limit)
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
    const std::size_t size = checked_size(facts_of(open_file, file), file, limit);
    return read_all(open_file, size, file);
}

void replace_private_file(const Path& file, std::string_view content)
{
    Temporary temporary(file, ".new");
    temporary.remove_leftover();
    temporary.write(content);
    temporary.replace_file();
}

void create_private_file(const Path& file, std::string_view content)
{
    std::random_device random;
    Temporary temporary(file, fmt::format(".new-{:08x}{:08x}", random(), random()));
    temporary.write(content);
    temporary.become_file();
}

void make_private_directory_of(const Path& file)
{
    const Path directory = directory_of(file);
    make_directories(directory);
    const Descriptor opened = open_directory(directory, O_PATH);
    if (!opened)
        fail("open", directory);
    check_directory(opened, directory);
}

}  // namespace credstore
