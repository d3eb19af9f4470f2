// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/copy.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/discard.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Fault;

rotation::Mark mark_of(const Run& run, const Prepared& prepared, const Taken& snapshot,
                       const std::vector<vimclient::Disk>& disks, const std::string& lock_id)
{
    rotation::Mark mark = snapshot.generation ? snapshot.generation->mark : rotation::Mark{};
    mark.state = rotation::State::copying;
    mark.self.clear();
    mark.pinned.clear();
    mark.run = run.id;
    mark.lock = lock_id;
    mark.set = prepared.id.set;
    mark.seq = prepared.plan.seq;
    mark.slot = prepared.plan.slot;
    mark.stem = prepared.id.stem;
    mark.source_uuid = prepared.id.source_uuid;
    mark.source_name = prepared.source.ref.name;
    mark.taken = snapshot.created;
    mark.quiesced = snapshot.quiesced;
    mark.disks = sizes_of(disks);
    return mark;
}

vimclient::CloneSpec spec_of(const Prepared& prepared, const Copy& copy)
{
    vimclient::CloneSpec spec;
    spec.name = prepared.name(copy.slot);
    spec.folder_id = prepared.target.folder.id;
    spec.datastore_id = prepared.target.datastore.id;
    spec.host_id = prepared.host.host_id;
    spec.pool_id = prepared.host.pool_id;
    spec.disk_keys = copy.disk_keys;
    spec.annotation = unfinished_note(copy.mark, prepared.source.annotation);
    spec.mark = rotation::encode(copy.mark);
    return spec;
}

const vimclient::VmRef& what_is_cloned(const Prepared& prepared, const Taken& taken)
{
    return taken.generation ? taken.generation->vm : prepared.source.ref;
}

std::vector<vimclient::Disk> disks_to_copy(vimclient::Vsphere& vsphere, const Taken& taken)
{
    if (taken.generation)
        return read_one(vsphere, taken.generation->vm).disks;
    if (taken.disks)
        return *taken.disks;
    return explaining("read the snapshot's disks", [&] { return vsphere.disks_of(taken.ref); });
}

std::vector<vimclient::Task> clone_tasks(vimclient::Vsphere& vsphere,
                                         const vimclient::VmRef& original)
{
    const auto found = vsphere.read_vms({original});
    return found.empty() ? std::vector<vimclient::Task>{} : clone_tasks_of(found.front());
}

/// It carries our mark; or none, as a server may drop that of the clone call.
bool may_be_ours(const vimclient::Vm& vm, const std::string& run_id)
{
    const auto reading = rotation::decode(vm.mark);
    return reading.kind == rotation::MarkReading::Kind::none || reading.mark.run == run_id;
}

/// A read that fails leaves what was lost as unknown as before.
template <typename Act>
auto read_or_throw(const vimclient::OutcomeUnknown& lost, const Act& act)
{
    try {
        return act();
    } catch (const Fault&) {
        throw lost;
    }
}

/// The clone tasks of the original that were not there before.
std::vector<vimclient::Task> new_tasks(vimclient::Vsphere& vsphere,
                                       const vimclient::VmRef& original,
                                       const std::vector<vimclient::Task>& before,
                                       const vimclient::OutcomeUnknown& lost)
{
    auto tasks = read_or_throw(lost, [&] { return clone_tasks(vsphere, original); });
    std::erase_if(tasks, [&](const vimclient::Task& task) {
        return std::ranges::any_of(before,
                                   [&](const auto& old) { return old.ref.id == task.ref.id; });
    });
    return tasks;
}

