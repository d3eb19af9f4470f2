// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/lock_by_snapshot.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/in_step.hpp"
#include "job/neighbours.hpp"
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

std::optional<Sight> look_at_all(vimclient::Vsphere& vsphere, const Run& run,
                                 const Prepared& prepared, const vimclient::SnapshotRef& snapshot)
{
    vimclient::Question question;
    question.vms = {prepared.source.ref};
    ask_for_folder(run, prepared.id, question);
    question.snapshot = snapshot;
    const auto answer = ask_together(vsphere, question);
    if (!answer || !answer->disks)
        return {};
    const auto folder = folder_told(vsphere, run, prepared.id, *answer);
    if (!folder)
        return {};
    auto sources = answer->vms;
    std::erase_if(sources,
                  [&](const vimclient::Vm& vm) { return vm.ref.id != prepared.source.ref.id; });
    return Sight{std::move(sources), members_of(prepared.id, *folder), answer->disks};
}

Sight look_again(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                 const vimclient::SnapshotRef& snapshot)
{
    auto seen = explaining("read the VM and its generations",
                           [&] { return look_at_all(vsphere, run, prepared, snapshot); });
    if (seen)
        return std::move(*seen);
    auto sources =
        explaining("read the VM", [&] { return vsphere.read_vms({prepared.source.ref}); });
    return {std::move(sources), read_members(vsphere, run, prepared.id), {}};
}

}  // namespace

Taken lock_by_snapshot(vimclient::Vsphere& vsphere, const Run& run, Prepared& prepared,
                       const vimclient::SnapshotRef& snapshot)
{
    Sight seen = look_again(vsphere, run, prepared, snapshot);
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
