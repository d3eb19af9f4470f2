// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/canceller.hpp"

#include <condition_variable>
#include <mutex>
#include <system_error>

namespace vimclient::wire {

Canceller::Canceller(Session& session, std::string task, const std::stop_token& stop)
    : session_(session), task_(std::move(task))
{
    if (!stop.stop_possible())
        return;
    try {
        thread_ = std::jthread([this, stop](const std::stop_token& over) { run(over, stop); });
    } catch (const std::system_error&) {  // the task is under way: it must be waited for
    }
}

void Canceller::heed()
{
    if (!thread_.joinable())
        cancel({});
}

void Canceller::run(const std::stop_token& over, const std::stop_token& stop)
{
    std::mutex mutex;
    std::condition_variable_any waker;
    bool asked = false;
    const std::stop_callback on_stop(stop, [&] {
        const std::lock_guard lock(mutex);
        asked = true;
        waker.notify_all();
    });
    std::unique_lock lock(mutex);
    if (!waker.wait(lock, over, [&] { return asked; }))
        return;
    lock.unlock();
    cancel(over);
}

// CancelTask may be repeated: a second one finds the task ended or ending
void Canceller::cancel(const std::stop_token& over)
{
    try {
        session_.read(
            [&](Line& line) {
                Arena arena;
                vim25__CancelTaskResponse reply;
                auto* self = arena.reference("Task", task_);
                line.context.call(
                    {"CancelTask", task_}, [&](::soap* s, const char* url, const char* action) {
                        return soap_call_vim25__CancelTask(s, url, action, self, reply);
                    });
            },
            over);
    } catch (const Fault& fault) {
        if (fault.type() == "InvalidState" || fault.kind() == Fault::Kind::not_found)
            return;
        why_ = fault.what();
        denied_ = true;
    } catch (const std::exception& failure) {
        why_ = failure.what();
        denied_ = true;
    }
}

}  // namespace vimclient::wire
