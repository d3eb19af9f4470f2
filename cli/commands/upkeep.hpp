// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>

#include "commands/commands.hpp"
#include "commands/options.hpp"
#include "job/foresight.hpp"
#include "job/outcome.hpp"
#include "job/run.hpp"

/// What `clean` and `prune` share: VM after VM, what dead runs left is healed, and what is due
/// is deleted.
namespace vmrotate::cli {

struct UpkeepOptions {
    ServerOptions server;
    SelectionOptions selection;
    bool dry_run = false;

    void add_to(CLI::App& command);
};

/// One of the two verbs. Each function tells what it found or did, as `context` wants it told.
struct Upkeep {
    std::string verb;

    /// Reads only. Returns whether a real run would change something.
    std::function<bool(const Context&, vimclient::Vsphere&, const job::Run&)> show;

    /// Does it, and returns what became of the generations that were due.
    std::function<job::Expiry(const Context&, vimclient::Vsphere&, const job::Run&)> act;
};

/// Returns the exit code of `for_each_vm`, once the summary is written.
int run_upkeep(const UpkeepOptions& options, const Context& context, const Upkeep& upkeep);

/// Whether a run would heal or delete something by this plan.
bool would_change(const job::UpkeepPlan& plan);

/// Of a VM with this end: 0, or that of what was left undone first.
int exit_code_of(const job::Expiry& expiry);

/// Where a report for people goes: nowhere with --json and --quiet.
std::ostream& screen_of(const Context& context);

}  // namespace vmrotate::cli
