// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/specs.hpp"

#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

std::vector<vim25__OptionValue*> options_from(Arena& arena, const Mark& mark)
{
    std::vector<vim25__OptionValue*> options;
    for (const auto& entry : mark) {
        auto* option = arena.make<vim25__OptionValue>();
        auto* value = arena.make<xsd__string>();
        value->__item = entry.second;
        option->key = entry.first;
        option->value = value;
        options.push_back(option);
    }
    return options;
}

vim25__VirtualMachineRelocateSpecDiskLocator* thin_disk(Arena& arena, int key,
                                                        const std::string& datastore_id)
{
    auto* backing = arena.make<vim25__VirtualDiskFlatVer2BackingInfo>();
    backing->diskMode = arena.text("persistent");
    backing->thinProvisioned = arena.text("true");
    auto* locator = arena.make<vim25__VirtualMachineRelocateSpecDiskLocator>();
    locator->diskId = key;
    locator->datastore = arena.reference("Datastore", datastore_id);
    locator->diskMoveType = arena.text("moveAllDiskBackingsAndDisallowSharing");
    locator->diskBackingInfo = backing;
    return locator;
}

}  // namespace

vim25__VirtualMachineCloneSpec* clone_spec(Arena& arena, const SnapshotRef& from,
                                           const CloneSpec& wish)
{
    auto* location = arena.make<vim25__VirtualMachineRelocateSpec>();
    location->datastore = arena.reference("Datastore", wish.datastore_id);
    location->diskMoveType = arena.text("moveAllDiskBackingsAndDisallowSharing");
    location->pool = arena.optional_reference("ResourcePool", wish.pool_id);
    location->host = arena.optional_reference("HostSystem", wish.host_id);
    for (const int key : wish.disk_keys)
        location->disk.push_back(thin_disk(arena, key, wish.datastore_id));
    location->transform = arena.text("sparse");

    auto* config = arena.make<vim25__VirtualMachineConfigSpec>();
    config->annotation = arena.text(wish.annotation);
    config->extraConfig = options_from(arena, wish.mark);

    auto* spec = arena.make<vim25__VirtualMachineCloneSpec>();
    spec->location = location;
    spec->template_ = false;
    spec->config = config;
    spec->powerOn = false;
    spec->snapshot = arena.optional_reference("VirtualMachineSnapshot", from.id);
    return spec;
}

vim25__VirtualMachineConfigSpec* config_spec(Arena& arena, const Change& change)
{
    auto* spec = arena.make<vim25__VirtualMachineConfigSpec>();
    if (change.annotation)
        spec->annotation = arena.text(*change.annotation);
    spec->extraConfig = options_from(arena, change.mark);
    return spec;
}

std::vector<vim25__VirtualDeviceConfigSpec*> disconnected(
    Arena& arena, const vim25__ArrayOfVirtualDevice* devices)
{
    std::vector<vim25__VirtualDeviceConfigSpec*> edits;
    if (!devices)
        return edits;
    for (vim25__VirtualDevice* device : whole(devices->VirtualDevice)) {
        auto* card = dynamic_cast<vim25__VirtualEthernetCard*>(device);
        if (!card)
            continue;
        if (!card->connectable) {
            card->connectable = arena.make<vim25__VirtualDeviceConnectInfo>();
            card->connectable->allowGuestControl = "true";
            card->connectable->connected = "false";
        }
        card->connectable->startConnected = "false";
        auto* edit = arena.make<vim25__VirtualDeviceConfigSpec>();
        edit->operation = arena.text("edit");
        edit->device = card;
        edits.push_back(edit);
    }
    return edits;
}

}  // namespace vimclient::wire
