// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/aftermath.hpp"

#include <algorithm>
#include <utility>

#include "rotation/note.hpp"

namespace vmrotate::job {
namespace {

/// Whether nothing is left to do at the source: else what was read grows old meanwhile.
bool is_settled(const vimclient::Vm& source, const Run& run)
{
    return !source.consolidation_needed &&
           std::ranges::none_of(source.snapshots, [&](const vimclient::Snapshot& snapshot) {
               const auto note = rotation::read_snapshot(snapshot.name, snapshot.description);
               return note && note->run == run.id;
           });
}

/// Nothing where some VM of the datastore may not be read: that is no reason to doubt the copy.
std::optional<vimclient::Answer> ask_or_give_up(vimclient::Vsphere& vsphere,
                                                const vimclient::Question& question)
{
    try {
        return ask_together(vsphere, question);
    } catch (const vimclient::Fault& fault) {
        if (fault.kind() != vimclient::Fault::Kind::privilege)
            throw;
        return {};
    }
}

/// Reads the copy, and with it all that is wanted next; nothing while the removal goes on.
std::optional<vimclient::Vm> read_aftermath(vimclient::Vsphere& vsphere, const Run& run,
                                            const Prepared& prepared, const Copy& copy,
                                            SnapshotGuard& snapshot, Aftermath& after)
{
    if (!snapshot.removal_has_ended())
        return {};
    const bool is_due = std::ranges::any_of(prepared.plan.decisions, [](const auto& decision) {
        return decision.fate == rotation::Fate::expire;
    });
    auto question = is_due ? question_of_set(prepared.id) : vimclient::Question{};
    question.vms = {copy.vm, prepared.source.ref};
    auto answer = ask_or_give_up(vsphere, question);
    if (!answer || answer->vms.size() != 2)
        return {};
    auto vm = std::move(answer->vms.front());
    after.source = std::move(answer->vms.back());
    if (is_settled(*after.source, run))
        after.facts = set_facts(prepared.id, std::move(*answer));
    return vm;
}

}  // namespace

Aftermath commit_and_look(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                          const Copy& copy, SnapshotGuard& snapshot, Outcome& outcome)
{
    Aftermath after;
    commit_or_discard(vsphere, run, prepared, copy, outcome, [&] {
        return read_aftermath(vsphere, run, prepared, copy, snapshot, after);
    });
    return after;
}

}  // namespace vmrotate::job
