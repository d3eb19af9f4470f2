// SPDX-License-Identifier: GPL-3.0-or-later
#include <utility>

#include "base/error.hpp"
#include "commands/backup_all.hpp"
#include "commands/display.hpp"
#include "commands/each_vm.hpp"
#include "commands/hook_check.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"

namespace vmrotate::cli {
namespace {

struct BackupOptions {
    ServerOptions server;
    SelectionOptions selection;
    bool dry_run = false;
};

int run_backup(const BackupOptions& options, const Context& context)
{
    const auto began = context.environment.clock.steady();
    const auto wish = wish_of(load_config(context, options.server), options.selection);
    if (options.dry_run)
        return show_plans(context, wish, "backup");

    if (wish.known) {
        refuse_broken_groups(wish.config, *wish.known);
        check_hooks(context.environment, *wish.known);
    }
    Session session = open_session(context, wish.config.vcenter, wish.patience);
    const Chosen chosen = choose(session.vsphere(), wish, context.environment.clock);
    refuse_broken_groups(chosen.config, chosen.assignments);
    check_hooks(context.environment, chosen.assignments);
    const auto hints = open_hints(context, session);
    auto heartbeat = begin_display(context, chosen.assignments.size() + chosen.lacks.size());
    auto night = back_up_all(context, {.chosen = chosen,
                                       .options = wish.options,
                                       .vsphere = session.vsphere(),
                                       .hints = hints.get(),
                                       .tell = [&](const auto& result) { show(context, result); },
                                       .tell_job = [&](const auto& end) { show(context, end); }});
    heartbeat.reset();
    night.took = context.environment.clock.steady() - began;
    return end_display(context, night);
}

}  // namespace

void add_backup(CLI::App& app, const Context& context)
{
    auto options = std::make_shared<BackupOptions>();
    CLI::App* command =
        app.add_subcommand("backup", "Back up VMs, then let old generations expire");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->footer(
        "Words are VMs and jobs; without any, every job of the configuration is run.\n\n"
        "Examples:\n"
        "  vmrotate backup avocado2 --vcenter vc.example.com --datastore NFS_durian\n"
        "  vmrotate backup nightly papaya3\n"
        "  vmrotate backup avocado2 --dry-run\n\n"
        "Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 some VMs failed, 4 refused,\n"
        "10 server unreachable or not trusted, 11 busy, 12 logon, 13 privilege, 129/130/143 "
        "signal");
    command->callback([options, context] { context.exit_code = run_backup(*options, context); });
}

}  // namespace vmrotate::cli
