// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// snapshotRequest is what both calls that make a snapshot ask for.
type snapshotRequest struct {
	name, description string
	memory, quiesce   bool
}

func (s *server) createSnapshot(user string, m *machine, r snapshotRequest) (reference, fault) {
	if r.name == "" {
		return reference{}, &types.InvalidName{}
	}
	return s.start(user, work{
		method: "CreateSnapshot_Task", description: "VirtualMachine.createSnapshot", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			var made reference
			failure := s.stunned(j, m, func() int { return s.config.CreateMs }, func(share float64) (f fault) {
				if f = s.forbidsSnapshot(m, r); f == nil && share >= 1 {
					on := m.vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
					r.quiesce = r.quiesce && on && !j.order.IgnoreQuiesce
					made = s.addSnapshot(m, r)
				}
				return f
			})
			return made, failure
		},
	})
}

// forbidsSnapshot finds what on the VM makes a snapshot impossible.
func (s *server) forbidsSnapshot(m *machine, r snapshotRequest) fault {
	on := m.vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn
	tools := m.vm.Guest.ToolsRunningStatus == string(types.VirtualMachineToolsRunningStatusGuestToolsRunning)
	if r.quiesce && on && !tools && s.config.QuiesceNeedsTools {
		return &types.ApplicationQuiesceFault{}
	}
	if isTrue(m.vm.Config.Flags.SnapshotDisabled) || m.vm.Config.Template {
		return &types.InvalidState{}
	}
	for _, device := range m.vm.Config.Hardware.Device {
		if c, ok := device.(types.BaseVirtualSCSIController); ok &&
			c.GetVirtualSCSIController().SharedBus != types.VirtualSCSISharingNoSharing {
			return &types.SnapshotIncompatibleDeviceInVm{Fault: localized(&types.NotSupported{}, "")}
		}
		if disk, ok := device.(*types.VirtualDisk); ok && on && sharesWriters(disk) {
			return &types.SnapshotIncompatibleDeviceInVm{Fault: localized(&types.NotSupported{}, "")}
		}
	}
	return nil
}

func sharesWriters(disk *types.VirtualDisk) bool {
	flat, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
	return ok && flat.Sharing == string(types.VirtualDiskSharingSharingMultiWriter)
}

// addSnapshot enters a snapshot below the current one and moves the VM's disks
// onto new delta files.
func (s *server) addSnapshot(m *machine, r snapshotRequest) reference {
	m.snapshots++
	object := &simulator.VirtualMachineSnapshot{}
	object.Self = s.newReference("VirtualMachineSnapshot", "snapshot")
	object.Vm = m.vm.Self
	object.Config = *m.vm.Config
	state := m.vm.Runtime.PowerState
	if !r.memory {
		state = types.VirtualMachinePowerStatePoweredOff
	}
	node := types.VirtualMachineSnapshotTree{
		Snapshot: object.Self, Vm: m.vm.Self, Name: r.name, Description: r.description,
		Id: m.snapshots, CreateTime: s.now(), State: state, Quiesced: r.quiesce,
		ReplaySupported: types.NewBool(false),
	}
	s.registry.Put(object)
	s.freeze(m, object.Self)
	tree, current := treeOf(m.vm)
	if current == nil {
		tree = append(tree, node)
	} else {
		tree = insertBelow(tree, *current, node)
	}
	s.publishTree(m, tree, &object.Self)
	return object.Self
}

func (s *server) removeSnapshot(user string, m *machine, ref reference, children bool) (reference, fault) {
	return s.start(user, work{
		method: "RemoveSnapshot_Task", description: "vm.Snapshot.remove", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) { return nil, s.finishRemoval(j, m, ref, children) },
	})
}

func (s *server) finishRemoval(j *job, m *machine, ref reference, children bool) fault {
	return s.stunned(j, m, func() int { return s.config.RemoveMs }, func(share float64) fault {
		if s.registry.Get(ref) == nil {
			return &types.ManagedObjectNotFound{Obj: ref}
		}
		if share < 1 {
			return nil
		}
		if j.order.LeavesConsolidation {
			s.update(m.vm, set("runtime.consolidationNeeded", true))
		}
		if !j.order.LeavesSnapshot {
			s.dropSnapshot(m, ref, children)
		}
		return nil
	})
}

// dropSnapshot takes a snapshot out of the tree; its children move up unless
// they go too. The current snapshot becomes the nearest one that stays.
func (s *server) dropSnapshot(m *machine, ref reference, children bool) {
	tree, current := treeOf(m.vm)
	before := snapshotsOf(m.vm)
	path := pathTo(tree, current)
	tree = removeNode(tree, ref, children)
	left := map[reference]bool{}
	for _, node := range flatten(tree) {
		left[node.Snapshot] = true
	}
	var stays *reference
	for i := range path {
		if left[path[i]] {
			stays = &path[i]
		}
	}
	for _, node := range before {
		if !left[node.Snapshot] {
			s.registry.Remove(s.context(), node.Snapshot)
		}
	}
	s.publishTree(m, tree, stays)
}

func (s *server) removeAllSnapshots(user string, m *machine) (reference, fault) {
	return s.start(user, work{
		method: "RemoveAllSnapshots_Task", description: "VirtualMachine.removeAllSnapshots", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return s.config.RemoveMs }, func(share float64) fault {
				for tree, _ := treeOf(m.vm); share >= 1 && len(tree) > 0; tree, _ = treeOf(m.vm) {
					s.dropSnapshot(m, tree[0].Snapshot, true)
				}
				return nil
			})
		},
	})
}

func (s *server) consolidate(user string, m *machine) (reference, fault) {
	return s.start(user, work{
		method: "ConsolidateVMDisks_Task", description: "VirtualMachine.consolidateDisks", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return s.config.RemoveMs }, func(share float64) fault {
				if share >= 1 {
					s.update(m.vm, set("runtime.consolidationNeeded", false))
				}
				return nil
			})
		},
	})
}

// revert goes back to a snapshot's configuration, powered off.
func (s *server) revert(user string, m *machine, ref reference) (reference, fault) {
	return s.start(user, work{
		method: "RevertToSnapshot_Task", description: "vm.Snapshot.revert", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return s.config.ReconfigMs }, func(share float64) fault {
				object, ok := s.registry.Get(ref).(*simulator.VirtualMachineSnapshot)
				if !ok {
					return &types.ManagedObjectNotFound{Obj: ref}
				}
				if share >= 1 {
					tree, _ := treeOf(m.vm)
					m.thaw(ref)
					s.setDevices(m, object.Config.Hardware.Device)
					s.update(m.vm, set("config.annotation", object.Config.Annotation),
						set("config.extraConfig", object.Config.ExtraConfig))
					s.setPower(m, types.VirtualMachinePowerStatePoweredOff)
					s.publishTree(m, tree, &ref)
				}
				return nil
			})
		},
	})
}
