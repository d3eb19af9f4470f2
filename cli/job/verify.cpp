// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/verify.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace vmrotate::job {
namespace {

using rotation::DiskSize;
using vimclient::Disk;

template <typename Each>
const Each* disk_at(const std::vector<Each>& disks, const std::string& address)
{
    const auto found = std::ranges::find(disks, address, &Each::address);
    return found == disks.end() ? nullptr : &*found;
}

void judge_vm(Verdict& verdict, const vimclient::Vm& copy, const rotation::SetId& id)
{
    const auto fault_if = [&](bool wrong, const std::string& sentence) {
        if (wrong)
            verdict.faults.push_back(sentence);
    };
    fault_if(!copy.readable, "its configuration cannot be read");
    fault_if(copy.connection != "connected",
             fmt::format("vCenter has no connection to it ({})", copy.connection));
    fault_if(copy.power != vimclient::Power::off, "it is not powered off");
    fault_if(copy.instance_uuid.empty() || copy.instance_uuid == id.source_uuid,
             "it has no identity of its own (instanceUuid)");
    fault_if(copy.folder_id != id.folder_id, "it stands in another folder");
    fault_if(!copy.snapshots.empty(), "it has a snapshot");
}

void judge_disk(Verdict& verdict, const Disk& disk, const vimclient::Vm& copy,
                const rotation::SetId& id)
{
    const auto fault_if = [&](bool wrong, const char* what) {
        if (wrong)
            verdict.faults.push_back(fmt::format("the disk {} {}", disk.address, what));
    };
    fault_if(disk.datastore_id != id.datastore_id, "is on the wrong datastore");
    fault_if(rotation::directory_of(disk.file) != rotation::directory_of(copy.vmx) &&
                 disk.datastore_id == id.datastore_id,
             "is not in the copy's own folder");
    fault_if(!disk.parents.empty(), "depends on another file: it is no full copy");
    if (disk.thin.has_value() && !*disk.thin)
        verdict.warnings.push_back(
            fmt::format("the disk {} of the copy is not thin", disk.address));
}

}  // namespace

Verdict verify(const vimclient::Vm& copy, const std::vector<DiskSize>& expected,
               const rotation::SetId& id)
{
    Verdict verdict;
    judge_vm(verdict, copy, id);
    for (const DiskSize& disk : expected) {
        const Disk* copied = disk_at(copy.disks, disk.address);
        if (copied == nullptr)
            verdict.faults.push_back(fmt::format("the disk {} is missing", disk.address));
        else if (copied->bytes < disk.bytes)
            verdict.faults.push_back(
                fmt::format("the disk {} is smaller than the source's", disk.address));
    }
    for (const Disk& disk : copy.disks) {
        if (disk_at(expected, disk.address) == nullptr)
            verdict.faults.push_back(
                fmt::format("the disk {} is not one of the source's", disk.address));
        judge_disk(verdict, disk, copy, id);
    }
    return verdict;
}

}  // namespace vmrotate::job
