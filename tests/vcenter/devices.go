// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/types"
)

// Devices are never changed in place: whoever changes one replaces it by a
// changed copy, so that snapshots, clones and replies may share the others.

const (
	controllerKey = 1000
	firstDiskKey  = 2000
	nicKey        = 4000
	unitsPerBus   = 16
	reservedUnit  = 7 // the controller's own
	guestID       = "otherLinux64Guest"
)

// diskSpec is a disk as a test asks for it.
type diskSpec struct {
	GB        int64  `json:"gb"`
	Mode      string `json:"mode"`
	Kind      string `json:"kind"`
	Sharing   string `json:"sharing"`
	SharedBus string `json:"sharedBus"`
	Thick     bool   `json:"thick"`
}

func int32Of(value int32) *int32 { return &value }

// baseDevices are what every VM has beside disks.
func (s *server) baseDevices(sharedBus string) []types.BaseVirtualDevice {
	if sharedBus == "" {
		sharedBus = string(types.VirtualSCSISharingNoSharing)
	}
	scsi := &types.ParaVirtualSCSIController{}
	scsi.Key, scsi.ControllerKey, scsi.UnitNumber = controllerKey, 100, int32Of(3)
	scsi.SharedBus, scsi.ScsiCtlrUnitNumber = types.VirtualSCSISharing(sharedBus), reservedUnit
	scsi.DeviceInfo = &types.Description{Label: "SCSI controller 0", Summary: "VMware paravirtual SCSI"}
	return append(slices.Clone(esx.VirtualDevice), scsi, s.newNIC())
}

func (s *server) newNIC() types.BaseVirtualDevice {
	nic := &types.VirtualVmxnet3{}
	nic.Key, nic.ControllerKey, nic.UnitNumber = nicKey, 100, int32Of(7)
	nic.AddressType = string(types.VirtualEthernetCardMacTypeAssigned)
	nic.MacAddress = s.newMAC()
	nic.WakeOnLanEnabled = types.NewBool(true)
	nic.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: true, AllowGuestControl: true, Connected: true}
	nic.DeviceInfo = &types.Description{Label: "Network adapter 1", Summary: "VM Network"}
	backing := &types.VirtualEthernetCardNetworkBackingInfo{}
	backing.DeviceName = "VM Network"
	backing.Network = s.network()
	nic.Backing = backing
	return nic
}

// network is the one network of the inventory, if there is one.
func (s *server) network() *reference {
	for _, name := range s.config.Hosts {
		if host := s.hosts[name]; host != nil && len(host.Network) > 0 {
			ref := host.Network[0]
			return &ref
		}
	}
	return nil
}

func (s *server) newMAC() string {
	n := s.next()
	return fmt.Sprintf("00:50:56:%02x:%02x:%02x", n>>16&0x3f, n>>8&0xff, n&0xff)
}

// newDisk makes the disk with the given index in the VM's directory.
func (s *server) newDisk(index int, spec diskSpec, home *account, name string) *types.VirtualDisk {
	unit := int32(index)
	if unit >= reservedUnit {
		unit++
	}
	capacity := spec.GB * gigabyte
	disk := &types.VirtualDisk{CapacityInKB: capacity >> 10, CapacityInBytes: capacity}
	disk.Key, disk.ControllerKey, disk.UnitNumber = firstDiskKey+unit, controllerKey, &unit
	disk.DeviceInfo = &types.Description{
		Label: fmt.Sprintf("Hard disk %d", index+1), Summary: fmt.Sprintf("%d KB", disk.CapacityInKB),
	}
	disk.DiskObjectId = fmt.Sprintf("%d-%d", s.next(), disk.Key)
	disk.Backing = newBacking(spec, home, fmt.Sprintf("[%s] %s/%s", home.name, name, diskFileName(name, index)))
	return disk
}

func diskFileName(name string, index int) string {
	if index == 0 {
		return name + ".vmdk"
	}
	return fmt.Sprintf("%s_%d.vmdk", name, index)
}

func newBacking(spec diskSpec, home *account, file string) types.BaseVirtualDeviceBackingInfo {
	ref := home.datastore.Self
	info := types.VirtualDeviceFileBackingInfo{FileName: file, Datastore: &ref}
	mode := spec.Mode
	if mode == "" {
		mode = string(types.VirtualDiskModePersistent)
	}
	if spec.Kind == "rdmPhysical" || spec.Kind == "rdmVirtual" {
		raw := &types.VirtualDiskRawDiskMappingVer1BackingInfo{
			VirtualDeviceFileBackingInfo: info, DeviceName: "vml.02000000006000eb", LunUuid: "0200000000",
			CompatibilityMode: string(types.VirtualDiskCompatibilityModePhysicalMode),
			DiskMode:          mode, Uuid: deterministicUUID("disk", file), Sharing: spec.Sharing,
		}
		if spec.Kind == "rdmVirtual" {
			raw.CompatibilityMode = string(types.VirtualDiskCompatibilityModeVirtualMode)
		}
		return raw
	}
	sharing := spec.Sharing
	if sharing == "" {
		sharing = string(types.VirtualDiskSharingSharingNone)
	}
	return &types.VirtualDiskFlatVer2BackingInfo{
		VirtualDeviceFileBackingInfo: info, DiskMode: mode,
		Split: types.NewBool(false), WriteThrough: types.NewBool(false),
		ThinProvisioned: types.NewBool(!spec.Thick), EagerlyScrub: types.NewBool(false),
		Uuid: deterministicUUID("disk", file), ContentId: deterministicUUID("content", file)[:8],
		DigestEnabled: types.NewBool(false), Sharing: sharing,
	}
}

func disksOf(devices []types.BaseVirtualDevice) []*types.VirtualDisk {
	var disks []*types.VirtualDisk
	for _, device := range devices {
		if disk, ok := device.(*types.VirtualDisk); ok {
			disks = append(disks, disk)
		}
	}
	return disks
}

func findDisk(devices []types.BaseVirtualDevice, key int32) *types.VirtualDisk {
	for _, disk := range disksOf(devices) {
		if disk.Key == key {
			return disk
		}
	}
	return nil
}

func diskFile(disk *types.VirtualDisk) string {
	if file, ok := disk.Backing.(types.BaseVirtualDeviceFileBackingInfo); ok {
		return file.GetVirtualDeviceFileBackingInfo().FileName
	}
	return ""
}

// slotOf is where people find a disk: "scsi0:1".
func slotOf(devices []types.BaseVirtualDevice, disk *types.VirtualDisk) string {
	unit := int32(-1)
	if disk.UnitNumber != nil {
		unit = *disk.UnitNumber
	}
	for _, device := range devices {
		if c, ok := device.(types.BaseVirtualSCSIController); ok && device.GetVirtualDevice().Key == disk.ControllerKey {
			return fmt.Sprintf("scsi%d:%d", c.GetVirtualSCSIController().BusNumber, unit)
		}
	}
	return fmt.Sprintf("%d:%d", disk.ControllerKey, unit)
}

// networksOf are the networks that the VM's adapters name.
func networksOf(devices []types.BaseVirtualDevice) []reference {
	var networks []reference
	for _, device := range devices {
		backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardNetworkBackingInfo)
		if ok && backing.Network != nil && !slices.Contains(networks, *backing.Network) {
			networks = append(networks, *backing.Network)
		}
	}
	return networks
}
