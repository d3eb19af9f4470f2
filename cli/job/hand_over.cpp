// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/hand_over.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/marking.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Vm;

[[noreturn]] void refuse(const std::string& why, const std::string& hint)
{
    throw Error(ErrorKind::refused, "cannot hand the set over: " + why, hint);
}

/// The identities of sources other than this one, whose generations of this set stand there.
std::set<std::string> other_sources(const rotation::SetId& id, const std::vector<Vm>& folder)
{
    std::set<std::string> found;
    for (const Vm& vm : folder) {
        const auto reading = rotation::decode(vm.mark);
        if (reading.kind == rotation::MarkReading::Kind::whole && reading.mark.set == id.set &&
            reading.mark.source_uuid != id.source_uuid)
            found.insert(reading.mark.source_uuid);
    }
    return found;
}

/// A VM that is there, or cannot be told not to be, keeps its set.
void refuse_unless_gone(vimclient::Vsphere& vsphere, const Run& run, const std::string& uuid)
{
    constexpr std::size_t batch = 100;
    const auto all = explaining("list the VMs", [&] { return vsphere.vm_names(); });
    run.observer.step(fmt::format("looking for the former source among {} VMs", all.size()));
    for (std::size_t from = 0; from < all.size(); from += batch) {
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(from);
        const std::vector<vimclient::VmRef> some(
            begin, begin + static_cast<std::ptrdiff_t>(std::min(batch, all.size() - from)));
        for (const Vm& vm : explaining("read the VMs", [&] { return vsphere.read_vms(some); })) {
            if (vm.instance_uuid == uuid)
                refuse(fmt::format("its source still exists: '{}'", vm.ref.name),
                       "only the set of a source that is gone can be handed over");
            if (!vm.readable)
                refuse(fmt::format("'{}' cannot be read, and may be its source", vm.ref.name),
                       "bring that VM back, or remove it from the inventory");
        }
    }
}

std::vector<rotation::Newcomer> newcomers_of(const rotation::Set& old)
{
    std::vector<rotation::Newcomer> newcomers;
    for (const rotation::Generation& generation : old.generations)
        newcomers.push_back({generation.id, generation.name, generation.taken, generation.seq});
    return newcomers;
}

void refuse_odd(const HandOver& plan, const std::vector<Vm>& folder)
{
    if (plan.from == plan.seen.id.source_uuid)
        refuse("that is the VM's own instanceUuid", "'vmrotate list' names the one to be given");
    if (!plan.old.generations.empty())
        return;
    const auto others = other_sources(plan.seen.id, folder);
    refuse(fmt::format("no generation in '{}' is of a source with the instanceUuid '{}'",
                       plan.seen.target.folder.path, plan.from),
           others.empty() ? "every generation there belongs to this VM"
                          : fmt::format("there are generations of: {}", fmt::join(others, ", ")));
}

}  // namespace

HandOver plan_hand_over(vimclient::Vsphere& vsphere, const Run& run, const std::string& uuid,
                        const SourceLock* lock)
{
    HandOver plan{survey_at_rest(vsphere, run, lock), uuid, {}, {}};
    const rotation::SetId& id = plan.seen.id;
    std::vector<Vm> folder;
    if (!id.folder_id.empty())
        folder = explaining("read the generations", [&] { return vsphere.vms_in(id.folder_id); });
    auto old_id = id;
    old_id.source_uuid = uuid;
    plan.old = rotation::sort_out(old_id, facts_of(folder));
    refuse_odd(plan, folder);
    refuse_unless_gone(vsphere, run, uuid);
    plan.steps = rotation::number(plan.seen.set, newcomers_of(plan.old));
    if (!rotation::fits(plan.steps))
        refuse("the numbers of the set are used up", "begin another one with --set and --prefix");
    return plan;
}

void hand_over(vimclient::Vsphere& vsphere, const Run& run, const HandOver& plan, Joined& done)
{
    const auto join = [&](const rotation::Numbering& step) {
        const auto vm = read_one(vsphere, {step.id, step.name});
        const auto mark = mark_of_generation(vm, "hand it over");
        if (mark.source_uuid != plan.from || mark.set != plan.seen.id.set)
            throw Error(ErrorKind::refused, "cannot hand it over: it belongs to another set now",
                        "somebody has just changed it");
        auto changed = mark;
        changed.source_uuid = plan.seen.id.source_uuid;
        changed.source_name = plan.seen.source.ref.name;
        changed.seq = step.seq;
        change_mark(vsphere, run, vm.ref,
                    {.mark = rotation::difference(mark, changed),
                     .annotation = with_other_mark(vm.annotation, mark, changed)},
                    "hand it over");
    };
    take_steps(vsphere, run, plan.steps, join, done);
}

}  // namespace vmrotate::job
