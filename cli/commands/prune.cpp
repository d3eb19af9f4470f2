// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"
#include "job/prune_vm.hpp"
#include "report/json_lines.hpp"
#include "report/prune_report.hpp"

namespace vmrotate::cli {
namespace {

struct PruneOptions {
    ServerOptions server;
    SelectionOptions selection;
    bool dry_run = false;
};

int show_prune(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run,
               bool& changed)
{
    const auto plan = job::plan_pruning(vsphere, run);
    std::ostream& out = context.environment.out;
    if (context.globals.json)
        report::write_pruning_json(out, run.assignment.vm, run.assignment.policy.keep, plan);
    else
        report::write_pruning(out, run.assignment.vm, run.assignment.policy.keep, plan);
    changed |=
        !plan.recovery.steps.empty() ||
        std::ranges::count(plan.decisions, rotation::Fate::expire, &rotation::Decision::fate) > 0;
    return 0;
}

int prune(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run, bool& changed)
{
    const auto pruned = job::prune_vm(vsphere, run);
    const int code = pruned.ok() ? 0 : static_cast<int>(pruned.left_undone.front().kind());
    changed |= !pruned.expired.empty();
    std::ostream nowhere(nullptr);
    const bool is_silent = context.globals.json || context.globals.quiet;
    Environment& environment = context.environment;
    if (context.globals.json)
        report::write_pruned_json(environment.out, run.assignment.vm, run.assignment.policy.keep,
                                  pruned, code);
    report::write_pruned(is_silent ? nowhere : environment.out, environment.err, run.assignment.vm,
                         pruned);
    return code;
}

int run_prune(const PruneOptions& options, const Context& context)
{
    const auto config = load_config(context, options.server);
    const auto selection = selected(config, options.selection);
    Session session = open_session(context, config.vcenter, patience_of(selection));
    bool changed = false;
    const int code = for_each_vm(context, selection, [&](const config::Assignment& assignment) {
        return watched(context, config, selection, assignment, changed, [&](const job::Run& run) {
            return job::explaining("prune it", [&] {
                return options.dry_run ? show_prune(context, session.vsphere(), run, changed)
                                       : prune(context, session.vsphere(), run, changed);
            });
        });
    });
    if (context.globals.json)
        report::write_line(context.environment.out, "summary",
                           {{"verb", "prune"},
                            {"result", report::result_word(code)},
                            {"dry_run", options.dry_run},
                            {"changed", changed},
                            {"exit_code", code}});
    return code;
}

}  // namespace

void add_prune(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<PruneOptions>();
    CLI::App* command =
        app.add_subcommand("prune", "Delete all generations but the newest that are to be kept");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->footer(
        "A backup lets two generations expire at most; this deletes all that are beyond 'keep' at\n"
        "once, after the newest was read and verified again. All other guards hold.\n\n"
        "Examples:\n"
        "  vmrotate prune avocado2 --keep 2 --dry-run\n"
        "  vmrotate prune --job nightly\n\n"
        "Exit codes: 0 ok, 1 failed, 3 some VMs failed, 4 a guard said no, 11 a run may be at\n"
        "work, and those of 'vmrotate --help'");
    command->callback([options, context] { context.exit_code = run_prune(*options, context); });
}

}  // namespace vmrotate::cli
