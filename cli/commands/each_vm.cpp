// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/each_vm.hpp"

#include <utility>

#include "base/error.hpp"
#include "commands/hook_check.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "config/groups.hpp"
#include "job/explain.hpp"
#include "job/foresight.hpp"
#include "job/prepare.hpp"
#include "report/job_report.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/plan_report.hpp"

namespace vmrotate::cli {
namespace {

void tell(const Context& context, const std::string& vm, const Error& e)
{
    report::write_error(context.environment.err, e.within(vm));
    if (context.globals.json)
        report::write_line(context.environment.out, "error",
                           {{"vm", vm},
                            {"exit_code", static_cast<int>(e.kind())},
                            {"message", e.what()},
                            {"hint", e.hint()}});
}

/// What is around a VM's backup; nothing is around a further place's.
report::Setting setting_of(const config::Assignment& assignment, const Chosen& chosen,
                           const std::vector<config::Muster>& groups)
{
    report::Setting setting;
    if (assignment.first)
        return setting;
    for (const auto& [key, command] : hooks_of(assignment))
        setting.hooks.emplace_back(key, command.front());
    for (const config::Muster& muster : groups) {
        report::GroupPlan group{muster.name, {}, muster.group};
        bool is_member = false;
        for (const std::size_t member : muster.members) {
            const config::Assignment& other = chosen.assignments[member];
            group.vms.push_back(other.vm);
            is_member |= other.vm == assignment.vm && other.job == assignment.job;
        }
        if (is_member)
            setting.group = std::move(group);
    }
    return setting;
}

void show_plan(const Context& context, vimclient::Vsphere& vsphere, const job::Run& run,
               const report::Setting& setting)
{
    auto [seen, recovery] = job::foresee(vsphere, run);
    const auto prepared = job::prepare(vsphere, run, std::move(seen));
    if (context.globals.json)
        report::write_plan_json(context.environment.out, run.assignment.vm, prepared, recovery,
                                setting);
    else
        report::write_plan(context.environment.out, prepared, recovery, setting);
}

int act_or_tell(const Context& context, const config::Assignment& assignment,
                const std::function<int(const config::Assignment&)>& act)
{
    const auto fail = [&](const Error& e) {
        tell(context, assignment.vm, e);
        return static_cast<int>(e.kind());
    };
    try {
        return act(assignment);
    } catch (const Error& e) {
        return fail(e);
    } catch (const vimclient::Fault& fault) {
        return fail(job::explain(fault, "go on"));
    } catch (const vimclient::Cancelled&) {
        return fail({ErrorKind::interrupted, "interrupted: what was begun was undone or finished"});
    }
}

}  // namespace

report::Detail detail_of(const Context& context)
{
    if (context.globals.quiet)
        return report::Detail::warnings;
    if (context.globals.verbose)
        return report::Detail::verbose;
    return context.environment.screen.is_terminal ? report::Detail::live : report::Detail::steps;
}

std::unique_ptr<report::Progress> make_progress(const Context& context, const std::string& vm)
{
    return context.board.watch(vm, detail_of(context));
}

std::unique_ptr<job::Observer> make_job_progress(const Context& context, const std::string& job)
{
    return std::make_unique<report::JobProgress>(context.board, context.environment.clock, job,
                                                 detail_of(context));
}

job::Run make_run(const Context& context, const config::Assignment& assignment,
                  std::vector<std::string> sources, job::Observer& observer)
{
    Environment& environment = context.environment;
    return {.assignment = assignment,
            .sources = std::move(sources),
            .id = environment.random_id(),
            .clock = environment.clock,
            .observer = observer,
            .lock =
                [&environment](const std::string& uuid) {
                    return environment.lock(environment.paths.state, uuid);
                },
            .free_lock =
                [&environment](const std::string& uuid) {
                    return environment.free_lock(environment.paths.state, uuid);
                },
            .stop = environment.stop,
            .new_id = environment.random_id,
            .hooks = environment.hooks.get(),
            .prober = environment.prober.get()};
}

int watched(const Context& context, const Chosen& chosen, const config::Assignment& assignment,
            bool& changed, const std::function<int(const job::Run&)>& act)
{
    const auto progress = make_progress(context, assignment.vm);
    const struct Note {
        const report::Progress& progress;
        bool& changed;
        ~Note() { changed |= !progress.deeds().empty(); }
    } note{*progress, changed};
    return act(
        make_run(context, assignment, source_names(chosen.config, chosen.assignments), *progress));
}

int end_verb(const Context& context, const VerbEnd& end)
{
    if (context.globals.json)
        report::write_line(context.environment.out, "summary",
                           {{"verb", end.verb},
                            {"result", report::result_word(end.exit_code)},
                            {"dry_run", end.dry_run},
                            {"changed", end.changed},
                            {"exit_code", end.exit_code}});
    return end.exit_code;
}

int for_each_vm(const Context& context, const std::vector<config::Assignment>& selection,
                const std::function<int(const config::Assignment&)>& act)
{
    return for_each_vm(context, Chosen{{}, selection, {}, {}}, act);
}

int for_each_vm(const Context& context, const Chosen& chosen,
                const std::function<int(const config::Assignment&)>& act)
{
    std::size_t failures = chosen.lacks.size();
    int code = 0;
    for (const fleet::Lack& lack : chosen.lacks) {
        tell(context, lack.line, lack.error);
        code = static_cast<int>(lack.error.kind());
    }
    const std::size_t all = chosen.assignments.size() + chosen.lacks.size();
    for (const config::Assignment& assignment : chosen.assignments) {
        if (context.environment.stop.stop_requested())
            return context.environment.signal_exit_code();
        if (const int own = act_or_tell(context, assignment, act); own != 0) {
            code = own;
            ++failures;
        }
    }
    if (failures > 0 && context.environment.stop.stop_requested())
        return context.environment.signal_exit_code();
    if (failures == 0 || all == 1)
        return code;
    return static_cast<int>(failures == all ? ErrorKind::failed : ErrorKind::some_failed);
}

int show_plans(const Context& context, const Wish& wish, const std::string& verb)
{
    if (wish.known) {
        refuse_broken_groups(wish.config, *wish.known);
        check_hooks(context.environment, *wish.known);
    }
    Session session = open_session(context, wish.config.vcenter);
    const Chosen chosen = choose(session.vsphere(), wish, context.environment.clock);
    refuse_broken_groups(chosen.config, chosen.assignments);
    check_hooks(context.environment, chosen.assignments);
    const auto groups = config::groups_of(chosen.config, chosen.assignments).musters;
    bool would_change = false;
    const int code =
        for_each_vm(context, in_all_places(chosen), [&](const config::Assignment& assignment) {
            const auto progress = make_progress(context, assignment.vm);
            const auto run = make_run(context, assignment,
                                      source_names(chosen.config, chosen.assignments), *progress);
            job::explaining("read the inventory", [&] {
                show_plan(context, session.vsphere(), run, setting_of(assignment, chosen, groups));
            });
            would_change = true;
            return 0;
        });
    return end_verb(context, {verb, true, would_change, code});
}

}  // namespace vmrotate::cli
