// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/retry.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

namespace vimclient::wire {

namespace {

constexpr std::chrono::milliseconds longest{15'000};
constexpr std::chrono::seconds last_answer{5};  // is waited for after a stop

std::chrono::milliseconds with_jitter(std::chrono::milliseconds duration)
{
    thread_local std::minstd_rand random{std::random_device{}()};
    std::uniform_real_distribution<double> factor(0.75, 1.25);
    return std::chrono::milliseconds(
        static_cast<std::int64_t>(static_cast<double>(duration.count()) * factor(random)));
}

}  // namespace

bool sleep_unless_stopped(std::chrono::milliseconds duration, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any waker;
    std::unique_lock lock(mutex);
    waker.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
}

Stop::Clock::rep Stop::note() const
{
    Clock::rep none = 0;
    request_.compare_exchange_strong(none, Clock::now().time_since_epoch().count());
    return request_;
}

bool Stop::overdue() const
{
    return requested() && Clock::now() >= Clock::time_point{Clock::duration{note()}} + last_answer;
}

Stop::Clock::time_point Stop::end() const
{
    return Clock::time_point{Clock::duration{std::max(note(), answer_.load())}} + undo_;
}

bool Retry::pause(const std::stop_token& over)
{
    const Clock::time_point now = Clock::now();
    const bool stopped = stop_.requested();
    if (!end_)
        end_ = now + limit_;
    const Clock::time_point end = stopped ? std::min(*end_, stop_.end()) : *end_;
    if (now >= end || (stopped && ends_))
        return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - now);
    const auto duration = std::min(with_jitter(next_), left);
    next_ = std::min<std::chrono::milliseconds>(next_ * 2, longest);
    const bool one_wakes = stopped || over.stop_possible();
    sleep_unless_stopped(duration, one_wakes ? over : stop_.token());
    if (!stopped && stop_.requested())
        next_ = shortest;
    return !over.stop_requested() && !(ends_ && stop_.requested());
}

}  // namespace vimclient::wire
