// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "commands/commands.hpp"
#include "config/config.hpp"
#include "job/run.hpp"
#include "report/progress.hpp"

/// What verbs that go from VM to VM share.
namespace vmrotate::cli {

/// Shows a VM's progress as much as the user wants to see.
std::unique_ptr<report::Progress> make_progress(const Context& context, const std::string& vm);

/// A run of its own for this VM, with a fresh id.
job::Run make_run(const Context& context, const config::Assignment& assignment,
                  std::vector<std::string> sources, job::Observer& observer);

/// Logs in, prepares each VM's backup and shows the plan; changes nothing. A VM that cannot
/// be backed up is told and does not stop the others. Returns the exit code.
int show_plans(const Context& context, const config::Config& config,
               const std::vector<config::Assignment>& selection, const std::string& verb);

}  // namespace vmrotate::cli
