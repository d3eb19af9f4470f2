// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "commands/chosen.hpp"
#include "commands/commands.hpp"
#include "config/config.hpp"
#include "job/run.hpp"
#include "report/progress.hpp"

/// What verbs that go from VM to VM share.
namespace vmrotate::cli {

/// How much the user wants to see.
report::Detail detail_of(const Context& context);

/// Shows a VM's progress on the command's board. May be called from any thread.
std::unique_ptr<report::Progress> make_progress(const Context& context, const std::string& vm);

/// Tells what a job's hooks say, in the same manner.
std::unique_ptr<job::Observer> make_job_progress(const Context& context, const std::string& job);

/// A run of its own for this VM, with a fresh id.
job::Run make_run(const Context& context, const config::Assignment& assignment,
                  std::vector<std::string> sources, job::Observer& observer);

/// Acts on this VM while its progress is shown. `changed` becomes true where something of a dead
/// run was finished or undone, even if the rest fails.
int watched(const Context& context, const Chosen& chosen, const config::Assignment& assignment,
            bool& changed, const std::function<int(const job::Run&)>& act);

struct VerbEnd {
    std::string verb;
    bool dry_run = false, changed = false;
    int exit_code = 0;
};

/// Writes the summary with --json, and returns the exit code.
int end_verb(const Context& context, const VerbEnd& end);

/// Acts on each VM. An Error or Fault is told, and does not stop the others; where `act` returns
/// another exit code than 0 it has told why. Returns the exit code: one VM's own, else 0,
/// 1 (all failed) or 3.
int for_each_vm(const Context& context, const std::vector<config::Assignment>& selection,
                const std::function<int(const config::Assignment&)>& act);

/// The same for all that was chosen; a line of a job that failed is told, and counts as a VM.
int for_each_vm(const Context& context, const Chosen& chosen,
                const std::function<int(const config::Assignment&)>& act);

/// Logs in, prepares each VM's backup and shows the plan; changes nothing. Returns the exit
/// code of `for_each_vm`.
int show_plans(const Context& context, const Wish& wish, const std::string& verb);

}  // namespace vmrotate::cli
