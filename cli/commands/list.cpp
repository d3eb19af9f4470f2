// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"
#include "job/prepare.hpp"
#include "report/json_lines.hpp"
#include "report/list_report.hpp"

namespace vmrotate::cli {
namespace {

struct ListOptions {
    ServerOptions server;
    SelectionOptions selection;
};

report::Listing listing_of(vimclient::Vsphere& vsphere, const config::Assignment& assignment)
{
    auto located =
        job::explaining("read the inventory", [&] { return job::locate(vsphere, assignment); });
    auto members = job::read_set(vsphere, located.id);
    return {assignment.vm, assignment.policy.set, assignment.policy.keep, std::move(located),
            std::move(members)};
}

int run_list(const ListOptions& options, const Context& context)
{
    const auto wish = wish_of(load_config(context, options.server), options.selection);
    Environment& environment = context.environment;
    Session session = open_session(context, wish.config.vcenter);
    const Chosen chosen = choose(session.vsphere(), wish, context.environment.clock);

    std::size_t generations = 0;
    const int code =
        for_each_vm(context, in_all_places(chosen), [&](const config::Assignment& assignment) {
            const auto listing = listing_of(session.vsphere(), assignment);
            generations += listing.members.generations.size();
            if (context.globals.json)
                report::write_listing_json(environment.out, listing);
            else
                report::write_listing(environment.out, environment.clock, listing);
            return 0;
        });
    if (context.globals.json)
        report::write_line(environment.out, "summary",
                           {{"verb", "list"},
                            {"result", report::result_word(code)},
                            {"changed", false},
                            {"exit_code", code},
                            {"generations", generations}});
    return code;
}

}  // namespace

void add_list(CLI::App& app, const Context& context)
{
    auto options = std::make_shared<ListOptions>();
    CLI::App* command = app.add_subcommand("list", "List the generations of VMs, newest first");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command->footer(
        "Examples:\n"
        "  vmrotate list avocado2\n"
        "  vmrotate list --json");
    command->callback([options, context] { context.exit_code = run_list(*options, context); });
}

}  // namespace vmrotate::cli
