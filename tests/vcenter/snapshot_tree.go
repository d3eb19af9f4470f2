// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"path"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// node is a snapshot in its tree. The functions below copy what they change.
type node = types.VirtualMachineSnapshotTree

func treeOf(vm *simulator.VirtualMachine) ([]node, *reference) {
	if vm.Snapshot == nil {
		return nil, nil
	}
	return append([]node{}, vm.Snapshot.RootSnapshotList...), vm.Snapshot.CurrentSnapshot
}

// flatten lists all snapshots of a tree, parents first.
func flatten(tree []node) []node {
	var all []node
	for _, n := range tree {
		all = append(all, n)
		all = append(all, flatten(n.ChildSnapshotList)...)
	}
	return all
}

func snapshotsOf(vm *simulator.VirtualMachine) []node {
	tree, _ := treeOf(vm)
	return flatten(tree)
}

func insertBelow(tree []node, parent reference, fresh node) []node {
	grown := append([]node{}, tree...)
	for i := range grown {
		children := insertBelow(grown[i].ChildSnapshotList, parent, fresh)
		if grown[i].Snapshot == parent {
			children = append(children, fresh)
		}
		grown[i].ChildSnapshotList = children
	}
	return grown
}

func removeNode(tree []node, gone reference, children bool) []node {
	var kept []node
	for _, n := range tree {
		below := removeNode(n.ChildSnapshotList, gone, children)
		if n.Snapshot == gone {
			if !children {
				kept = append(kept, below...)
			}
			continue
		}
		n.ChildSnapshotList = below
		kept = append(kept, n)
	}
	return kept
}

// pathTo lists the snapshots from a root to the wanted one.
func pathTo(tree []node, wanted *reference) []reference {
	if wanted == nil {
		return nil
	}
	for _, n := range tree {
		if n.Snapshot == *wanted {
			return []reference{n.Snapshot}
		}
		if below := pathTo(n.ChildSnapshotList, wanted); below != nil {
			return append([]reference{n.Snapshot}, below...)
		}
	}
	return nil
}

// publishTree sets the VM's snapshot properties and lays every disk, of the VM
// and of its snapshots, onto the chain of delta files that the tree implies.
func (s *server) publishTree(m *machine, tree []node, current *reference) {
	changes := []types.PropertyChange{set("snapshot", nil), set("rootSnapshot", nil)}
	if len(tree) > 0 {
		var roots []reference
		for _, n := range tree {
			roots = append(roots, n.Snapshot)
		}
		info := types.VirtualMachineSnapshotInfo{CurrentSnapshot: current, RootSnapshotList: tree}
		changes = []types.PropertyChange{set("snapshot", info), set("rootSnapshot", roots)}
	}
	s.update(m.vm, changes...)
	s.publishChildren(tree)
	for _, n := range flatten(tree) {
		ref := n.Snapshot
		object := s.registry.Get(ref).(*simulator.VirtualMachineSnapshot)
		depth := len(pathTo(tree, &ref)) - 1
		s.update(object, set("config.hardware.device", chained(object.Config.Hardware.Device, depth)))
	}
	s.setDevices(m, chained(m.vm.Config.Hardware.Device, len(pathTo(tree, current))))
}

func (s *server) publishChildren(tree []node) {
	for _, n := range tree {
		var children []reference
		for _, child := range n.ChildSnapshotList {
			children = append(children, child.Snapshot)
		}
		s.update(s.registry.Get(n.Snapshot), set("childSnapshot", children))
		s.publishChildren(n.ChildSnapshotList)
	}
}

// setDevices replaces the device list and what follows from it.
func (s *server) setDevices(m *machine, devices []types.BaseVirtualDevice) {
	s.update(m.vm, set("config.hardware.device", devices), set("network", networksOf(devices)),
		set("config.modified", s.now()), set("config.changeVersion", s.changeVersion()))
	s.publishStorage(m)
}

// chained lays the disks that take part in snapshots onto depth delta files.
func chained(devices []types.BaseVirtualDevice, depth int) []types.BaseVirtualDevice {
	laid := make([]types.BaseVirtualDevice, len(devices))
	for i, device := range devices {
		laid[i] = device
		disk, ok := device.(*types.VirtualDisk)
		if !ok {
			continue
		}
		flat, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		if !ok || strings.HasPrefix(flat.DiskMode, "independent") {
			continue
		}
		fresh := *disk
		fresh.Backing = delta(flat, depth)
		laid[i] = &fresh
	}
	return laid
}

func delta(flat *types.VirtualDiskFlatVer2BackingInfo, depth int) *types.VirtualDiskFlatVer2BackingInfo {
	base := flat
	for base.Parent != nil {
		base = base.Parent
	}
	top := base
	stem := strings.TrimSuffix(base.FileName, path.Ext(base.FileName))
	for i := 1; i <= depth; i++ {
		next := *base
		next.FileName = fmt.Sprintf("%s-%06d.vmdk", stem, i)
		next.Uuid = deterministicUUID("disk", next.FileName)
		next.ContentId = deterministicUUID("content", next.FileName)[:8]
		next.DeltaDiskFormat = "redoLogFormat"
		next.Parent = top
		top = &next
	}
	return top
}
