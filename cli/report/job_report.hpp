// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/clock.hpp"
#include "job/hooks.hpp"
#include "job/observer.hpp"
#include "report/board.hpp"

/// What a job with hooks says, beside its VMs.
namespace vmrotate::report {

/// For people: that the hook after it failed. Of the hook before it each VM of the job has said so.
Told told_of(const job::JobEnd& end);

/// A line of type `job`.
std::string json_line_of(const job::JobEnd& end);

/// Tells what the hooks of a job write, and of themselves. Any thread may call it.
class JobProgress final : public job::Observer {
public:
    /// The board lives longer.
    JobProgress(Board& board, Clock clock, std::string job, Detail detail);

    void detail(const std::string& text) override;
    void step(const std::string& what) override;
    void copying(int) override {}  ///< no job is copied
    void remark(const std::string& text) override;
    void warning(const std::string& text) override;

private:
    void write(const std::string& text);
    void event(const std::string& type, const std::string& text);

    Board& board_;
    Clock clock_;
    std::string job_;
    Detail detail_;
};

}  // namespace vmrotate::report
