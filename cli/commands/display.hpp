// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>

#include "commands/commands.hpp"
#include "report/night_report.hpp"

/// What a user sees of a backup of several VMs, from its begin to its end.
namespace vmrotate::cli {

/// So many VMs are backed up from now on. Until `end_display` nobody writes past the board. The
/// heartbeat is there where lines are redrawn; it has to end first.
std::unique_ptr<report::Heartbeat> begin_display(const Context& context, std::size_t vms);

/// Tells how a VM's backup ended. May be called from any thread.
void show(const Context& context, const report::VmResult& result);

/// The same of a job with hooks of its own.
void show(const Context& context, const job::JobEnd& end);

/// Tells what the night did, in a table or in the summary of --json. Returns the exit code.
int end_display(const Context& context, const report::Night& night);

}  // namespace vmrotate::cli
