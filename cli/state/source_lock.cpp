// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/source_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/skip.hpp"
#include "state/file_name.hpp"

namespace vmrotate::state {
namespace {

class FileDescriptor {
public:
    explicit FileDescriptor(int number) : number_(number) {}
    ~FileDescriptor()
    {
        if (number_ >= 0)
            ::close(number_);
    }
    FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    FileDescriptor& operator=(FileDescriptor&&) = delete;

    int number() const { return number_; }

private:
    int number_;
};

class FileLock final : public job::SourceLock {
public:
    FileLock(FileDescriptor file, std::string id) : file_(std::move(file)), id_(std::move(id)) {}

    const std::string& id() const override { return id_; }

private:
    FileDescriptor file_;
    std::string id_;
};

[[noreturn]] void fail(const std::filesystem::path& path, const char* what, int number)
{
    throw Error(
        ErrorKind::failed,
        fmt::format("cannot {} the lock file '{}': {}", what, path.string(), std::strerror(number)),
        "nothing is sent without a lock; make the folder writable for this account");
}

std::filesystem::path path_of(const std::filesystem::path& state, const std::string& source_uuid)
{
    return state / "locks" / (file_name_of(source_uuid) + ".lock");
}

FileDescriptor open_locked(const std::filesystem::path& path)
{
    FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.number() < 0)
        fail(path, "open", errno);
    if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0)
        return file;
    if (errno == EWOULDBLOCK) {  // a dry run may be looking, for a moment
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        if (::flock(file.number(), LOCK_EX | LOCK_NB) == 0)
            return file;
    }
    if (errno != EWOULDBLOCK)
        fail(path, "lock", errno);
    throw job::AnotherRun("another process of this machine is at work on it",
                          "wait for it, or see what runs with 'pgrep -a vmrotate'");
}

std::string read_id(const FileDescriptor& file)
{
    std::array<char, 32> buffer{};
    const auto size = ::pread(file.number(), buffer.data(), buffer.size(), 0);
    const std::string_view id(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    const bool is_id = id.size() == buffer.size() && std::ranges::all_of(id, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                       });
    return is_id ? std::string(id) : std::string();
}

void write_content(const FileDescriptor& file, const std::filesystem::path& path,
                   const std::string& id)
{
    const std::string text = fmt::format("{} {}\n", id, ::getpid());
    if (::pwrite(file.number(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
        fail(path, "write", errno);
    if (::ftruncate(file.number(), static_cast<off_t>(text.size())) != 0)
        fail(path, "write", errno);
}

}  // namespace

std::unique_ptr<job::SourceLock> lock_source(const std::filesystem::path& state,
                                             const std::string& source_uuid,
                                             const std::function<std::string()>& random_id)
{
    const auto path = path_of(state, source_uuid);
    std::error_code error;
    std::filesystem::create_directories(path.parent_path(), error);
    if (error)
        fail(path, "make the folder of", error.value());

    FileDescriptor file = open_locked(path);
    std::string id = read_id(file);
    if (id.empty())
        id = random_id();
    write_content(file, path, id);
    return std::make_unique<FileLock>(std::move(file), std::move(id));
}

std::string id_if_free(const std::filesystem::path& state, const std::string& source_uuid)
{
    const FileDescriptor file(
        ::open(path_of(state, source_uuid).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    if (file.number() < 0 || ::flock(file.number(), LOCK_SH | LOCK_NB) != 0)
        return {};
    return read_id(file);
}

}  // namespace vmrotate::state
