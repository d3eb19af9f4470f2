// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/obstacles.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/facts.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Backing;

std::string bytes_text(std::int64_t bytes)
{
    return size_text(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

void add_disk_obstacles(std::vector<Obstacle>& found, const vimclient::Disk& disk)
{
    const auto object = [&](const char* what, const char* hint) {
        found.push_back({fmt::format("its disk {} {}", disk.address, what), hint});
    };
    if (disk.backing == Backing::rdm_physical)
        object("is a physical RDM, which cannot be snapshotted",
               "make it a virtual RDM or a virtual disk, or back this VM up inside the guest");
    if (disk.backing == Backing::other)
        object("is of a kind that cannot be snapshotted", "");
    if (disk.mode.starts_with("independent"))
        object("is independent, so that a snapshot leaves it out",
               "set its mode to 'Dependent' in the vSphere Client");
    if (disk.multi_writer)
        object("is shared with other VMs (multi-writer)",
               "such a VM cannot be cloned while it runs");
    if (disk.shared_bus)
        object("is on a SCSI controller that shares its bus",
               "such a VM cannot be cloned while it runs");
}

void add_vm_obstacles(std::vector<Obstacle>& found, const vimclient::Vm& vm)
{
    if (!vm.readable || vm.connection != "connected")
        found.push_back({fmt::format("vCenter has no connection to it ({})", vm.connection),
                         "look at the VM and its host in the vSphere Client"});
    if (!vm.question.empty())
        found.push_back({fmt::format("it waits for an answer: {}", vm.question),
                         "answer the question in the vSphere Client"});
    if (vm.is_template)
        found.push_back({"it is a template", "convert it to a VM, or leave it out"});
    if (!vm.snapshots_allowed)
        found.push_back({"snapshots are switched off for it", ""});
    if (!vm.managed_by.empty())
        found.push_back({fmt::format("it is managed by '{}'", vm.managed_by),
                         "what a solution manages is not for us to copy"});
}

void add_room_obstacles(std::vector<Obstacle>& found, const vimclient::Vm& source,
                        const vimclient::Datastore& datastore)
{
    if (!datastore.accessible || datastore.maintenance != "normal") {
        found.push_back(
            {fmt::format("the datastore '{}' is not accessible, or in maintenance", datastore.name),
             "look at the datastore in the vSphere Client"});
        return;
    }
    const auto needed = room_needed(source);
    if (needed > datastore.free)
        found.push_back(
            {fmt::format("the datastore '{}' has {} free, {} are needed", datastore.name,
                         bytes_text(datastore.free), bytes_text(needed)),
             "make room on it; generations that are about to expire are still needed"});
}

}  // namespace

std::vector<Obstacle> obstacles(const vimclient::Vm& source, const Target& target,
                                const rotation::SetId& set)
{
    std::vector<Obstacle> found = name_obstacles(set.stem);
    add_vm_obstacles(found, source);
    if (stands_as_generation(source, set))
        found.push_back({"it is itself a generation, in the folder of the generations",
                         "move it out of the folder if it has become a VM in its own right"});
    for (const vimclient::Disk& disk : source.disks)
        add_disk_obstacles(found, disk);
    add_room_obstacles(found, source, target.datastore);
    return found;
}

bool stands_as_generation(const vimclient::Vm& vm, const rotation::SetId& set)
{
    const auto facts = facts_of(vm);
    return !set.folder_id.empty() && facts.folder_id == set.folder_id &&
           facts.mark.kind == rotation::MarkReading::Kind::whole;
}

std::vector<Obstacle> name_obstacles(const rotation::Stem& stem)
{
    const std::string longest = rotation::compose_name(stem, 99, "202609250241");
    const auto length = rotation::stored_length(longest);
    if (length <= rotation::longest_name)
        return {};
    const auto others = length - rotation::stored_length(stem.name);
    const auto room = rotation::longest_name - std::min(rotation::longest_name, others);
    return {{fmt::format("the names of its generations would have {} characters, {} are allowed",
                         length, rotation::longest_name),
             fmt::format("give it an 'alias' of at most {} characters in its [vm] table", room)}};
}

std::int64_t room_needed(const vimclient::Vm& source)
{
    std::int64_t capacity = 0;
    for (const vimclient::Disk& disk : source.disks)
        capacity += disk.bytes;
    return source.used > 0 ? std::min(source.used, capacity) : capacity;
}

}  // namespace vmrotate::job