/// After a lost reply: waits for every new clone task, and finds the VM that has our name.
/// Throws the failure of the only new task; `lost` where it cannot be told which is ours, and
/// after a stop.
vimclient::VmRef find_lost(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                           const vimclient::VmRef& original,
                           const std::vector<vimclient::Task>& before, const std::string& name,
                           const vimclient::OutcomeUnknown& lost)
{
    const auto tasks = new_tasks(vsphere, original, before, lost);
    for (const vimclient::Task& task : tasks) {
        try {
            vsphere.wait(task.ref, run.stop);
        } catch (const vimclient::OutcomeUnknown&) {
            throw lost;
        } catch (const Fault&) {
            if (tasks.size() == 1)
                throw;
        }
    }
    for (const vimclient::Task& task : new_tasks(vsphere, original, before, lost))
        if (task.state == vimclient::TaskState::success)
            for (const vimclient::Vm& made : read_or_throw(lost, [&] {
                     return vsphere.read_vms({{task.result_id, name}});
                 }))
                if (made.ref.name == name && made.folder_id == prepared.target.folder.id &&
                    may_be_ours(made, run.id))
                    return made.ref;
    throw lost;
}

/// `known` are the source's clone tasks, where they were just read: used once.
vimclient::VmRef clone_once(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                            const Taken& snapshot, const Copy& copy,
                            std::optional<std::vector<vimclient::Task>> known)
{
    const auto spec = spec_of(prepared, copy);
    const auto& original = what_is_cloned(prepared, snapshot);
    const auto before =
        known ? std::move(*known)
              : explaining("read the VM", [&] { return clone_tasks(vsphere, original); });
    const auto progress = [&run](int percent) { run.observer.copying(percent); };
    try {
        return vsphere.clone(original, snapshot.ref, spec, progress, run.stop);
    } catch (const vimclient::OutcomeUnknown& lost) {
        if (run.stop.stop_requested())  // nobody waits for hours now
            throw;
        return find_lost(vsphere, run, prepared, original, before, spec.name, lost);
    }
}

}  // namespace

std::vector<vimclient::Task> clone_tasks_of(const vimclient::Vm& source)
{
    std::vector<vimclient::Task> tasks;
    std::ranges::copy_if(source.tasks, std::back_inserter(tasks), [](const auto& task) {
        return task.description.starts_with("VirtualMachine.clone");
    });
    return tasks;
}

Copy make_copy(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
               const Taken& snapshot, const std::string& lock_id)
{
    const int keep = run.assignment.policy.keep;
    Copy copy;
    copy.slot = prepared.plan.slot;
    const auto disks = disks_to_copy(vsphere, snapshot);
    for (const vimclient::Disk& disk : disks)
        copy.disk_keys.push_back(disk.key);
    copy.mark = mark_of(run, prepared, snapshot, disks, lock_id);

    auto known_tasks = snapshot.clone_tasks;
    for (int attempts = keep + 1;;) {
        copy.mark.slot = copy.slot;
        try {
            copy.vm =
                clone_once(vsphere, run, prepared, snapshot, copy, std::exchange(known_tasks, {}));
            return copy;
        } catch (const vimclient::Cancelled&) {
            discard_remains(vsphere, run, prepared);
            throw;
        } catch (const vimclient::OutcomeUnknown& lost) {
            // The copy may still go on: nobody touches it before its end is known.
            if (run.stop.stop_requested())
                throw Error(ErrorKind::interrupted,
                            fmt::format("interrupted, and the copy '{}' may go on: {}",
                                        prepared.name(copy.slot), lost.what()),
                            "the next run waits for it, and then finishes or undoes it");
            throw explain(lost, "make the copy '" + prepared.name(copy.slot) + "'");
        } catch (const Fault& fault) {
            discard_remains(vsphere, run, prepared);
            if (fault.kind() != Fault::Kind::duplicate_name || --attempts == 0)
                throw explain(fault, "make the copy '" + prepared.name(copy.slot) + "'");
            run.observer.warning(fmt::format("the name '{}' is taken, trying the next slot",
                                             prepared.name(copy.slot)));
            copy.slot = rotation::next_free_slot(prepared.set, copy.slot, keep);
        }
    }
}

}  // namespace vmrotate::job
