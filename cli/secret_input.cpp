// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret_input.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"
#include "child_process.hpp"
#include "descriptor.hpp"
#include "safe_file.hpp"

namespace vmrotate::cli {
namespace {

using credstore::Descriptor;
using credstore::Secret;
using Steady = std::chrono::steady_clock;

constexpr std::size_t line_limit = longest_password + 2;  // "\r\n"
constexpr std::chrono::seconds command_limit{60};

std::string reason()
{
    return std::generic_category().message(errno);
}

/// Waits until there is something to read. False after the end.
bool wait_for(int file, const std::stop_token& stop, Steady::time_point end)
{
    constexpr int patience = 100;  // milliseconds until the stop request is looked at
    pollfd waiting{file, POLLIN, 0};
    while (::poll(&waiting, 1, patience) <= 0) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
        if (Steady::now() >= end)
            return false;
    }
    return true;
}

enum class Read { whole, too_long, too_late };

/// Reads up to the end of the file, or to the end of `into`; `size` is what was read.
Read read_into(Secret& into, std::size_t& size, int file, const std::stop_token& stop,
               Steady::time_point end)
{
    size = 0;
    while (size < into.size()) {
        if (!wait_for(file, stop, end))
            return Read::too_late;
        const auto got =
            credstore::retry([&] { return ::read(file, into.data() + size, into.size() - size); });
        if (got <= 0)
            return Read::whole;
        size += static_cast<std::size_t>(got);
    }
    return Read::too_long;
}

/// Without the end of its line; `source` is for messages.
Secret only_line(std::string_view text, const std::string& source)
{
    if (text.ends_with('\n'))
        text.remove_suffix(1);
    if (text.ends_with('\r'))
        text.remove_suffix(1);
    if (text.find('\n') != std::string_view::npos)
        throw Error(ErrorKind::logon, fmt::format("{} gives more than one line", source),
                    "the password must be its only line");
    if (text.size() > longest_password)
        throw Error(ErrorKind::logon,
                    fmt::format("{} gives more than {} bytes", source, longest_password),
                    "the password must be its only line");
    return Secret(text);
}

std::unique_ptr<ChildProcess> start_password_command(const std::vector<std::string>& words,
                                                     const std::string& source)
{
    try {
        return std::make_unique<ChildProcess>(Program{.words = words});
    } catch (const std::system_error& e) {
        throw Error(ErrorKind::logon, fmt::format("cannot run {}: {}", source, e.code().message()),
                    "name a program that is in PATH, or give its whole path");
    }
}

bool is_pipe(const std::filesystem::path& file)
{
    struct stat facts {};
    return ::stat(file.c_str(), &facts) == 0 && (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode));
}

Descriptor open_to_read(const std::filesystem::path& file)
{
    Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
    if (!opened)
        throw Error(ErrorKind::usage, fmt::format("cannot read '{}': {}", file.string(), reason()));
    return opened;
}

}  // namespace

Secret read_password_file(const std::filesystem::path& file, const std::stop_token& stop)
{
    const std::string source = fmt::format("'{}'", file.string());
    if (!is_pipe(file)) {
        const auto content = credstore::read_private_file(file, line_limit);
        if (!content)
            throw Error(ErrorKind::usage, fmt::format("cannot read {}: it is not there", source));
        return only_line(content->reveal(), source);
    }
    const Descriptor opened = open_to_read(file);
    auto buffer = Secret::of_size(line_limit + 1);
    std::size_t size = 0;
    if (read_into(buffer, size, opened.get(), stop, Steady::now() + command_limit) ==
        Read::too_late)
        throw Error(ErrorKind::logon,
                    fmt::format("{} gives nothing within {} s", source, command_limit.count()));
    return only_line(buffer.reveal().substr(0, size), source);
}

Secret run_password_command(const std::vector<std::string>& words, const std::stop_token& stop)
{
    const std::string source = fmt::format("the password command '{}'", words.front());
    auto started = start_password_command(words, source);
    ChildProcess& child = *started;
    auto buffer = Secret::of_size(line_limit + 1);
    std::size_t size = 0;
    const auto end = Steady::now() + command_limit;
    const Read read = read_into(buffer, size, child.output(), stop, end);
    if (read == Read::too_late || (read == Read::whole && !child.ends_before(end, stop)))
        throw Error(ErrorKind::logon,
                    fmt::format("{} is not done after {} s", source, command_limit.count()));
    if (read == Read::whole && child.exit_code() != 0)
        throw Error(ErrorKind::logon,
                    fmt::format("{} failed with exit code {}", source, child.exit_code()),
                    "run it by hand; its messages are above");
    return only_line(buffer.reveal().substr(0, size), source);
}

SecretFile read_secret_file(const std::filesystem::path& file, std::size_t limit,
                            const std::stop_token& stop)
{
    const Descriptor opened = open_to_read(file);
    struct stat facts {};
    if (::fstat(opened.get(), &facts) != 0 || S_ISDIR(facts.st_mode))
        throw Error(ErrorKind::usage,
                    fmt::format("cannot read '{}': it is no file", file.string()));
    auto buffer = Secret::of_size(limit + 1);
    std::size_t size = 0;
    const Read read = read_into(buffer, size, opened.get(), stop, Steady::now() + command_limit);
    if (read != Read::whole)
        throw Error(ErrorKind::usage,
                    read == Read::too_late
                        ? fmt::format("cannot read '{}': it has no end within {} s", file.string(),
                                      command_limit.count())
                        : fmt::format("cannot read '{}': it is longer than {} bytes", file.string(),
                                      limit));
    return {Secret(buffer.reveal().substr(0, size)),
            S_ISREG(facts.st_mode) && (facts.st_mode & (S_IRGRP | S_IROTH)) != 0};
}

}  // namespace vmrotate::cli
