// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/release.hpp"

#include <fmt/format.h>

#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "report/mark_report.hpp"

namespace vmrotate::cli {
namespace {

struct ReleaseOptions {
    ServerOptions server;
    std::string vm;
    bool dry_run = false;
};

void warn_of_the_last(const job::Release& release, job::Observer& observer)
{
    if (release.good_left == 0)
        observer.warning(fmt::format(
            "no good generation of '{}' is left in its folder: make a new backup", release.source));
}

int run_release(const ReleaseOptions& options, const Context& context)
{
    const auto config = load_config(context, options.server);
    Session session = open_session(context, config.vcenter);
    bool changed = false;
    const config::Assignment assignment{options.vm, {}, {}};
    const int code = for_each_vm(context, {assignment}, [&](const config::Assignment& each) {
        const auto progress = make_progress(context, each.vm);
        const auto release = job::plan_release(session.vsphere(), each.vm);
        if (!options.dry_run)
            job::carry_out(session.vsphere(), make_run(context, each, {}, *progress), release);
        changed = release.is_change();
        warn_of_the_last(release, *progress);
        if (context.globals.json)
            report::write_release_json(context.environment.out, release, progress->warnings(),
                                       options.dry_run);
        else if (!context.globals.quiet)
            report::write_release(context.environment.out, release, options.dry_run);
        return 0;
    });
    return end_verb(context, {"release", options.dry_run, changed, code});
}

}  // namespace

void add_release(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<ReleaseOptions>();
    CLI::App* command =
        app.add_subcommand("release", "Take our mark off a VM that is nobody's backup any more");
    options->server.add_to(*command);
    command->add_option("VM", options->vm, "The VM, by its exact name")->required();
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->footer(
        "For a generation that has become production, and for any copy of one. The VM is not\n"
        "changed otherwise: vmrotate never touches it again.\n\n"
        "Examples:\n"
        "  vmrotate release zz_avocado2-02-201909250241 --dry-run\n"
        "  vmrotate release avocado2-restored\n\n"
        "Exit codes: 0 ok or nothing to release, 1 failed, 2 usage, 4 refused");
    command->callback([options, context] { context.exit_code = run_release(*options, context); });
}

}  // namespace vmrotate::cli
