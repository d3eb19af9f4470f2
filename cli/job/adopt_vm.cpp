// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/adopt_vm.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/marking.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

void make_folder(vimclient::Vsphere& vsphere, const Run& run, Located& located)
{
    const std::string path = located.target.folder.path;
    run.observer.step(fmt::format("making the folder '{}'", path));
    try {
        located.target.folder = vsphere.create_folder(located.place.datacenter_id, path);
    } catch (const vimclient::Fault& fault) {
        throw explain(fault, "make the folder '" + path + "'");
    }
    located.id.folder_id = located.target.folder.id;
}

void move(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& vm,
          const vimclient::Folder& folder)
{
    change_surely(
        vsphere, run, vm, fmt::format("move it into the folder '{}'", folder.path),
        [&] { vsphere.move_into_folder(vm, folder.id); },
        [&](const vimclient::Vm& now) { return now.folder_id == folder.id; });
}

/// The VM as it is now. What forbids it now did not when it was decided.
vimclient::Vm read_again(vimclient::Vsphere& vsphere, const Run& run, const rotation::SetId& id,
                         const rotation::Numbering& step)
{
    auto vm = read_one(vsphere, {step.id, step.name});
    auto found = obstacles_to_adoption(vm, id, run.sources, {}, {});
    if (vm.ref.name != step.name)
        found.push_back("it was renamed");
    if (!found.empty())
        throw Error(ErrorKind::refused, fmt::format("cannot adopt it: {}", fmt::join(found, "; ")),
                    "somebody has just changed it");
    return vm;
}

rotation::Mark mark_for(const Run& run, const Located& located, const vimclient::Vm& vm,
                        const Candidate& candidate, long seq, const std::string& lock_id)
{
    rotation::Mark mark;
    mark.state = rotation::State::complete;
    mark.run = run.id;
    mark.lock = lock_id;
    mark.set = located.id.set;
    mark.seq = seq;
    mark.slot = candidate.slot;
    mark.stem = located.id.stem;
    mark.source_uuid = located.id.source_uuid;
    mark.source_name = located.source.ref.name;
    mark.taken = candidate.taken;
    mark.disks = sizes_of(vm.disks);
    mark.self = vm.instance_uuid;
    return mark;
}

}  // namespace

void adopt(vimclient::Vsphere& vsphere, const Run& run, Adoption adoption,
           const std::string& lock_id, Joined& done)
{
    Survey& seen = adoption.seen;
    if (seen.target.folder.id.empty() && !adoption.steps.empty())
        make_folder(vsphere, run, seen);
    const auto join = [&](const rotation::Numbering& step) {
        const auto candidate = std::ranges::find(
            adoption.candidates, step.id, [](const Candidate& each) { return each.vm.ref.id; });
        const auto vm = read_again(vsphere, run, seen.id, step);
        if (vm.folder_id != seen.id.folder_id)
            move(vsphere, run, vm.ref, seen.target.folder);
        const auto mark = mark_for(run, seen, vm, *candidate, step.seq, lock_id);
        change_mark(
            vsphere, run, vm.ref,
            {.mark = rotation::encode(mark), .annotation = finished_note(mark, vm.annotation)},
            "adopt it");
    };
    take_steps(vsphere, run, adoption.steps, join, done);
}

}  // namespace vmrotate::job
