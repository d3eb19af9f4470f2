// SPDX-License-Identifier: GPL-3.0-or-later
#include <new>

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/hook_check.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/backup_vm.hpp"
#include "job/explain.hpp"
#include "report/backup_report.hpp"

namespace vmrotate::cli {
namespace {

struct BackupOptions {
    ServerOptions server;
    SelectionOptions selection;
    bool dry_run = false;
};

report::VmResult back_up(vimclient::Vsphere& vsphere, const job::Run& run,
                         const std::function<int()>& signal_exit_code)
{
    report::VmResult result{.vm = run.assignment.vm};
    try {
        result.outcome = job::backup_vm(vsphere, run);
        if (run.stop.stop_requested() && !result.outcome->ok())
            result.signal_code = signal_exit_code();
    } catch (const vimclient::Cancelled&) {
        result.error = Error(ErrorKind::interrupted,
                             "interrupted: no new generation was made, none was deleted");
    } catch (const Error& e) {
        result.error = e;
    } catch (const vimclient::OutcomeUnknown& lost) {
        result.error = job::explain(lost, "back it up");
    } catch (const vimclient::Fault& fault) {
        result.error = job::explain(fault, "back it up");
    } catch (const std::bad_alloc&) {
        result.error = Error(ErrorKind::failed, "cannot back it up: out of memory",
                             "give this machine more memory");
    } catch (const std::exception& e) {
        result.error = Error(ErrorKind::failed, std::string("cannot back it up: ") + e.what(),
                             "this may be a defect of vmrotate; please report it");
    }
    const bool interrupted = result.error && result.error->kind() == ErrorKind::interrupted;
    if (interrupted || (result.error && run.stop.stop_requested()))
        result.signal_code = signal_exit_code();
    return result;
}

void show(const Context& context, const report::VmResult& result)
{
    Environment& environment = context.environment;
    if (context.globals.json) {
        report::write_result_json(environment.out, result);
        if (!result.error && result.ok())
            return;
    }
    std::ostream nowhere(nullptr);
    const bool is_silent = context.globals.json || context.globals.quiet;
    report::write_result(is_silent ? nowhere : environment.out, environment.err, result);
}

int run_backup(const BackupOptions& options, const Context& context)
{
    const auto config = load_config(context, options.server);
    const auto selection = selected(config, options.selection);
    if (options.dry_run)
        return show_plans(context, config, selection, "backup");

    check_hooks(context.environment, selection);
    std::vector<report::VmResult> results;
    Session session = open_session(context, config.vcenter, patience_of(selection));
    for (const config::Assignment& assignment : selection) {
        const auto progress = make_progress(context, assignment.vm);
        results.push_back(
            back_up(session.vsphere(),
                    make_run(context, assignment, source_names(config, selection), *progress),
                    context.environment.signal_exit_code));
        progress->done();
        results.back().warnings = progress->warnings();
        results.back().healed = progress->deeds();
        show(context, results.back());
        if (!context.environment.stop.stop_requested())
            continue;
        if (results.size() < selection.size())
            results.back().signal_code = context.environment.signal_exit_code();
        break;
    }
    const int code = report::exit_code_of(results);
    if (context.globals.json)
        report::write_summary_json(context.environment.out, results, code);
    return code;
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
        "Without a VM or --job, every job of the configuration is run.\n\n"
        "Examples:\n"
        "  vmrotate backup avocado2 --vcenter vc.example.com --datastore NFS_durian\n"
        "  vmrotate backup --job nightly\n"
        "  vmrotate backup avocado2 --dry-run\n\n"
        "Exit codes: 0 ok, 1 failed, 2 usage or configuration, 3 some VMs failed, 4 refused,\n"
        "10 server unreachable or not trusted, 11 busy, 12 logon, 13 privilege, 129/130/143 "
        "signal");
    command->callback([options, context] { context.exit_code = run_backup(*options, context); });
}

}  // namespace vmrotate::cli
