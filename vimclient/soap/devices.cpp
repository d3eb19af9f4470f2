// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/devices.hpp"

#include <algorithm>
#include <tuple>

#include <fmt/format.h>
#include <soapStub.h>

#include "soap/values.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

constexpr int longest_chain = 300;                 // vSphere's own limit is 255
constexpr std::int64_t largest_disk = 1LL << 50U;  // and 62 TiB; sums of these do not overflow

using Devices = std::vector<vim25__VirtualDevice*>;

std::string text(const std::string* value)
{
    return value ? *value : std::string{};
}

const vim25__VirtualController* controller_of(const vim25__VirtualDevice& device,
                                              const Devices& devices)
{
    const std::string key = text(device.controllerKey);
    for (const vim25__VirtualDevice* candidate : devices) {
        if (candidate->key == key && !key.empty())
            return dynamic_cast<const vim25__VirtualController*>(candidate);
    }
    return nullptr;
}

// empty for a controller of a kind that is not known
std::string bus_name(const vim25__VirtualController* controller)
{
    if (dynamic_cast<const vim25__VirtualSCSIController*>(controller))
        return "scsi";
    if (dynamic_cast<const vim25__VirtualIDEController*>(controller))
        return "ide";
    if (dynamic_cast<const vim25__VirtualSATAController*>(controller))
        return "sata";
    if (dynamic_cast<const vim25__VirtualNVMEController*>(controller))
        return "nvme";
    return {};
}

std::string address_of(const vim25__VirtualDisk& disk, const vim25__VirtualController* controller)
{
    const std::string bus = bus_name(controller);
    return bus.empty() ? fmt::format("ctl{}:{}", text(disk.controllerKey), text(disk.unitNumber))
                       : fmt::format("{}{}:{}", bus, controller->busNumber, text(disk.unitNumber));
}

Backing backing_kind(const vim25__DiskBacking& backing)
{
    if (dynamic_cast<const vim25__VirtualDiskFlatVer2BackingInfo*>(&backing) ||
        dynamic_cast<const vim25__VirtualDiskFlatVer1BackingInfo*>(&backing))
        return Backing::flat;
    if (dynamic_cast<const vim25__VirtualDiskSeSparseBackingInfo*>(&backing) ||
        dynamic_cast<const vim25__VirtualDiskSparseVer1BackingInfo*>(&backing) ||
        dynamic_cast<const vim25__VirtualDiskSparseVer2BackingInfo*>(&backing))
        return Backing::sparse;
    if (dynamic_cast<const vim25__VirtualDiskRawDiskMappingVer1BackingInfo*>(&backing))
        return text(backing.compatibilityMode) == "virtualMode" ? Backing::rdm_virtual
                                                                : Backing::rdm_physical;
    return Backing::other;
}

void fill_backing(Disk& disk, const vim25__VirtualDeviceBackingInfo* info)
{
    disk.backing = Backing::other;
    const auto* backing = dynamic_cast<const vim25__DiskBacking*>(info);
    if (!backing)
        return;
    disk.backing = backing_kind(*backing);
    disk.file = backing->fileName;
    disk.datastore_id = id_of(backing->datastore);
    disk.mode = text(backing->diskMode);
    disk.multi_writer = text(backing->sharing) == "sharingMultiWriter";
    if (backing->thinProvisioned)
        disk.thin = parse_flag(*backing->thinProvisioned);
    const vim25__DiskBacking* parent = backing->parent;
    for (int depth = 0; parent && depth < longest_chain; ++depth, parent = parent->parent)
        disk.parents.push_back(parent->fileName);
}

std::int64_t bytes_of(const vim25__VirtualDisk& disk)
{
    if (const auto bytes = parse_number(text(disk.capacityInBytes)); bytes && *bytes > 0)
        return std::min(*bytes, largest_disk);
    const std::int64_t kibibytes = parse_number(disk.capacityInKB).value_or(0);
    return std::clamp<std::int64_t>(kibibytes, 0, largest_disk / 1024) * 1024;
}

Disk disk_from(const vim25__VirtualDisk& device, const Devices& devices)
{
    const vim25__VirtualController* const controller = controller_of(device, devices);
    Disk disk;
    disk.key = static_cast<int>(parse_number(device.key).value_or(0));
    disk.address = address_of(device, controller);
    disk.bytes = bytes_of(device);
    const std::string sharing = controller ? text(controller->sharedBus) : std::string{};
    disk.shared_bus = !sharing.empty() && sharing != "noSharing";
    fill_backing(disk, device.backing);
    return disk;
}

// "scsi0:2" before "scsi0:10"
auto natural_order(const std::string& address)
{
    const std::size_t digits = address.find_first_of("0123456789");
    const std::size_t colon = std::min(address.find(':'), address.size());
    const std::string_view all = address;
    const std::size_t bus = std::min(digits, colon);
    return std::tuple(all.substr(0, bus), parse_number(all.substr(bus, colon - bus)).value_or(0),
                      parse_number(all.substr(std::min(colon + 1, all.size()))).value_or(0));
}

}  // namespace

std::vector<Disk> disks_of(const vim25__ArrayOfVirtualDevice* devices)
{
    std::vector<Disk> disks;
    if (!devices)
        return disks;
    for (const vim25__VirtualDevice* device : whole(devices->VirtualDevice)) {
        if (const auto* disk = dynamic_cast<const vim25__VirtualDisk*>(device))
            disks.push_back(disk_from(*disk, devices->VirtualDevice));
    }
    std::ranges::sort(disks, {}, [](const Disk& disk) { return natural_order(disk.address); });
    return disks;
}

}  // namespace vimclient::wire
