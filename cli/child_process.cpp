// SPDX-License-Identifier: GPL-3.0-or-later
#include "child_process.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <thread>

#include "base/error.hpp"

namespace vmrotate::cli {
namespace {

using credstore::Descriptor;
using Steady = std::chrono::steady_clock;

constexpr std::chrono::milliseconds glance{10};
constexpr std::chrono::seconds grace{1};

/// What the child starts with: streams of its own, our signals given back.
class Start {
public:
    Start(const Program& program, int output)
    {
        posix_spawn_file_actions_init(&files_);
        if (program.input < 0)
            posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        else
            posix_spawn_file_actions_adddup2(&files_, program.input, STDIN_FILENO);
        posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
        if (program.with_errors)
            posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
        posix_spawnattr_init(&attributes_);
        const int group = program.leads_group ? POSIX_SPAWN_SETPGROUP : 0;
        posix_spawnattr_setflags(&attributes_, static_cast<short>(POSIX_SPAWN_SETSIGMASK |
                                                                  POSIX_SPAWN_SETSIGDEF | group));
        sigset_t set;
        sigemptyset(&set);
        posix_spawnattr_setsigmask(&attributes_, &set);
        sigaddset(&set, SIGPIPE);
        sigaddset(&set, SIGXFSZ);
        posix_spawnattr_setsigdefault(&attributes_, &set);
    }
    ~Start()
    {
        posix_spawn_file_actions_destroy(&files_);
        posix_spawnattr_destroy(&attributes_);
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    const posix_spawn_file_actions_t* files() const { return &files_; }
    const posix_spawnattr_t* attributes() const { return &attributes_; }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

[[noreturn]] void fail(const std::string& program, int error)
{
    throw std::system_error(error, std::generic_category(), program);
}

/// Our environment with these in the place of those of the same name.
std::vector<std::string> environment_with(const std::vector<std::string>& variables)
{
    std::vector<std::string> result = variables;
    for (char** ours = environ; *ours != nullptr; ++ours) {
        const std::string_view variable = *ours;
        const auto name = variable.substr(0, variable.find('=') + 1);
        if (std::ranges::none_of(variables,
                                 [&](const auto& other) { return other.starts_with(name); }))
            result.emplace_back(variable);
    }
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts)
        result.push_back(text.data());
    result.push_back(nullptr);
    return result;
}

}  // namespace

ChildProcess::ChildProcess(const Program& program) : leads_group_(program.leads_group)
{
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
        fail(program.words.front(), errno);
    output_ = Descriptor(pipe[0]);
    const Descriptor input(pipe[1]);
    std::vector<std::string> words = program.words;
    std::vector<std::string> variables = environment_with(program.variables);
    const Start start(program, input.get());
    const int error =
        ::posix_spawnp(&process_, words.front().c_str(), start.files(), start.attributes(),
                       pointers(words).data(), pointers(variables).data());
    if (error != 0) {
        process_ = -1;
        fail(program.words.front(), error);
    }
}

ChildProcess::~ChildProcess()
{
    if (process_ < 0)
        return;
    if (!is_over()) {
        send(SIGTERM);
        for (const auto end = Steady::now() + grace; !is_over() && Steady::now() < end;)
            std::this_thread::sleep_for(glance);
        send(SIGKILL);
    }
    reap();
}

bool ChildProcess::has_ended()
{
    if (process_ >= 0 && is_over())
        reap();
    return process_ < 0;
}

// it stays a zombie until `reap`: so its number is nobody else's, and its group's neither
bool ChildProcess::is_over() const
{
    siginfo_t facts{};
    const auto asked = credstore::retry([&] {
        return ::waitid(P_PID, static_cast<id_t>(process_), &facts, WEXITED | WNOHANG | WNOWAIT);
    });
    return asked < 0 || facts.si_pid != 0;
}

void ChildProcess::send(int signal) const
{
    ::kill(leads_group_ ? -process_ : process_, signal);
}

void ChildProcess::reap()
{
    int status = 0;
    const auto ended = credstore::retry([&] { return ::waitpid(process_, &status, 0); });
    process_ = -1;
    if (ended < 0)
        exit_code_ = EXIT_FAILURE;  // how it ended is not known
    else if (WIFSIGNALED(status))
        signal_ = WTERMSIG(status);
    else
        exit_code_ = WEXITSTATUS(status);
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
