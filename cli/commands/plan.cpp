// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/each_vm.hpp"
#include "commands/options.hpp"

namespace vmrotate::cli {
namespace {

struct PlanOptions {
    ServerOptions server;
    SelectionOptions selection;
};

int run_plan(const PlanOptions& options, const Context& context)
{
    return show_plans(context, wish_of(load_config(context, options.server), options.selection),
                      "plan");
}

}  // namespace

void add_plan(CLI::App& app, const Context& context)
{
    auto options = std::make_shared<PlanOptions>();
    CLI::App* command =
        app.add_subcommand("plan", "Show what the next backup would make and what would expire");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command->footer(
        "It reads what a backup reads and decides what a backup decides, and changes nothing.\n\n"
        "Examples:\n"
        "  vmrotate plan avocado2\n"
        "  vmrotate plan --job nightly --json");
    command->callback([options, context] { context.exit_code = run_plan(*options, context); });
}

}  // namespace vmrotate::cli
