// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/upkeep.hpp"

#include <algorithm>

#include "commands/each_vm.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"

namespace vmrotate::cli {

void UpkeepOptions::add_to(CLI::App& command)
{
    server.add_to(command);
    selection.add_to(command);
    command.add_flag("-n,--dry-run", dry_run, "Show what would happen; change nothing");
}

bool would_change(const job::UpkeepPlan& plan)
{
    return !plan.recovery.steps.empty() ||
           std::ranges::count(plan.decisions, rotation::Fate::expire, &rotation::Decision::fate) >
               0;
}

int exit_code_of(const job::Expiry& expiry)
{
    return expiry.ok() ? 0 : static_cast<int>(expiry.left_undone.front().kind());
}

std::ostream& screen_of(const Context& context)
{
    static std::ostream nowhere(nullptr);
    return context.globals.json || context.globals.quiet ? nowhere : context.environment.out;
}

int run_upkeep(const UpkeepOptions& options, const Context& context, const Upkeep& upkeep)
{
    const auto wish = wish_of(load_config(context, options.server), options.selection);
    Session session = open_session(context, wish.config.vcenter, wish.patience);
    const Chosen chosen = choose(session.vsphere(), wish, context.environment.clock);
    bool changed = false;
    const auto act = [&](const job::Run& run) {
        if (options.dry_run) {
            changed |= upkeep.show(context, session.vsphere(), run);
            return 0;
        }
        const auto end = upkeep.act(context, session.vsphere(), run);
        changed |= !end.expired.empty();
        return exit_code_of(end);
    };
    const int code =
        for_each_vm(context, in_all_places(chosen), [&](const config::Assignment& assignment) {
            return watched(context, chosen, assignment, changed, [&](const job::Run& run) {
                return job::explaining(upkeep.verb + " it", [&] { return act(run); });
            });
        });
    return end_verb(context, {upkeep.verb, options.dry_run, changed, code});
}

}  // namespace vmrotate::cli
