// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *bench) removeSnapshot(ref reference, children bool) string {
	b.Helper()
	reply, err := methods.RemoveSnapshot_Task(b.ctx, b.client, &types.RemoveSnapshot_Task{This: ref, RemoveChildren: children})
	if err != nil {
		return nameOf(b.T, err)
	}
	_, f := b.run(object.NewTask(b.client.Client, reply.Returnval), nil)
	return f
}

func TestSnapshotTree(t *testing.T) {
	b := start(t, func(c *configuration) { c.CreateMs, c.RemoveMs = 5, 5 })
	vm := b.vm("avocado2")
	first, second := b.snapshot(vm, "same"), b.snapshot(vm, "same")
	expect(t, "parent", b.seen("avocado2").Snapshots[1].Parent, first.Value)
	expect(t, "file", b.seen("avocado2").Disks[0].File, "[NFS_mango] avocado2/avocado2-000002.vmdk")
	var object mo.VirtualMachineSnapshot
	if err := b.client.RetrieveOne(b.ctx, second, []string{"config.hardware.device", "vm"}, &object); err != nil {
		t.Fatal(err)
	}
	disk := disksOf(object.Config.Hardware.Device)[0]
	expect(t, "the snapshot's disk", diskFile(disk), "[NFS_mango] avocado2/avocado2-000001.vmdk")
	expect(t, "its capacity", disk.CapacityInBytes, 40*gigabyte)
	expect(t, "removal", b.removeSnapshot(first, false), "")
	expect(t, "the child moves up", b.seen("avocado2").Snapshots[0].ID, second.Value)
	expect(t, "file", b.seen("avocado2").Disks[0].File, "[NFS_mango] avocado2/avocado2-000001.vmdk")
	expect(t, "again", b.removeSnapshot(first, false), "ManagedObjectNotFound")
	expect(t, "removal of the last", b.removeSnapshot(second, true), "")
	expect(t, "snapshots", len(b.seen("avocado2").Snapshots), 0)
	expect(t, "parent file", b.seen("avocado2").Disks[0].Parent, "")
	var properties mo.VirtualMachine
	if err := vm.Properties(b.ctx, vm.Reference(), []string{"snapshot", "name"}, &properties); err != nil {
		t.Fatal(err)
	}
	expect(t, "snapshot property", properties.Snapshot == nil, true)
}

func TestSnapshotOrders(t *testing.T) {
	b := start(t, nil)
	vm := b.vm("avocado2")
	ref := b.snapshot(vm, "s")
	b.do(`{"action":"next","method":"RemoveSnapshot_Task","vm":"avocado2","leavesSnapshot":true,"leavesConsolidation":true}`)
	expect(t, "removal that lies", b.removeSnapshot(ref, false), "")
	expect(t, "snapshots", len(b.seen("avocado2").Snapshots), 1)
	expect(t, "consolidation", b.seen("avocado2").ConsolidationNeeded, true)
	reply, err := methods.ConsolidateVMDisks_Task(b.ctx, b.client, &types.ConsolidateVMDisks_Task{This: vm.Reference()})
	if err != nil {
		t.Fatal(err)
	}
	_, f := b.run(object.NewTask(b.client.Client, reply.Returnval), nil)
	expect(t, "consolidate", f, "")
	expect(t, "consolidation", b.seen("avocado2").ConsolidationNeeded, false)
	b.do(`{"action":"set","vm":"avocado2","tools":false}`)
	_, f = b.run(vm.CreateSnapshot(b.ctx, "q", "", false, true))
	expect(t, "quiesce", f, "ApplicationQuiesceFault")
}

func TestChangesOfAVM(t *testing.T) {
	b := start(t, nil)
	config := func(name string, spec types.VirtualMachineConfigSpec) string {
		_, f := b.run(b.vm(name).Reconfigure(b.ctx, spec))
		return f
	}
	option := func(value string) types.VirtualMachineConfigSpec {
		return types.VirtualMachineConfigSpec{
			Annotation: "n", ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: "k", Value: value}},
		}
	}
	rename := func(name, fresh string) string {
		_, f := b.run(b.vm(name).Rename(b.ctx, fresh))
		return f
	}
	destroy := func(name string) string {
		_, f := b.run(b.vm(name).Destroy(b.ctx))
		return f
	}
	for _, row := range []struct {
		what string
		run  func() string
		want string
	}{
		{"set a key", func() string { return config("avocado2", option("v")) }, ""},
		{"remove it", func() string { return config("avocado2", option("")) }, ""},
		{"old change version", func() string {
			return config("avocado2", types.VirtualMachineConfigSpec{ChangeVersion: "old", Annotation: "x"})
		}, "ConcurrentAccess"},
		{"rename to a taken name", func() string { return rename("papaya3", "avocado2") }, "DuplicateName"},
		{"rename to its own name", func() string { return rename("papaya3", "papaya3") }, ""},
		{"rename to a long name", func() string { return rename("papaya3", string(make([]byte, 81))) }, "InvalidName"},
		{"destroy while on", func() string { return destroy("avocado2") }, "InvalidPowerState"},
		{"destroy while off", func() string { return destroy("papaya3") }, ""},
	} {
		t.Run(row.what, func(t *testing.T) { expect(t, "fault", row.run(), row.want) })
	}
	expect(t, "annotation", b.seen("avocado2").Annotation, "n")
	_, has := b.seen("avocado2").ExtraConfig["k"]
	expect(t, "key", has, false)
	expect(t, "destroyed", b.seen("papaya3") == nil, true)
	expect(t, "space", b.free("local-2"), 500*gigabyte)
}

func TestFolders(t *testing.T) {
	b := start(t, nil)
	root := object.NewFolder(b.client.Client, b.server.vmFolder.Self)
	made, err := root.CreateFolder(b.ctx, "a/b")
	if err != nil {
		t.Fatal(err)
	}
	_, err = root.CreateFolder(b.ctx, "a%2fb")
	expect(t, "again", nameOf(t, err), "DuplicateName")
	_, f := b.run(made.MoveInto(b.ctx, []reference{b.vm("papaya3").Reference()}))
	expect(t, "move", f, "")
	expect(t, "folder", b.seen("papaya3").Folder, "/DC/vm/a%2fb")
	found, err := object.NewSearchIndex(b.client.Client).FindByInventoryPath(b.ctx, "/DC/vm/a%2fb/papaya3")
	if err != nil || found == nil {
		t.Fatalf("not found: %v", err)
	}
	b.do(`{"action":"task","vm":"avocado2","ms":60000}`)
	_, f = b.run(made.MoveInto(b.ctx, []reference{b.vm("avocado2").Reference()}))
	expect(t, "busy", f, "TaskInProgress")
}
