// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/copy.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/discard.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/note_text.hpp"

namespace vmrotate::job {
namespace {

using namespace std::chrono_literals;
using vimclient::Fault;

rotation::Mark mark_of(const Run& run, const Prepared& prepared, const Taken& snapshot,
                       const std::vector<vimclient::Disk>& disks, const std::string& lock_id)
{
    rotation::Mark mark;
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
    for (const vimclient::Disk& disk : copy.expected)
        spec.disk_keys.push_back(disk.key);
    spec.annotation = unfinished_note(copy.mark, prepared.source.annotation);
    spec.mark = rotation::encode(copy.mark);
    return spec;
}

/// The clone task of this source that was not there before ours was sent.
const vimclient::Task* new_clone_task(const vimclient::Vm& before, const vimclient::Vm& now)
{
    for (const vimclient::Task& task : now.tasks) {
        const bool is_clone = task.description.starts_with("VirtualMachine.clone");
        const bool is_old = std::ranges::any_of(
            before.tasks, [&](const vimclient::Task& old) { return old.ref.id == task.ref.id; });
        if (is_clone && !is_old)
            return &task;
    }
    return nullptr;
}

/// After a lost reply: follows the task to its end. Throws `lost` where there is none.
vimclient::VmRef find_lost(vimclient::Vsphere& vsphere, const Prepared& prepared,
                           const std::string& name, const vimclient::OutcomeUnknown& lost)
{
    const auto read = [&] { return vsphere.read_vms({prepared.source.ref}); };
    auto found = read();
    const auto* task = found.empty() ? nullptr : new_clone_task(prepared.source, found.front());
    if (task == nullptr)
        throw lost;
    vsphere.wait(task->ref);

    found = read();
    task = found.empty() ? nullptr : new_clone_task(prepared.source, found.front());
    if (task == nullptr || task->state != vimclient::TaskState::success || task->result_id.empty())
        throw lost;
    return {task->result_id, name};
}

vimclient::VmRef clone_once(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
                            const Taken& snapshot, const Copy& copy)
{
    const auto spec = spec_of(prepared, copy);
    const auto progress = [&run](int percent) { run.observer.copying(percent); };
    try {
        return vsphere.clone(prepared.source.ref, snapshot.ref, spec, progress, run.stop);
    } catch (const vimclient::OutcomeUnknown& lost) {
        return find_lost(vsphere, prepared, spec.name, lost);
    }
}

}  // namespace

Copy make_copy(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared,
               const Taken& snapshot, const std::string& lock_id)
{
    const int keep = run.assignment.policy.keep;
    Copy copy;
    copy.slot = prepared.plan.slot;
    copy.expected =
        explaining("read the snapshot's disks", [&] { return vsphere.disks_of(snapshot.ref); });
    copy.mark = mark_of(run, prepared, snapshot, copy.expected, lock_id);

    for (int attempts = keep + 1;;) {
        copy.mark.slot = copy.slot;
        try {
            copy.vm = clone_once(vsphere, run, prepared, snapshot, copy);
            return copy;
        } catch (const vimclient::Cancelled&) {
            discard_remains(vsphere, run, prepared);
            throw;
        } catch (const Fault& fault) {
            discard_remains(vsphere, run, prepared);
            if (fault.kind() != Fault::Kind::duplicate_name || --attempts == 0)
                throw explain(fault, "make the copy '" + prepared.name(copy.slot) + "'");
            run.observer.warning(fmt::format("the name '{}' is taken, trying the next slot",
                                             prepared.name(copy.slot)));
            copy.slot = rotation::slot_after(copy.slot, keep);
        }
    }
}

}  // namespace vmrotate::job
