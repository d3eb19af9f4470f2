// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <stop_token>

namespace vimclient::wire {

/// When to try again: soon, then ever later (0.25 s to 15 s, with jitter), until the time is over.
class Retry {
public:
    explicit Retry(std::chrono::seconds limit) : limit_(limit) {}

    /// Sleeps before the next attempt. False, at once, when the time is over or a stop is
    /// requested. The time runs from the first call.
    bool pause(const std::stop_token& stop = {});

private:
    using Clock = std::chrono::steady_clock;

    std::chrono::seconds limit_;
    std::chrono::milliseconds next_{250};
    Clock::time_point end_{};
};

/// False when `stop` was requested.
bool sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace vimclient::wire
