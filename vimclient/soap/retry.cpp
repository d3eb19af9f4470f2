// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/retry.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

namespace vimclient::wire {

namespace {

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

bool Retry::pause(const std::stop_token& stop)
{
    const Clock::time_point now = Clock::now();
    if (end_ == Clock::time_point{})
        end_ = now + limit_;
    if (now >= end_)
        return false;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - now);
    const auto duration = std::min(with_jitter(next_), left);
    next_ = std::min<std::chrono::milliseconds>(next_ * 2, std::chrono::seconds{15});
    return sleep_unless_stopped(duration, stop);
}

}  // namespace vimclient::wire
