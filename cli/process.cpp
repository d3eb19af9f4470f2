// SPDX-License-Identifier: GPL-3.0-or-later
#include "process.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <new>
#include <string_view>
#include <thread>

#include <openssl/crypto.h>

namespace vmrotate::cli {
namespace {

constexpr std::chrono::milliseconds patience{2000};  // with a reader that does not read

/// As nohup and a shell's background jobs wish; a signal that is waited for comes all the same.
bool is_ignored(int signal)
{
    struct sigaction action {};
    return ::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

sigset_t stop_signals()
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
        if (!is_ignored(signal))
            sigaddset(&set, signal);
    sigaddset(&set, SIGUSR2);  // our own, to end the wait
    return set;
}

/// Not where it would wait: a halted terminal must not keep the next signal out.
void say(std::string_view text)
{
    pollfd stream{STDERR_FILENO, POLLOUT, 0};
    if (::poll(&stream, 1, 0) == 1) [[maybe_unused]]
        const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

/// A closed standard stream would give its number to the first socket, and a message meant
/// for a person would then go to the server.
void fill_standard_streams()
{
    int file = 0;
    do
        file = ::open("/dev/null", O_RDWR);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file > STDERR_FILENO)
        ::close(file);
}

}  // namespace

void harden_process()
{
    fill_standard_streams();
    constexpr rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    prctl(PR_SET_DUMPABLE, 0);
    mallopt(M_ARENA_MAX, 2);  // a thread per VM in flight, each with large replies for a moment
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);
    std::signal(SIGCHLD, SIG_DFL);  // ignored, a child's exit code would be lost
}

void start_openssl()
{
    if (OSSL_LIB_CTX_get0_global_default() == nullptr)
        throw std::bad_alloc();
}

struct Signals::State {
    using Steady = std::chrono::steady_clock;

    std::stop_source source;
    std::atomic<int> first{0};
    std::atomic<bool> ending{false};
    Steady::time_point impatient_from;
    std::thread waiter;

    void wait()
    {
        const sigset_t set = stop_signals();
        for (int signal = 0; sigwait(&set, &signal) == 0 && !ending;) {
            if (signal == SIGUSR2)
                continue;
            if (first == 0)
                stop(signal);
            else if (signal != SIGHUP && Steady::now() >= impatient_from)
                ::_exit(128 + signal);
        }
    }

    void stop(int signal)
    {
        first = signal;
        impatient_from = Steady::now() + std::chrono::seconds(1);
        source.request_stop();
        say("\nvmrotate: stopping; a copy under way is cancelled and its snapshot removed; a "
            "second signal leaves at once\n");
    }
};

Signals::Signals() : state_(std::make_unique<State>())
{
    const sigset_t set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    state_->waiter = std::thread([state = state_.get()] { state->wait(); });
}

Signals::~Signals()
{
    state_->ending = true;
    pthread_kill(state_->waiter.native_handle(), SIGUSR2);  // ends the wait, nothing else
    state_->waiter.join();
}

std::stop_token Signals::token() const
{
    return state_->source.get_token();
}

int Signals::exit_code() const
{
    const int signal = state_->first;
    return 128 + (signal == 0 ? SIGINT : signal);
}

Streams::Streams(const std::stop_token& stop)
    : out(STDOUT_FILENO,
          [stop] { return stop.stop_requested() ? patience : std::chrono::milliseconds::max(); }),
      err(STDERR_FILENO, [] { return patience; })
{
}

}  // namespace vmrotate::cli
