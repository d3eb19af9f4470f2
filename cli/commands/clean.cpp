// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/upkeep.hpp"
#include "job/clean_vm.hpp"
#include "report/clean_report.hpp"

namespace vmrotate::cli {
namespace {

bool show_clean(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run)
{
    const std::string& vm = run.assignment.vm;
    const auto plan = job::plan_cleaning(vsphere, run);
    if (context.globals.json)
        report::write_cleaning_plan_json(context.environment.out, vm, plan);
    else
        report::write_cleaning_plan(context.environment.out, vm, plan);
    return would_change(plan);
}

job::Expiry clean(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run)
{
    const std::string& vm = run.assignment.vm;
    const auto cleaning = job::clean_vm(vsphere, run);
    if (context.globals.json)
        report::write_cleaning_json(context.environment.out, vm, cleaning, exit_code_of(cleaning));
    report::write_cleaning(screen_of(context), context.environment.err, vm, cleaning);
    const job::Expiry& common = cleaning;
    return common;
}

}  // namespace

void add_clean(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<UpkeepOptions>();
    CLI::App* command =
        app.add_subcommand("clean", "Finish or undo what runs that were cut short have left");
    options->add_to(*command);
    command->footer(
        "Every backup heals alike before it begins; 'clean' also deletes what is due.\n"
        "Without a VM or --job, the VMs of every job are looked after.\n\n"
        "Examples:\n"
        "  vmrotate clean avocado2 --dry-run\n"
        "  vmrotate clean\n\n"
        "Exit codes: 0 ok, 1 failed, 4 something stays that needs a person, 11 a run may be at\n"
        "work, and those of 'vmrotate --help'");
    command->callback([options, context] {
        context.exit_code = run_upkeep(*options, context, {"clean", show_clean, clean});
    });
}

}  // namespace vmrotate::cli
