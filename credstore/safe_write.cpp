// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <random>
#include <string>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "private_directory.hpp"
#include "safe_file.hpp"

namespace credstore {

namespace {

using Path = std::filesystem::path;

constexpr mode_t private_file = 0600;
constexpr mode_t private_directory = 0700;

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
        fill(open_file, content);
        if (open_file.close() != 0)
            fail("write", file_);
    }

    /// Without a name until it is whole. False where the file system cannot do that.
    bool create_nameless(std::string_view content)
    {
        const int directory = directory_.get();
        const Descriptor open_file(retry([&] {
            return ::openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, private_file);
        }));
        if (!open_file)
            return false;
        fill(open_file, content);
        const std::string link = fmt::format("/proc/self/fd/{}", open_file.get());
        if (::linkat(AT_FDCWD, link.c_str(), directory, name_.c_str(), AT_SYMLINK_FOLLOW) != 0) {
            if (errno == EEXIST)
                fail("create", file_);
            return false;
        }
        sync_directory(directory_, directory_of(file_));
        return true;
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
    void fill(const Descriptor& open_file, std::string_view content)
    {
        if (::fchmod(open_file.get(), private_file) != 0)
            fail("write", file_);
        write_all(open_file, content, file_);
        if (retry([&] { return ::fsync(open_file.get()); }) != 0)
            fail("write", file_);
    }

    Path file_;
    std::string name_, temporary_;
    Descriptor directory_;
    bool made_ = false;
};

}  // namespace

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
    if (temporary.create_nameless(content))
        return;
    temporary.write(content);
    temporary.become_file();
}

void rename_private_file(const Path& from, const Path& to)
{
    if (::rename(from.c_str(), to.c_str()) != 0)
        fail("replace", to);
    const Path directory = directory_of(to);
    sync_directory(open_directory(directory, O_RDONLY), directory);
}

void remove_private_file(const Path& file)
{
    if (::unlink(file.c_str()) != 0) {
        if (errno == ENOENT)
            return;
        fail("remove", file);
    }
    const Path directory = directory_of(file);
    sync_directory(open_directory(directory, O_RDONLY), directory);
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
