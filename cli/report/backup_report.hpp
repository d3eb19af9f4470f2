// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "job/outcome.hpp"
#include "report/board.hpp"

/// What the backup of one VM did.
namespace vmrotate::report {

/// How the backup of one VM ended.
struct VmResult {
    std::string vm;
    std::optional<job::Outcome> outcome = {};  ///< set: there is a new generation
    std::optional<Error> error = {};           ///< set: there is none
    std::string skipped = {};                  ///< why nothing was to be done; empty: it was
    std::vector<std::string> warnings = {};    ///< what may be left behind, among others
    std::vector<std::string> healed = {};      ///< done first about runs that were cut short
    int signal_code = 0;                       ///< set: a signal ended it; 129, 130 or 143

    bool ok() const { return (outcome && outcome->ok()) || is_skipped(); }
    bool is_skipped() const { return !skipped.empty() && !error; }

    /// For a tally: done means a new generation, even where something was left undone.
    End end() const { return outcome ? End::done : is_skipped() ? End::skipped : End::failed; }
};

/// One function for every report: the exit code of a run over these VMs. One VM's own code
/// where it was the only one (1 where something was left undone, 13 where only for want of a
/// privilege); else 0, 1 (none has a new generation, and none was skipped) or 3.
int exit_code_of(const std::vector<VmResult>& results);

/// For people. The generation, or why the VM was skipped, on `out`; what went wrong on `err`.
Told told_of(const VmResult& result);

/// A line of type `backup`.
std::string json_line_of(const VmResult& result);

}  // namespace vmrotate::report
