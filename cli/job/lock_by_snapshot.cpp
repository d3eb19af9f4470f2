// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/lock_by_snapshot.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/skip.hpp"
#include "job/turn.hpp"
#include "rotation/note.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Snapshot;

const Snapshot* find(const std::vector<Snapshot>& tree, const vimclient::SnapshotRef& ref)
{
    const auto found = std::ranges::find(tree, ref, &Snapshot::ref);
    return found == tree.end() ? nullptr : &*found;
}

void refuse_an_earlier_run(const std::vector<Snapshot>& tree, const Snapshot& ours,
                           const std::string& own_run)
{
    for (const Snapshot* above = find(tree, ours.parent); above != nullptr;
         above = find(tree, above->parent)) {
        const auto note = rotation::read_snapshot(above->name, above->description);
        if (note && note->run != own_run)
            throw AnotherRun(
                fmt::format("cannot back it up: another run was first: it has the snapshot '{}'",
                            above->name),
                "one backup of a VM at a time is enough");
    }
}

/// What was left unfinished before is known, and stays; one that has come since is a run's.
void refuse_newcomers(const rotation::Set& before, const rotation::Set& now)
{
    for (const rotation::Unfinished& clone : now.unfinished)
        if (!std::ranges::count(before.unfinished, clone))
            throw AnotherRun(
                fmt::format("cannot back it up: another run makes the copy '{}'", clone.name),
                "one backup of a VM at a time is enough");
}

}  // namespace

Taken lock_by_snapshot(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared,
                       const vimclient::SnapshotRef& snapshot)
{
    const auto sources =
        explaining("read the VM", [&] { return vsphere.read_vms({prepared.source.ref}); });
    const Snapshot* ours = sources.empty() ? nullptr : find(sources.front().snapshots, snapshot);
    if (ours == nullptr)
        throw Error(ErrorKind::failed, "cannot go on: the snapshot has vanished");
    refuse_an_earlier_run(sources.front().snapshots, *ours, run.id);

    auto set = read_set(vsphere, prepared.id);
    if (set != prepared.set) {
        refuse_newcomers(prepared.set, set);
        refuse_fresh(run, set, prepared.server_time);
        prepared.set = std::move(set);
        prepared.plan =
            rotation::plan(prepared.set, rules_of(run.assignment.policy, prepared.server_time));
        run.observer.remark("the generations changed meanwhile: planned anew");
        if (read_set(vsphere, prepared.id) != prepared.set)
            throw Error(ErrorKind::busy, "cannot back it up: somebody is changing its generations",
                        "the next run tries again");
    }
    return {ours->ref, ours->created, ours->quiesced};
}

}  // namespace vmrotate::job
