// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/upkeep.hpp"
#include "job/prune_vm.hpp"
#include "report/prune_report.hpp"

namespace vmrotate::cli {
namespace {

bool show_prune(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run)
{
    const std::string& vm = run.assignment.vm;
    const int keep = run.assignment.policy.keep;
    const auto plan = job::plan_pruning(vsphere, run);
    if (context.globals.json)
        report::write_pruning_json(context.environment.out, vm, keep, plan);
    else
        report::write_pruning(context.environment.out, vm, keep, plan);
    return would_change(plan);
}

job::Expiry prune(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run)
{
    const std::string& vm = run.assignment.vm;
    const auto pruned = job::prune_vm(vsphere, run);
    if (context.globals.json)
        report::write_pruned_json(context.environment.out, vm, run.assignment.policy.keep, pruned,
                                  exit_code_of(pruned));
    report::write_pruned(screen_of(context), context.environment.err, vm, pruned);
    const job::Expiry& common = pruned;
    return common;
}

}  // namespace

void add_prune(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<UpkeepOptions>();
    CLI::App* command =
        app.add_subcommand("prune", "Delete all generations but the newest that are to be kept");
    options->add_to(*command);
    command->footer(
        "A backup lets two generations expire at most; this deletes all that are beyond 'keep' at\n"
        "once, after the newest was read and verified again. All other guards hold.\n\n"
        "Examples:\n"
        "  vmrotate prune avocado2 --keep 2 --dry-run\n"
        "  vmrotate prune --job nightly\n\n"
        "Exit codes: 0 ok, 1 failed, 3 some VMs failed, 4 a guard said no, 11 a run may be at\n"
        "work, and those of 'vmrotate --help'");
    command->callback([options, context] {
        context.exit_code = run_upkeep(*options, context, {"prune", show_prune, prune});
    });
}

}  // namespace vmrotate::cli
