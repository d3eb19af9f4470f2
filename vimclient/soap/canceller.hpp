// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <stop_token>
#include <string>
#include <thread>

#include "soap/session.hpp"

namespace vimclient::wire {

/// Cancels a task when a stop is requested, from a thread and over a connection of its own,
/// while somebody else waits for the task's end. No thread where no stop can come. Where none can
/// be had, whoever waits cancels it: see `heed`.
class Canceller {
public:
    Canceller(Session& session, std::string task, const std::stop_token& stop);

    /// After a stop, and from the thread that waits: cancels the task where no thread does.
    void heed();

    /// The server refuses to cancel; nobody should wait for that any longer.
    bool denied() const { return denied_; }
    const std::atomic<bool>* denial() const { return &denied_; }

    /// Only once it is denied.
    const std::string& why() const { return why_; }

private:
    void run(const std::stop_token& over, const std::stop_token& stop);
    void cancel(const std::stop_token& over);

    Session& session_;
    std::string task_, why_;
    std::atomic<bool> denied_{false};
    std::jthread thread_;  // last: it ends before the rest goes
};

}  // namespace vimclient::wire
