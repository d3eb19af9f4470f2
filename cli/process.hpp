// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

#include "environment.hpp"

/// What this process is and has: the real things behind `Environment`.
namespace vmrotate::cli {

/// No core file, no tracing by others, no death by a closed connection or pipe, and no
/// standard stream that is closed. To be called first; a failure is not told.
void harden_process();

/// Turns signals into a stop request. To be made before any other thread, as it blocks
/// SIGINT, SIGTERM and SIGHUP for all of them and waits for them in a thread of its own.
///
/// The first signal requests the stop and prints one line; the second leaves at once.
class Signals {
public:
    Signals();
    ~Signals();
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;

    std::stop_token token() const;

    /// Of a run that a signal ended: 143 after a SIGTERM, else 130.
    int exit_code() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// The real streams, clock, paths, server and stores.
Environment real_environment(const Signals& signals);

}  // namespace vmrotate::cli
