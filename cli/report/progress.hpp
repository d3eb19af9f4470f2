// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "job/observer.hpp"
#include "report/board.hpp"

namespace vmrotate::report {

/// Tells of one VM's backup while it goes on: on the board's block or in plain lines, and in
/// events. Every call may come from any thread.
class Progress final : public job::Observer {
public:
    /// The board lives longer.
    Progress(Board& board, Clock clock, std::string vm, Detail detail);

    /// As `done`.
    ~Progress() override;

    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Nothing more comes: the VM is in flight no longer. Shown with what is told next.
    void done();

    /// All that was warned of, in order.
    std::vector<std::string> warnings() const;

    /// All that was done about runs that were cut short, in order.
    std::vector<std::string> deeds() const;

    void step(const std::string& what) override;
    void source_uses(std::int64_t bytes) override;
    void copying(int percent) override;
    void detail(const std::string& text) override;
    void remark(const std::string& text) override;
    void healed(const std::string& text) override;
    void warning(const std::string& text) override;

private:
    void change(const std::function<void(Flight&)>& deed);
    bool is_plain() const;
    void write(const std::string& text);
    void tell_share(int percent);

    mutable std::mutex guard_;
    Board& board_;
    Clock clock_;
    std::string vm_;
    Detail detail_;
    Board::Place flight_;
    bool is_in_flight_ = true;
    std::vector<std::string> warnings_, deeds_;
    int tenths_ = 0;  ///< of the copy, that were told
};

}  // namespace vmrotate::report
