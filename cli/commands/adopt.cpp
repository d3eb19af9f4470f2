// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/each_vm.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/adopt_vm.hpp"
#include "job/adoption_plan.hpp"
#include "job/hand_over.hpp"
#include "report/adopt_report.hpp"

namespace vmrotate::cli {
namespace {

struct AdoptOptions {
    ServerOptions server;
    SelectionOptions selection;
    std::vector<std::string> folders;
    std::string uuid;
    bool dry_run = false;
    bool yes = false;
};

/// The two kinds of adoption, as the one flow below sees them.
struct OldClones {
    using Plan = job::Adoption;
    const std::vector<std::string>& folders;

    Plan look(vimclient::Vsphere& vsphere, const job::Run& run, const job::SourceLock* lock) const
    {
        return job::plan_adoption(vsphere, run, folders, lock);
    }
    static void act(vimclient::Vsphere& vsphere, const job::Run& run, const Plan& plan,
                    const job::SourceLock& lock, job::Joined& done)
    {
        job::adopt(vsphere, run, plan, lock.id(), done);
    }
    static constexpr auto write = report::write_adoption;
    static constexpr auto write_json = report::write_adoption_json;

    /// Where VMs were found and none fits, it is no success.
    static void refuse_if_all_are_unfit(const Plan& plan)
    {
        if (!plan.candidates.empty() && plan.steps.empty())
            throw Error(
                ErrorKind::refused,
                fmt::format("cannot adopt any: '{}': {}", plan.candidates.front().vm.ref.name,
                            fmt::join(plan.candidates.front().obstacles, "; ")),
                "the list above says what stands against each");
    }
};

struct FormerSource {
    using Plan = job::HandOver;
    const std::string& uuid;

