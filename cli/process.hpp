// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "environment.hpp"
#include "output.hpp"

/// What this process is and has: the real things behind `Environment`.
namespace vmrotate::cli {

/// No core file, no tracing by others, no death by a closed connection or pipe nor by a file
/// that may not grow, no standard stream that is closed, and children whose end is told. To be
/// called first; a failure is not told.
void harden_process();

/// Makes OpenSSL's context, which its first use would make: where that has no memory, OpenSSL 3.0
/// goes on without one and crashes. Throws std::bad_alloc.
void start_openssl();

/// Turns signals into a stop request. To be made before any other thread, as it blocks
/// SIGINT, SIGTERM and SIGHUP for all of them and waits for them in a thread of its own.
///
/// The first signal requests the stop and prints one line; a second one leaves at once. Many
/// who mean one signal send two: `timeout`, a shell and the kernel at the end of a terminal.
/// So what comes within a second of the first is no second one, and a SIGHUP never is.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    std::stop_token token() const;

    /// Of a run that a signal ended: 129 after a SIGHUP, 143 after a SIGTERM, else 130.
    int exit_code() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// Standard output waits for its reader, as a pager's may take its time, until a stop is
/// requested. Standard error does not: a snapshot may be held meanwhile.
struct Streams {
    explicit Streams(const std::stop_token& stop);

    Output out, err;
};

/// The real clock, paths, server and stores, and these streams.
Environment real_environment(const Signals& signals, Streams& streams);

}  // namespace vmrotate::cli
