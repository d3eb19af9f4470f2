// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/lock_by_snapshot.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/in_step.hpp"
#include "job/skip.hpp"
#include "job/together.hpp"
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

/// What stands there once the snapshot does.
struct Sight {
    std::vector<vimclient::Vm> sources;
    Members members;
    std::optional<std::vector<vimclient::Disk>> disks;
};

Sight look_again(vimclient::Vsphere& vsphere, const Prepared& prepared,
                 const vimclient::SnapshotRef& snapshot)
{
    vimclient::Question question;
    question.vms = {prepared.source.ref};
    question.folder_id = prepared.id.folder_id;
    question.snapshot = snapshot;
    const auto answer = explaining("read the VM and its generations",
                                   [&] { return ask_together(vsphere, question); });
    if (answer && answer->folder && answer->disks)
        return {answer->vms, members_of(prepared.id, *answer->folder), answer->disks};
    auto sources =
        explaining("read the VM", [&] { return vsphere.read_vms({prepared.source.ref}); });
    return {std::move(sources), read_members(vsphere, prepared.id), {}};
}

}  // namespace

Taken lock_by_snapshot(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared,
                       const vimclient::SnapshotRef& snapshot)
{
    Sight seen = look_again(vsphere, prepared, snapshot);
    const auto& sources = seen.sources;
    const Snapshot* ours = sources.empty() ? nullptr : find(sources.front().snapshots, snapshot);
    if (ours == nullptr)
        throw Error(ErrorKind::failed, "cannot go on: the snapshot has vanished");
    refuse_an_earlier_run(sources.front().snapshots, *ours, run.id);

    auto& set = seen.members.set;
    if (set != prepared.set) {
        refuse_newcomers(prepared.set, set);
        if (!is_in_step(run))
            refuse_fresh(run, set, prepared.server_time);
        prepared.set = std::move(set);
        prepared.newest_used = seen.members.newest_used;
        prepared.plan =
            rotation::plan(prepared.set, rules_of(run.assignment.policy, prepared.server_time));
        run.observer.remark("the generations changed meanwhile: planned anew");
        if (read_set(vsphere, prepared.id) != prepared.set)
            throw Error(ErrorKind::busy, "cannot back it up: somebody is changing its generations",
                        "the next run tries again");
    }
    return {.ref = ours->ref,
            .created = ours->created,
            .quiesced = ours->quiesced,
            .disks = std::move(seen.disks),
            .clone_tasks = clone_tasks_of(sources.front())};
}

}  // namespace vmrotate::job