    Plan look(vimclient::Vsphere& vsphere, const job::Run& run, const job::SourceLock* lock) const
    {
        return job::plan_hand_over(vsphere, run, uuid, lock);
    }
    static void act(vimclient::Vsphere& vsphere, const job::Run& run, const Plan& plan,
                    const job::SourceLock& /*lock*/, job::Joined& done)
    {
        job::hand_over(vsphere, run, plan, done);
    }
    static constexpr auto write = report::write_hand_over;
    static constexpr auto write_json = report::write_hand_over_json;
    static void refuse_if_all_are_unfit(const Plan& /*plan*/) {}
};

std::ptrdiff_t newcomers_in(const std::vector<rotation::Numbering>& steps)
{
    return std::ranges::count(steps, true, &rotation::Numbering::joins);
}

void ask(const Context& context, const std::string& vm,
         const std::vector<rotation::Numbering>& steps)
{
    const auto count = newcomers_in(steps);
    if (!context.environment.confirm(fmt::format(
            "Make {} {} of '{}'?", count, count == 1 ? "VM a generation" : "VMs generations", vm)))
        throw Error(ErrorKind::refused, "nobody agreed: nothing was changed",
                    "--yes agrees in advance, --dry-run only shows");
}

/// Looks, shows, asks, looks again under the lock, acts.
template <typename Kind>
int adopt(const AdoptOptions& options, const Context& context, vimclient::Vsphere& vsphere,
          const job::Run& run, const Kind& kind, bool& changed)
{
    const std::string& vm = run.assignment.vm;
    Environment& environment = context.environment;
    const auto plan = kind.look(vsphere, run, nullptr);
    if (!context.globals.quiet)
        Kind::write(context.globals.json ? environment.err : environment.out, vm, plan);
    job::Joined done;
    const auto write_json = [&] {
        if (context.globals.json)
            Kind::write_json(environment.out, vm, plan, done, options.dry_run);
    };
    if (options.dry_run || plan.steps.empty()) {
        changed = !plan.steps.empty();
        write_json();
        Kind::refuse_if_all_are_unfit(plan);
        return 0;
    }
    if (!options.yes)
        ask(context, vm, plan.steps);
    const auto lock = run.lock(plan.seen.source.instance_uuid);
    const auto again = kind.look(vsphere, run, lock.get());
    if (again.steps != plan.steps)
        throw Error(ErrorKind::busy, "the VMs changed meanwhile: nothing was done",
                    "look again, and decide anew");
    const auto tell = [&] {
        changed = done.is_change();
        write_json();
        if (!context.globals.json && !context.globals.quiet)
            report::write_joined(environment.out, vm, done);
    };
    try {
        Kind::act(vsphere, run, again, *lock, done);
    } catch (...) {
        tell();
        throw;
    }
    tell();
    return 0;
}

void refuse_several(const std::vector<config::Assignment>& selection)
{
    if (selection.size() != 1)
        throw Error(ErrorKind::usage, "adopt takes one VM at a time", "name the VM");
}

void check(const AdoptOptions& options, const Context& context)
{
    if (!options.uuid.empty() && !options.folders.empty())
        throw Error(ErrorKind::usage, "--from-uuid and --from-folder exclude each other",
                    "one hands over a set, the other looks for clones without a mark");
    if (!options.dry_run && !options.yes && !context.environment.has_terminal())
        throw Error(ErrorKind::usage, "there is no terminal to ask at: nothing was contacted",
                    "look with --dry-run first, then add --yes");
}

int run_adopt(const AdoptOptions& options, const Context& context)
{
    const auto wish = wish_of(load_config(context, options.server), options.selection);
    if (wish.known)
        refuse_several(*wish.known);
    check(options, context);
    Session session = open_session(context, wish.config.vcenter, wish.patience);
    const Chosen chosen = choose(session.vsphere(), wish, context.environment.clock);
    refuse_several(chosen.assignments);
    bool changed = false;
    const int code = for_each_vm(context, chosen, [&](const config::Assignment& assignment) {
        const auto progress = make_progress(context, assignment.vm);
        const auto run = make_run(context, assignment,
                                  source_names(chosen.config, chosen.assignments), *progress);
        if (!options.uuid.empty())
            return adopt(options, context, session.vsphere(), run, FormerSource{options.uuid},
                         changed);
        return adopt(options, context, session.vsphere(), run, OldClones{options.folders}, changed);
    });
    return end_verb(context, {"adopt", options.dry_run, changed, code});
}

}  // namespace

void add_adopt(CLI::App& app, const Context& context)
{
    const auto options = std::make_shared<AdoptOptions>();
    CLI::App* command =
        app.add_subcommand("adopt",
                           "Make generations of clones that carry no mark, or of an "
                           "orphaned set");
    options->server.add_to(*command);
    options->selection.add_to(*command);
    command
        ->add_option("--from-folder", options->folders,
                     "Look in this folder too, '/' for the datacenter's own; may be repeated")
        ->allow_extra_args(false)
        ->group("Adoption");
    command
        ->add_option("--from-uuid", options->uuid,
                     "Take over the generations of a source that is gone, by its instanceUuid")
        ->group("Adoption");
    command->add_flag("-y,--yes", options->yes, "Do not ask");
    command->add_flag("-n,--dry-run", options->dry_run, "Show what would happen; change nothing");
    command->footer(
        "Clones named as generations of this VM, <prefix><vm>-<NN>-<yyyyMMddHHmm>, are shown with\n"
        "what stands against each; those that fit are moved into the folder of the copies and\n"
        "marked, in the order of their names' times. From then on they rotate with the others.\n\n"
        "Examples:\n"
        "  vmrotate adopt avocado2 --from-folder 'old backups' --dry-run\n"
        "  vmrotate adopt avocado2 --from-uuid 5028f1c2-0000-4000-8000-000000000001\n\n"
        "Exit codes: 0 ok or nothing to adopt, 1 failed, 2 usage, 4 refused, 11 a run may be at\n"
        "work, and those of 'vmrotate --help'");
    command->callback([options, context] { context.exit_code = run_adopt(*options, context); });
}

}  // namespace vmrotate::cli
