// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

namespace vimclient::wire {

/// The caller's wish to stop, and the patience with a server that is away afterwards.
class Stop {
public:
    using Clock = std::chrono::steady_clock;

    Stop(std::stop_token token, std::chrono::seconds undo)
        : token_(std::move(token)), undo_(undo), on_request_(token_, [this] { note(); })
    {
    }

    const std::stop_token& token() const { return token_; }
    bool requested() const { return token_.stop_requested(); }

    /// The server is there.
    void answered() { answer_ = Clock::now().time_since_epoch().count(); }

    /// It was requested a while ago: an answer that was asked for before is not waited for.
    bool overdue() const;

    /// Once a stop was requested: when a server that has been silent since then, or since its
    /// last answer, is no longer waited for.
    Clock::time_point end() const;

private:
    Clock::rep note() const;

    std::stop_token token_;
    std::chrono::seconds undo_;
    mutable std::atomic<Clock::rep> request_{0};
    std::atomic<Clock::rep> answer_{0};
    std::stop_callback<std::function<void()>> on_request_;
};

/// What a stop does to attempts that are under way when it comes. Those that begin later undo
/// something, and have what it leaves of the patience.
enum class OnStop {
    give_up,  ///< ends them
    go_on,    ///< they undo or watch something: the next attempt is made at once
};

/// When to try again: soon, then ever later (0.25 s to 15 s, with jitter), until the time is over.
class Retry {
public:
    Retry(std::chrono::seconds limit, const Stop& stop, OnStop on_stop)
        : limit_(limit), stop_(stop), ends_(on_stop == OnStop::give_up && !stop.requested())
    {
    }

    /// Sleeps before the next attempt. False, at once, when the time is over, a stop ends the
    /// attempts, or `over` is requested. The time runs from the first call.
    bool pause(const std::stop_token& over = {});

private:
    using Clock = Stop::Clock;

    static constexpr std::chrono::milliseconds shortest{250};

    std::chrono::seconds limit_;
    const Stop& stop_;
    bool ends_;  // by a stop
    std::chrono::milliseconds next_ = shortest;
    std::optional<Clock::time_point> end_;
};

/// False when `stop` was requested.
bool sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop);

}  // namespace vimclient::wire
