// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "descriptor.hpp"

namespace vmrotate::cli {

/// What is to run, and what it finds.
struct Program {
    std::vector<std::string> words;  ///< the first one is looked for in $PATH
    int input = -1;                  ///< its standard input; -1: it has nothing to read
    bool with_errors = false;        ///< standard error goes into the pipe too, else to ours
    bool leads_group = false;        ///< it is ended with all that it has started
    std::vector<std::string> variables = {};  ///< "NAME=value", in the place of ours of that name
};

/// A program of somebody else's that runs for us, without a shell, with our environment and the
/// signals as they were before we took them.
/// One that still runs when the object ends is asked to end, and a second later made to.
class ChildProcess {
public:
    /// Throws std::system_error where it cannot be started.
    explicit ChildProcess(const Program& program);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// The end of the pipe that it writes its standard output to.
    int output() const { return output_.get(); }

    /// Waits for its end. Throws Error (interrupted) on a stop request.
    bool ends_before(std::chrono::steady_clock::time_point time, const std::stop_token& stop);

    bool has_ended();

    /// After it has ended: as a shell has it, 128 and the number where a signal ended it.
    int exit_code() const { return signal_ == 0 ? exit_code_ : 128 + signal_; }

    /// The signal that ended it, or 0.
    int signal() const { return signal_; }

private:
    bool is_over() const;
    void send(int signal) const;
    void reap();

    pid_t process_ = -1;
    bool leads_group_ = false;
    credstore::Descriptor output_;
    int exit_code_ = 0, signal_ = 0;
};

}  // namespace vmrotate::cli
