// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/clean_vm.hpp"
#include "job/explain.hpp"
#include "report/clean_report.hpp"
#include "report/json_lines.hpp"

namespace vmrotate::cli {
namespace {

struct CleanOptions {
    ServerOptions server;
    SelectionOptions selection;
    bool dry_run = false;
};

int show_clean(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run,
               bool& changed)
{
    const std::string& vm = run.assignment.vm;
    const auto plan = job::plan_cleaning(vsphere, run);
    if (context.globals.json)
        report::write_cleaning_plan_json(context.environment.out, vm, plan);
    else
        report::write_cleaning_plan(context.environment.out, vm, plan);
    changed |=
        !plan.recovery.steps.empty() ||
        std::ranges::count(plan.decisions, rotation::Fate::expire, &rotation::Decision::fate) > 0;
    return 0;
}

int clean(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run, bool& changed)
{
    const auto cleaning = job::clean_vm(vsphere, run);
    const int code = cleaning.ok() ? 0 : static_cast<int>(cleaning.left_undone.front().kind());
    changed |= !cleaning.expired.empty();
    std::ostream nowhere(nullptr);
    const bool is_silent = context.globals.json || context.globals.quiet;
    Environment& environment = context.environment;
    if (context.globals.json)
        report::write_cleaning_json(environment.out, run.assignment.vm, cleaning, code);
    report::write_cleaning(is_silent ? nowhere : environment.out, environment.err,
                           run.assignment.vm, cleaning);
    return code;
}

int run_clean(const CleanOptions& options, const Context& context)
{
    const auto config = load_config(context, options.server);
    const auto selection = selected(config, options.selection);
    Session session = open_session(context, config.vcenter, patience_of(selection));
    bool changed = false;
    const int code = for_each_vm(context, selection, [&](const config::Assignment& assignment) {
        return watched(context, config, selection, assignment, changed, [&](const job::Run& run) {
            return job::explaining("clean it", [&] {
                return options.dry_run ? show_clean(context, session.vsphere(), run, changed)
                                       : clean(context, session.vsphere(), run, changed);
            });
        });
    });
    if (context.globals.json)
        report::write_line(context.environment.out, "summary",
                           {{"verb", "clean"},
                            {"result", report::result_word(code)},
                            {"dry_run", options.dry_run},
                            {"changed", changed},
                            {"exit_code", code}});
    return code;
}

}  // namespace

void add_clean(CLI::App& app, const Context& context)
{
    auto options = std::make_shared<CleanOptions>();
    CLI::App* command =
        app.add_subcommand("clean", "Finish or undo what runs that were cut short have left");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->footer(
        "Every backup heals alike before it begins; 'clean' also deletes what is due. Without a "
        "VM\n"
        "or --job, the VMs of every job are looked after.\n\n"
        "Examples:\n"
        "  vmrotate clean avocado2 --dry-run\n"
        "  vmrotate clean\n\n"
        "Exit codes: 0 ok, 1 failed, 4 something stays that needs a person, 11 a run may be at\n"
        "work, and those of 'vmrotate --help'");
    command->callback([options, context] { context.exit_code = run_clean(*options, context); });
}

}  // namespace vmrotate::cli
