// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/types"
)

// machine is what the server knows of a VM beyond its properties.
type machine struct {
	vm        *simulator.VirtualMachine
	disks     map[int32]*diskUse             // by device key
	holder    *job                           // the task that has it now
	copying   bool                           // a clone that is not finished
	snapshots int32                          // numbers given out
	guest     *guest                         // nil: none that could be reached
	frozen    map[reference]map[int32]string // content of the disks, by snapshot
}

func (m *machine) diskKeys() []int32 {
	keys := make([]int32, 0, len(m.disks))
	for key := range m.disks {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// blueprint is all that a new VM is made of.
type blueprint struct {
	name         string // stored
	self         reference
	folder       *simulator.Folder
	host         *simulator.HostSystem
	pool         reference
	home         *account // where the .vmx lies
	devices      []types.BaseVirtualDevice
	disks        map[int32]*diskUse
	annotation   string
	extra        []types.BaseOptionValue
	power        types.VirtualMachinePowerState
	tools        bool
	template     bool
	copying      bool
	uuid         string
	instanceUUID string
	hardware     types.VirtualHardware
	guestID      string
}

// deterministicUUID is the same in every run for the same words.
func deterministicUUID(words ...string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, []byte(strings.Join(words, "\x00"))).String()
}

// build makes the VM and registers it everywhere. Nothing that it hands out is
// changed in place later. The caller holds the world.
func (s *server) build(b blueprint) *machine {
	m := s.assemble(b)
	s.register(m, b.folder)
	return m
}

// assemble makes the VM without telling the registry.
func (s *server) assemble(b blueprint) *machine {
	if b.self.Value == "" {
		b.self = s.newReference("VirtualMachine", "vm")
	}
	if b.instanceUUID == "" {
		b.instanceUUID = deterministicUUID("instance", b.self.Value)
	}
	if b.uuid == "" {
		b.uuid = deterministicUUID("bios", b.self.Value)
	}
	vm := &simulator.VirtualMachine{DataSets: map[string]*simulator.DataSet{}}
	vm.Self, vm.Name = b.self, b.name
	parent, host, pool := b.folder.Self, b.host.Self, b.pool
	vm.Parent, vm.ResourcePool, vm.Runtime.Host = &parent, &pool, &host
	s.fillConfig(vm, b)
	s.fillRuntime(vm, b)
	fillSummary(vm)
	vm.Network = networksOf(b.devices)
	vm.Datastore = []reference{b.home.datastore.Self}
	for _, key := range sortedKeys(b.disks) {
		if ds := b.disks[key].datastore; !slices.Contains(vm.Datastore, ds) {
			vm.Datastore = append(vm.Datastore, ds)
		}
	}
	m := &machine{vm: vm, disks: b.disks, copying: b.copying}
	s.machines[b.self] = m
	return m
}

func sortedKeys(disks map[int32]*diskUse) []int32 { return (&machine{disks: disks}).diskKeys() }

// register enters the VM where its references belong; the folder comes first,
// since container views look for the parent.
func (s *server) register(m *machine, folder *simulator.Folder) {
	ref := m.vm.Self
	s.update(folder, set("childEntity", appended(folder.ChildEntity, ref)))
	s.registry.Put(m.vm)
	host := s.hostOf(m)
	s.update(host, set("vm", appended(host.Vm, ref)))
	if pool := s.pool(*m.vm.ResourcePool); pool != nil {
		s.update(pool, set("vm", appended(pool.Vm, ref)))
	}
	for _, ds := range m.vm.Datastore {
		store := s.datastores[ds].datastore
		s.update(store, set("vm", appended(store.Vm, ref)))
	}
}

// unregister removes the VM with its snapshots and returns its space.
func (s *server) unregister(m *machine) {
	ref := m.vm.Self
	s.remember("gone", m.vm)
	s.giveBack(m)
	if folder := s.folder(*m.vm.Parent); folder != nil {
		s.update(folder, set("childEntity", without(folder.ChildEntity, ref)))
	}
	host := s.hostOf(m)
	s.update(host, set("vm", without(host.Vm, ref)))
	if pool := s.pool(*m.vm.ResourcePool); pool != nil {
		s.update(pool, set("vm", without(pool.Vm, ref)))
	}
	for _, ds := range m.vm.Datastore {
		store := s.datastores[ds].datastore
		s.update(store, set("vm", without(store.Vm, ref)))
	}
	for _, node := range snapshotsOf(m.vm) {
		s.registry.Remove(s.context(), node.Snapshot)
	}
	delete(s.machines, ref)
	s.registry.Remove(s.context(), ref)
}

func (s *server) fillConfig(vm *simulator.VirtualMachine, b blueprint) {
	directory := fmt.Sprintf("[%s] %s", b.home.name, b.name)
	b.hardware.Device = b.devices
	vm.Config = &types.VirtualMachineConfigInfo{
		ChangeVersion: s.changeVersion(),
		Modified:      s.now(), CreateDate: types.NewTime(s.now()),
		Name: b.name, GuestId: b.guestID, GuestFullName: "Other Linux (64-bit)",
		Version: esx.HardwareVersion, Firmware: string(types.GuestOsDescriptorFirmwareTypeBios),
		Uuid: b.uuid, InstanceUuid: b.instanceUUID, Template: b.template,
		Annotation: b.annotation, ExtraConfig: b.extra, Hardware: b.hardware,
		Files: types.VirtualMachineFileInfo{
			VmPathName:        directory + "/" + b.name + ".vmx",
			SnapshotDirectory: directory + "/", SuspendDirectory: directory + "/", LogDirectory: directory + "/",
		},
		Tools: &types.ToolsConfigInfo{ToolsVersion: 12352},
		Flags: types.VirtualMachineFlagInfo{
			SnapshotDisabled: types.NewBool(false), SnapshotLocked: types.NewBool(false),
		},
		BootOptions:           &types.VirtualMachineBootOptions{},
		ChangeTrackingEnabled: types.NewBool(false),
	}
	vm.Layout = &types.VirtualMachineFileLayout{}
	vm.LayoutEx = &types.VirtualMachineFileLayoutEx{Timestamp: s.now()}
	vm.Storage = &types.VirtualMachineStorageInfo{Timestamp: s.now()}
	vm.Summary.Storage = &types.VirtualMachineStorageSummary{Timestamp: s.now()}
	for _, d := range b.disks {
		vm.Config.DatastoreUrl = append(vm.Config.DatastoreUrl, types.VirtualMachineConfigInfoDatastoreUrlPair{
			Name: s.datastores[d.datastore].name, Url: s.datastores[d.datastore].datastore.Summary.Url,
		})
		break
	}
}

func (s *server) fillRuntime(vm *simulator.VirtualMachine, b blueprint) {
	vm.Runtime.PowerState = b.power
	vm.Runtime.ConnectionState = types.VirtualMachineConnectionStateConnected
	if b.host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		vm.Runtime.ConnectionState = types.VirtualMachineConnectionStateDisconnected
	}
	vm.Runtime.FaultToleranceState = types.VirtualMachineFaultToleranceStateNotConfigured
	vm.Runtime.RecordReplayState = types.VirtualMachineRecordReplayStateInactive
	vm.Runtime.ConsolidationNeeded = types.NewBool(false)
	vm.Capability = types.VirtualMachineCapability{
		SnapshotOperationsSupported: true, MultipleSnapshotsSupported: true,
		SnapshotConfigSupported: true, MemorySnapshotsSupported: true,
		RevertToSnapshotSupported: true, DisableSnapshotsSupported: true,
		QuiescedSnapshotsSupported: true, LockSnapshotsSupported: false,
		DiskSharesSupported: true, ConsolePreferencesSupported: true,
		PoweredOffSnapshotsSupported: true, ToolsSyncTimeSupported: true,
		ChangeTrackingSupported: types.NewBool(true),
	}
	vm.Guest = guestInfo(b.tools && b.power == types.VirtualMachinePowerStatePoweredOn, b.tools)
	vm.GuestHeartbeatStatus = types.ManagedEntityStatusGray
}

