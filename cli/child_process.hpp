// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "descriptor.hpp"

namespace vmrotate::cli {

/// A program of somebody else's that runs for us, without a shell. It has nothing to read, our
/// standard error, our environment, and the signals as they were before we took them.
/// One that still runs when the object ends is asked to end, and a second later made to.
class ChildProcess {
public:
    /// The first word is the program, looked for in $PATH. Throws Error (logon) where it cannot
    /// be started.
    explicit ChildProcess(const std::vector<std::string>& words);
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    /// The end of the pipe that it writes its standard output to.
    int output() const { return output_.get(); }

    /// Waits for its end. Throws Error (interrupted) on a stop request.
    bool ends_before(std::chrono::steady_clock::time_point time, const std::stop_token& stop);

    /// After it has ended: as a shell has it, 128 and the number where a signal ended it.
    int exit_code() const { return exit_code_; }

private:
    bool has_ended();

    pid_t process_ = -1;
    credstore::Descriptor output_;
    int exit_code_ = 0;
};

}  // namespace vmrotate::cli
