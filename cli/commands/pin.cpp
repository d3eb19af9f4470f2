// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/pin.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "report/mark_report.hpp"

namespace vmrotate::cli {
namespace {

struct PinOptions {
    ServerOptions server;
    std::string generation, reason;
    bool has_reason = false;
    bool dry_run = false;
};

std::string usual_reason(const Context& context, const Session& session)
{
    const Clock& clock = context.environment.clock;
    constexpr std::size_t length_of_a_date = 10;
    return fmt::format("by {} on {}", session.account().user,
                       clock.local_text(clock.now()).substr(0, length_of_a_date));
}

void check(const PinOptions& options)
{
    if (!options.has_reason)
        return;
    if (const auto problem = job::problem_of_reason(options.reason); !problem.empty())
        throw Error(ErrorKind::usage, "cannot pin it: " + problem,
                    "--reason takes a short text; without it, it says who pinned it and when");
}

job::Pinning plan(const PinOptions& options, const Context& context, Session& session, bool is_pin)
{
    if (is_pin)
        return job::plan_pin(session.vsphere(), options.generation, options.reason,
                             usual_reason(context, session));
    return job::plan_unpin(session.vsphere(), options.generation);
}

int run_pin(const PinOptions& options, const Context& context, const std::string& verb)
{
    check(options);
    const auto config = load_config(context, options.server);
    Session session = open_session(context, config.vcenter);
    bool changed = false;
    const config::Assignment assignment{options.generation, {}, {}};
    const int code = for_each_vm(context, {assignment}, [&](const config::Assignment& each) {
        const auto progress = make_progress(context, each.vm);
        const auto run = make_run(context, each, {}, *progress);
        const auto pinning = plan(options, context, session, verb == "pin");
        if (!options.dry_run)
            job::carry_out(session.vsphere(), run, pinning);
        changed = pinning.is_change();
        if (context.globals.json)
            report::write_pinning_json(context.environment.out, verb, pinning, options.dry_run);
        else if (!context.globals.quiet)
            report::write_pinning(context.environment.out, pinning, options.dry_run);
        return 0;
    });
    return end_verb(context, {verb, options.dry_run, changed, code});
}

CLI::App* add(CLI::App& app, const Context& context, const std::string& verb,
              const std::shared_ptr<PinOptions>& options, const std::string& help)
{
    CLI::App* command = app.add_subcommand(verb, help);
    options->server.add_to(*command);
    command->add_option("GENERATION", options->generation, "The generation, by its exact name")
        ->required();
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->callback(
        [options, context, verb] { context.exit_code = run_pin(*options, context, verb); });
    return command;
}

}  // namespace

void add_pin(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<PinOptions>();
    CLI::App* command =
        add(app, context, "pin", options, "Keep one generation until it is unpinned");
    const std::function<void(const std::string&)> take = [options](const std::string& text) {
        options->reason = text;
        options->has_reason = true;
    };
    command->add_option_function<std::string>("--reason", take,
                                              "Why, for those who come after [who and when]");
    command->footer(
        "A pinned generation never expires, and takes no place among those that are to be kept.\n\n"
        "Examples:\n"
        "  vmrotate pin zz_avocado2-02-201909250241 --reason 'before the upgrade'\n"
        "  vmrotate unpin zz_avocado2-02-201909250241\n\n"
        "Exit codes: 0 ok or so already, 1 failed, 2 usage, 4 it is no generation of its own");
}

void add_unpin(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<PinOptions>();
    CLI::App* command = add(app, context, "unpin", options, "Let a pinned generation expire again");
    command->footer(
        "Examples:\n"
        "  vmrotate unpin zz_avocado2-02-201909250241\n\n"
        "Exit codes: 0 ok or so already, 1 failed, 2 usage, 4 it is no generation of its own");
}

}  // namespace vmrotate::cli