func guestInfo(running, installed bool) *types.GuestInfo {
	info := &types.GuestInfo{
		ToolsStatus:         types.VirtualMachineToolsStatusToolsNotInstalled,
		ToolsRunningStatus:  string(types.VirtualMachineToolsRunningStatusGuestToolsNotRunning),
		ToolsVersionStatus:  string(types.VirtualMachineToolsVersionStatusGuestToolsNotInstalled),
		ToolsVersionStatus2: string(types.VirtualMachineToolsVersionStatusGuestToolsNotInstalled),
		GuestState:          string(types.VirtualMachineGuestStateNotRunning),
	}
	if installed {
		info.ToolsStatus = types.VirtualMachineToolsStatusToolsNotRunning
		info.ToolsVersionStatus = string(types.VirtualMachineToolsVersionStatusGuestToolsCurrent)
		info.ToolsVersionStatus2 = info.ToolsVersionStatus
	}
	if running {
		info.ToolsStatus = types.VirtualMachineToolsStatusToolsOk
		info.ToolsRunningStatus = string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
		info.GuestState = string(types.VirtualMachineGuestStateRunning)
	}
	return info
}

func fillSummary(vm *simulator.VirtualMachine) {
	self := vm.Self
	vm.Summary.Vm = &self
	vm.Summary.Runtime = vm.Runtime
	vm.Summary.OverallStatus = types.ManagedEntityStatusGreen
	vm.Summary.QuickStats.GuestHeartbeatStatus = types.ManagedEntityStatusGray
	vm.Summary.Guest = &types.VirtualMachineGuestSummary{
		ToolsStatus: vm.Guest.ToolsStatus, ToolsRunningStatus: vm.Guest.ToolsRunningStatus,
		ToolsVersionStatus2: vm.Guest.ToolsVersionStatus2,
	}
	vm.Summary.Config = types.VirtualMachineConfigSummary{
		Name: vm.Name, Template: vm.Config.Template, VmPathName: vm.Config.Files.VmPathName,
		MemorySizeMB: vm.Config.Hardware.MemoryMB, NumCpu: vm.Config.Hardware.NumCPU,
		Uuid: vm.Config.Uuid, InstanceUuid: vm.Config.InstanceUuid, GuestId: vm.Config.GuestId,
		GuestFullName: vm.Config.GuestFullName, Annotation: vm.Config.Annotation,
		HwVersion: vm.Config.Version, NumVirtualDisks: int32(len(disksOf(vm.Config.Hardware.Device))),
	}
}

func (s *server) changeVersion() string {
	return fmt.Sprintf("%s.%d", s.now().Format("2006-01-02T15:04:05.000000Z"), s.next())
}

// extentOf is the file that holds a disk's data beside its descriptor.
func extentOf(file string) string {
	return strings.TrimSuffix(file, path.Ext(file)) + "-flat.vmdk"
}
