// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

#include "job/hooks.hpp"
#include "report/backup_report.hpp"

/// What a run over several VMs did.
namespace vmrotate::report {

/// All VMs of a run, in the order in which they ended.
struct Night {
    std::vector<VmResult> results;
    std::chrono::milliseconds took{0};
    std::size_t vms = 0;  ///< that were to be backed up; more than results where a signal came
    std::vector<job::JobEnd> jobs = {};  ///< those with hooks of their own
};

/// That of the VMs' results; where these are all well and a hook after a job failed, 3.
int exit_code_of(const Night& night);

/// The closing table for people: counts, bytes, the longest snapshot, and each VM that was
/// skipped or failed, with the reason in one line. Empty for a single VM: its line says it all.
std::string night_text(const Night& night);

/// The summary, with counts.
void write_summary_json(std::ostream& out, const Night& night, int exit_code);

}  // namespace vmrotate::report
