// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/origins.hpp"

#include <algorithm>

namespace vmrotate::job {
namespace {

bool may_be_origin(const vimclient::Vm& vm, const Run& run, const Survey& seen,
                   const std::vector<rotation::LeftClone>& unfinished)
{
    const auto reading = rotation::decode(vm.mark);
    const rotation::Mark& mark = reading.mark;
    return reading.kind == rotation::MarkReading::Kind::whole && mark.self == vm.instance_uuid &&
           mark.source_uuid == seen.id.source_uuid && mark.set == run.assignment.first->set &&
           std::ranges::any_of(unfinished, [&](const rotation::LeftClone& clone) {
               return clone.mark.taken == mark.taken;
           });
}

}  // namespace

std::vector<vimclient::Vm> origins_of(vimclient::Vsphere& vsphere, const Run& run,
                                      const Survey& seen,
                                      const std::vector<rotation::LeftClone>& unfinished)
{
    if (!run.assignment.first || unfinished.empty())
        return {};
    const auto folders = vsphere.folders_of(seen.place.datacenter_id);
    const auto folder =
        std::ranges::find(folders, run.assignment.first->folder, &vimclient::Folder::path);
    if (folder == folders.end())
        return {};
    auto vms = vsphere.vms_in(folder->id);
    std::erase_if(
        vms, [&](const vimclient::Vm& vm) { return !may_be_origin(vm, run, seen, unfinished); });
    return vms;
}

}  // namespace vmrotate::job
