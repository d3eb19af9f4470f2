// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "soap/session.hpp"

namespace vimclient::wire {

/// How one waits for a task.
struct Watch {
    std::string what;               ///< for messages: "CloneVM_Task of 'vm-42'"
    std::chrono::seconds limit{0};  ///< 0: Patience::task_limit
    bool needs_result = false;      ///< success without info.result is looked at once more
    Progress progress = {};
    std::stop_token until = {};  ///< ends the wait, not the task
    std::stop_token stop = {};   ///< cancels the task; its real end is waited for all the same
    std::string along = {};      ///< another task, whose end is told as well where it comes soon
    std::string gone = {};       ///< a VM that the task deletes
};

/// How a task ended.
struct TaskEnd {
    std::string result_id;             ///< empty where it made nothing
    std::optional<ServerFault> error;  ///< empty: success
    bool is_gone = false;              ///< the server has told that `Watch::gone` is
};

/// Waits for the end of a task: by updates on a collector of the line's own, and by reading
/// where no update comes. Throws OutcomeUnknown where the end cannot be learned: the server
/// no longer knows the task, stays away, or the task takes longer than the limit.
/// `along`, where it is given, gets the end of that other task, if it is known.
TaskEnd wait_for_task(Session& session, const std::string& task, const Watch& watch,
                      std::optional<TaskEnd>* along = nullptr);

}  // namespace vimclient::wire
