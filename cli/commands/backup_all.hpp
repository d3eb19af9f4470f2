// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>

#include "commands/chosen.hpp"
#include "commands/commands.hpp"
#include "report/night_report.hpp"
#include "vsphere.hpp"

namespace vmrotate::cli {

/// What is to be backed up, on which server, and who is told.
struct Night {
    const Chosen& chosen;
    const config::Layer& options;  ///< what the command line says of the policy
    vimclient::Vsphere& vsphere;
    job::Hints* hints;  ///< null: every VM is looked for by its name

    /// How a VM's backup ended. From any thread, one call at a time.
    std::function<void(const report::VmResult&)> tell;

    /// The same of a job with hooks of its own.
    std::function<void(const job::JobEnd&)> tell_job;
};

/// Backs up all VMs, as many at once as their jobs allow, most overdue first. The results are in
/// the order in which the VMs ended, after one for each line of a job that failed; after a stop
/// request the VMs that were not begun have none, and another one has the signal's exit code. How
/// long it took is left to the caller.
report::Night back_up_all(const Context& context, const Night& night);

}  // namespace vmrotate::cli
