// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// fillPlan turns the checked request into the VM that will be.
func (c *cloning) fillPlan(j *job) {
	s, p := c.server, &c.plan
	p.power, p.template = types.VirtualMachinePowerStatePoweredOff, c.spec.Template
	p.tools = c.config.Tools != nil && c.config.Tools.ToolsVersion != 0
	p.guestID = c.config.GuestId
	p.hardware = c.config.Hardware
	p.copying = true
	if s.config.Inherit {
		p.annotation, p.extra = c.config.Annotation, c.config.ExtraConfig
	}
	p.extra = mergeOptions(p.extra, []types.BaseOptionValue{
		&types.OptionValue{Key: "nvram", Value: p.name + ".nvram"},
	})
	if asked := c.spec.Config; asked != nil && s.config.HonourExtraConfig && !j.order.IgnoreExtraConfig {
		p.extra = mergeOptions(p.extra, asked.ExtraConfig)
		if asked.Annotation != "" {
			p.annotation = unmarkEmpty(asked.Annotation)
		}
	}
	c.copyDevices(j)
}

// copyDevices gives the clone its own disks and adapters.
func (c *cloning) copyDevices(j *job) {
	p := &c.plan
	p.devices, p.disks = nil, map[int32]*diskUse{}
	index := 0
	for _, device := range c.config.Hardware.Device {
		if disk, ok := device.(*types.VirtualDisk); ok {
			if j.order.DropDisk == nil || *j.order.DropDisk != index {
				c.copyDisk(j, disk, index)
			}
			index++
			continue
		}
		if card, ok := device.(types.BaseVirtualEthernetCard); ok {
			device = c.copyNIC(card)
		}
		p.devices = append(p.devices, device)
	}
}

// copyDisk lays a disk flat, without parents, into the clone's directory.
func (c *cloning) copyDisk(j *job, disk *types.VirtualDisk, index int) {
	s, p := c.server, &c.plan
	home := p.home
	thin, old := s.formatOf(c.source, disk)
	switch c.spec.Location.Transform {
	case types.VirtualMachineRelocateTransformationSparse:
		thin = true
	case types.VirtualMachineRelocateTransformationFlat:
		thin = false
	}
	for _, locator := range c.spec.Location.Disk {
		if locator.DiskId != disk.Key {
			continue
		}
		home = s.datastores[locator.Datastore]
		if flat, ok := locator.DiskBackingInfo.(*types.VirtualDiskFlatVer2BackingInfo); ok && flat.ThinProvisioned != nil {
			thin = *flat.ThinProvisioned
		}
	}
	if index == 0 && j.order.WrongDatastore != "" {
		home = s.datastoreByName(j.order.WrongDatastore)
	}
	fresh := *disk
	file := fmt.Sprintf("[%s] %s/%s", home.name, p.name, diskFileName(p.name, index))
	fresh.Backing = newBacking(diskSpec{Thick: !thin}, home, file)
	fresh.DiskObjectId = fmt.Sprintf("%d-%d", s.next(), disk.Key)
	p.devices = append(p.devices, &fresh)
	p.disks[disk.Key] = &diskUse{
		datastore: home.datastore.Self, capacity: disk.CapacityInBytes, used: old, thin: thin,
		content: c.copiedContent(disk),
	}
}

// formatOf says whether a disk of the source is thin, and how full it is.
func (s *server) formatOf(source *machine, disk *types.VirtualDisk) (bool, int64) {
	if use := source.disks[disk.Key]; use != nil {
		return use.thin, min(use.used, disk.CapacityInBytes)
	}
	return true, disk.CapacityInBytes / 100 * defaultUsedPercent
}

// copyNIC gives the adapter an address of its own unless it was set by hand;
// of the changes that the request asks for only the backing counts.
func (c *cloning) copyNIC(card types.BaseVirtualEthernetCard) types.BaseVirtualDevice {
	fresh := copyCard(card)
	ethernet := fresh.(types.BaseVirtualEthernetCard).GetVirtualEthernetCard()
	if ethernet.AddressType != string(types.VirtualEthernetCardMacTypeManual) {
		ethernet.MacAddress = c.server.newMAC()
	}
	for _, change := range c.spec.Location.DeviceChange {
		edit := change.GetVirtualDeviceConfigSpec().Device.GetVirtualDevice()
		if edit.Key == ethernet.Key && edit.Backing != nil {
			ethernet.Backing = edit.Backing
		}
	}
	return fresh
}
