// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/release.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/find.hpp"
#include "job/marking.hpp"
#include "job/settle.hpp"
#include "rotation/set.hpp"

namespace vmrotate::job {
namespace {

using rotation::MarkReading;

std::string text_of(const rotation::Mark& mark)
{
    return fmt::format("generation {} of '{}', set '{}', taken {}", mark.seq, mark.source_name,
                       mark.set, rotation::utc_text(mark.taken));
}

/// Good generations of the same set beside this one.
int good_beside(vimclient::Vsphere& vsphere, const vimclient::Vm& vm, const rotation::Mark& mark)
{
    const rotation::SetId id{mark.source_uuid, mark.set, mark.stem, vm.folder_id,
                             vm.disks.empty() ? "" : vm.disks.front().datastore_id};
    const auto folder =
        explaining("read the generations", [&] { return vsphere.vms_in(vm.folder_id); });
    return static_cast<int>(std::ranges::count_if(
        rotation::sort_out(id, facts_of(folder)).generations,
        [&](const rotation::Generation& generation) {
            return generation.condition == rotation::Condition::good && generation.id != vm.ref.id;
        }));
}

void refuse(const std::string& why, const std::string& hint)
{
    throw Error(ErrorKind::refused, "cannot release it: " + why, hint);
}

}  // namespace

Release plan_release(vimclient::Vsphere& vsphere, const std::string& name)
{
    const auto vm = read_one(vsphere, find_source(vsphere, name));
    if (!vm.readable || vm.connection != "connected")
        refuse("its configuration cannot be read", "look at the VM in the vSphere Client");
    Release release{vm.ref, {}, {}, {}, {}};
    for (const auto& [key, value] : vm.mark)
        release.keys[key] = "";

    const auto reading = rotation::decode(vm.mark);
    const rotation::Mark& mark = reading.mark;
    if (reading.kind == MarkReading::Kind::none)
        return release;
    if (reading.kind == MarkReading::Kind::other_version)
        refuse(reading.problem, "release it with the version that wrote the mark");
    if (mark.state == rotation::State::copying && reading.kind == MarkReading::Kind::whole)
        refuse("it is a copy that was never finished, and a run may be at work on it",
               "the next backup of its source looks after it; if the source is gone, delete it in "
               "the vSphere Client");
    if (reading.kind != MarkReading::Kind::whole) {
        release.was = "a VM with a mark that says nothing: " + reading.problem;
    } else if (mark.self != vm.instance_uuid) {
        release.was = "a copy of " + text_of(mark);
    } else {
        release.was = text_of(mark);
        release.source = mark.source_name;
        if (!vm.folder_id.empty())
            release.good_left = good_beside(vsphere, vm, mark);
    }
    return release;
}

void carry_out(vimclient::Vsphere& vsphere, const Run& run, const Release& release)
{
    if (release.is_change())
        change_mark(vsphere, run, release.vm, {.mark = release.keys, .annotation = {}},
                    "release it");
}

}  // namespace vmrotate::job
