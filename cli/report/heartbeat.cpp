// SPDX-License-Identifier: GPL-3.0-or-later
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

#include "report/board.hpp"

namespace vmrotate::report {

struct Heartbeat::Thread {
    std::mutex guard;
    std::condition_variable_any sleep;
    std::jthread beats;  // last: its end is waited for first

    void live(const std::stop_token& end, Board& board)
    {
        constexpr std::chrono::milliseconds pause{200};
        std::unique_lock lock(guard);
        while (!sleep.wait_for(lock, end, pause, [&] { return end.stop_requested(); }))
            try {
                board.tick();
            } catch (const std::exception&) {  // no memory: the next beat tries again
            }
    }
};

Heartbeat::Heartbeat(Board& board) : thread_(std::make_unique<Thread>())
{
    try {
        thread_->beats =
            std::jthread([this, &board](const std::stop_token& end) { thread_->live(end, board); });
    } catch (const std::system_error&) {  // no thread: times stand still between events
    }
}

Heartbeat::~Heartbeat() = default;

}  // namespace vmrotate::report
