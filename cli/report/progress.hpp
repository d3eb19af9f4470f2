// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <ostream>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "job/observer.hpp"

namespace vmrotate::report {

enum class Detail {
    warnings,  ///< warnings only
    steps,     ///< each step, and a line per 10 % of the copy
    live,      ///< each step, and one line that is redrawn while it copies: for a terminal
    verbose,   ///< as `steps`, each line with the time, and what was chosen and why
};

/// Shows one VM's backup on stderr while it goes on.
class Progress final : public job::Observer {
public:
    Progress(std::ostream& err, const Clock& clock, std::string vm, Detail detail, int columns);

    /// Leaves the live line, if one stands.
    ~Progress() override;

    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Nothing more comes: leaves the live line.
    void done() { leave_live_line(); }

    /// All that was warned of, in order.
    const std::vector<std::string>& warnings() const { return warnings_; }

    /// All that was done about runs that were cut short, in order.
    const std::vector<std::string>& deeds() const { return deeds_; }

    void step(const std::string& what) override;
    void copying(int percent) override;
    void detail(const std::string& text) override;
    void remark(const std::string& text) override;
    void healed(const std::string& text) override;
    void warning(const std::string& text) override;

private:
    void leave_live_line();
    void write(const std::string& text);
    std::string bar(int percent) const;

    std::ostream& err_;
    const Clock& clock_;
    std::string vm_;
    Detail detail_;
    int columns_;
    std::vector<std::string> warnings_, deeds_;
    int shown_ = -1;  ///< percent
    bool live_line_ = false;
    std::chrono::milliseconds began_{0};
};

}  // namespace vmrotate::report
