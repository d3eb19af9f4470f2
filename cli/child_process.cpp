// SPDX-License-Identifier: GPL-3.0-or-later
#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include "base/error.hpp"

namespace vmrotate::cli {
namespace {

using credstore::Descriptor;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds glance{10};
constexpr std::chrono::seconds grace{1};

/// What the child starts with: our stdin and stdout replaced, our signals given back.
class Start {
public:
    explicit Start(int output)
    {
        posix_spawn_file_actions_init(&files_);
        posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
        posix_spawnattr_init(&signals_);
        posix_spawnattr_setflags(&signals_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        sigset_t set;
        sigemptyset(&set);
        posix_spawnattr_setsigmask(&signals_, &set);
        sigaddset(&set, SIGPIPE);
        sigaddset(&set, SIGXFSZ);
        posix_spawnattr_setsigdefault(&signals_, &set);
    }
    ~Start()
    {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&signals_);
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    const posix_spawn_file_actions_t* files() const { return &files_; }
    const posix_spawnattr_t* signals() const { return &signals_; }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t signals_{};
};

[[noreturn]] void fail(const std::string& program, int error)
{
    throw Error(ErrorKind::logon,
                fmt::format("cannot run the password command '{}': {}", program,
                            std::generic_category().message(error)),
                "name a program that is in PATH, or give its whole path");
}

}  // namespace

ChildProcess::ChildProcess(const std::vector<std::string>& words)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        fail(words.front(), errno);
    output_ = Descriptor(pipe[0]);
    const Descriptor input(pipe[1]);
    std::vector<std::string> copies = words;
    std::vector<char*> arguments;
    for (std::string& word : copies)
        arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const Start start(input.get());
    const int error = ::posix_spawnp(&process_, arguments.front(), start.files(), start.signals(),
                                     arguments.data(), environ);
    if (error != 0) {
        process_ = -1;
        fail(words.front(), error);
    }
}

ChildProcess::~ChildProcess()
{
    if (has_ended())
        return;
    ::kill(process_, SIGTERM);
    for (const auto end = Steady::now() + grace; Steady::now() < end;) {
        if (has_ended())
            return;
        std::this_thread::sleep_for(glance);
    }
    ::kill(process_, SIGKILL);
    credstore::retry([this] { return ::waitpid(process_, nullptr, 0); });
}

bool ChildProcess::has_ended()
{
    if (process_ < 0)
        return true;
    int status = 0;
    const auto ended = credstore::retry([&] { return ::waitpid(process_, &status, WNOHANG); });
    if (ended == 0)
        return false;
    process_ = -1;
    if (ended < 0)
        exit_code_ = EXIT_FAILURE;  // how it ended is not known
    else
        exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return true;
}

bool ChildProcess::ends_before(Steady::time_point time, const std::stop_token& stop)
{
    while (!has_ended()) {
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
        if (Steady::now() >= time)
            return false;
        std::this_thread::sleep_for(glance);
    }
    return true;
}

}  // namespace vmrotate::cli
