// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/facts.hpp"

#include <algorithm>
#include <set>

namespace vmrotate::job {
namespace {

rotation::Power power_of(vimclient::Power power)
{
    switch (power) {
        case vimclient::Power::on: return rotation::Power::on;
        case vimclient::Power::suspended: return rotation::Power::suspended;
        case vimclient::Power::off: break;
    }
    return rotation::Power::off;
}

}  // namespace

rotation::VmFacts facts_of(const vimclient::Vm& vm)
{
    rotation::VmFacts facts;
    facts.id = vm.ref.id;
    facts.name = vm.ref.name;
    facts.instance_uuid = vm.instance_uuid;
    facts.folder_id = vm.folder_id;
    facts.vmx = vm.vmx;
    facts.mark = rotation::decode(vm.mark);
    facts.power = power_of(vm.power);
    facts.readable = vm.readable && vm.connection == "connected";
    facts.has_snapshot = !vm.snapshots.empty();
    facts.is_busy = !running_tasks(vm).empty();
    facts.is_template = vm.is_template;
    for (const vimclient::Disk& disk : vm.disks)
        facts.disks.push_back({disk.file, disk.datastore_id, !disk.parents.empty()});
    return facts;
}

std::vector<rotation::VmFacts> facts_of(const std::vector<vimclient::Vm>& vms)
{
    std::vector<rotation::VmFacts> facts;
    facts.reserve(vms.size());
    for (const vimclient::Vm& vm : vms)
        facts.push_back(facts_of(vm));
    return facts;
}

std::vector<rotation::DiskSize> sizes_of(const std::vector<vimclient::Disk>& disks)
{
    std::vector<rotation::DiskSize> sizes;
    for (const vimclient::Disk& disk : disks)
        sizes.push_back({disk.address, disk.bytes});
    std::ranges::sort(sizes, {}, &rotation::DiskSize::address);
    return sizes;
}

bool is_running(const vimclient::Task& task)
{
    return task.state == vimclient::TaskState::queued ||
           task.state == vimclient::TaskState::running;
}

std::vector<std::string> datastores_of(const vimclient::Vm& vm)
{
    std::set<std::string> ids;
    for (const vimclient::Disk& disk : vm.disks)
        ids.insert(disk.datastore_id);
    return {ids.begin(), ids.end()};
}

std::vector<vimclient::Task> running_tasks(const vimclient::Vm& vm)
{
    std::vector<vimclient::Task> running;
    for (const vimclient::Task& task : vm.tasks)
        if (is_running(task))
            running.push_back(task);
    return running;
}

}  // namespace vmrotate::job
