// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	host1 = "esxi-1.example"
	host2 = "esxi-2.example"
)

func TestCloneIsRefused(t *testing.T) {
	b := start(t, nil)
	other := b.snapshot(b.vm("avocado20"), "other's")
	bogus := reference{Type: "Datastore", Value: "datastore-none"}
	gone := reference{Type: "VirtualMachineSnapshot", Value: "snapshot-none"}
	folderOf := func(path string) *reference {
		ref := b.server.registry.Get(*b.server.vmFolder.Parent).Reference()
		return &ref
	}
	for _, row := range []struct {
		what, name, host, store string
		change                  func(*types.VirtualMachineCloneSpec)
		want                    string
	}{
		{"snapshot that is gone", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) { s.Snapshot = &gone }, "ManagedObjectNotFound"},
		{"snapshot of another VM", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) { s.Snapshot = &other }, "InvalidArgument"},
		{"unknown datastore", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) { s.Location.Datastore = &bogus }, "ManagedObjectNotFound"},
		{"datastore that the host lacks", "a", host1, "local-2", nil, "InvalidArgument"},
		{"a datacenter as folder", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) { s.Location.Folder = folderOf("") }, "InvalidArgument"},
		{"pool of another host", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) {
			_, wrong := b.place("NFS_durian", host2)
			s.Location.Pool = wrong.Location.Pool
		}, "InvalidArgument"},
		{"linked clone", "a", host1, "NFS_durian", func(s *types.VirtualMachineCloneSpec) {
			s.Location.DiskMoveType = string(types.VirtualMachineRelocateDiskMoveOptionsCreateNewChildDiskBacking)
		}, "InvalidArgument"},
		{"empty name", "", host1, "NFS_durian", nil, "InvalidName"},
		{"81 characters", strings.Repeat("x", 81), host1, "NFS_durian", nil, "InvalidName"},
		{"80 with an escape", strings.Repeat("x", 79) + "/", host1, "NFS_durian", nil, "InvalidName"},
		{"80 characters", strings.Repeat("日", 80), host1, "NFS_durian", nil, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			folder, spec := b.place(row.store, row.host)
			if row.change != nil {
				row.change(&spec)
			}
			_, got := b.run(b.vm("avocado2").Clone(b.ctx, folder, row.name, spec))
			expect(t, "fault", got, row.want)
		})
	}
}

func TestCloneFromSnapshot(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 60000 })
	b.do(`{"action":"set","vm":"avocado2","annotation":"note","extraConfig":{"keep":"1","lose":"2","vmrotate.self":"x"}}`)
	vm := b.vm("avocado2")
	snapshot := b.snapshot(vm, "vmrotate")
	expect(t, "delta", b.seen("avocado2").Disks[0].File, "[NFS_mango] avocado2/avocado2-000001.vmdk")
	folder, spec := b.place("NFS_durian", host2)
	spec.Snapshot = &snapshot
	spec.Config = &types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{
		&types.OptionValue{Key: "lose", Value: ""}, &types.OptionValue{Key: "vmrotate.state", Value: "copying"},
	}}
	before := b.free("NFS_durian")
	task, err := vm.Clone(b.ctx, folder, "zz/1%2f100%", spec)
	if err != nil {
		t.Fatal(err)
	}
	for b.seen("zz/1/100%") == nil {
		time.Sleep(time.Millisecond)
	}
	half := b.seen("zz/1/100%")
	expect(t, "copying", half.Copying, true)
	expect(t, "mark of the half-made clone", half.ExtraConfig["vmrotate.state"], "copying")
	if half.Disks[0].Copied >= half.Disks[0].Capacity {
		t.Error("the half-made clone is whole")
	}
	_, second := b.run(vm.CreateSnapshot(b.ctx, "in the way", "", false, false))
	expect(t, "a second task on the source", second, "TaskInProgress")
	b.do(`{"action":"speed","copyMs":1}`)
	if _, f := b.run(task, nil); f != "" {
		t.Fatal(f)
	}
	clone, source := b.seen("zz/1/100%"), b.seen("avocado2")
	expect(t, "stored name", clone.StoredName, "zz%2f1%2f100%25")
	expect(t, "copying", clone.Copying, false)
	expect(t, "power", clone.Power, "off")
	expect(t, "host", clone.Host, host2)
	expect(t, "annotation", clone.Annotation, "note")
	expect(t, "kept key", clone.ExtraConfig["keep"], "1")
	expect(t, "removed key", clone.ExtraConfig["lose"], "")
	expect(t, "parent", clone.Disks[1].Parent, "")
	expect(t, "file", clone.Disks[1].File, "[NFS_durian] zz%2f1%2f100%25/zz%2f1%2f100%25_1.vmdk")
	expect(t, "copied", clone.Disks[1].Copied, 10*gigabyte)
	expect(t, "own identity", clone.InstanceUUID != source.InstanceUUID, true)
	expect(t, "space", (before-b.free("NFS_durian"))/gigabyte, int64(24))
	_, again := b.run(vm.Clone(b.ctx, folder, "zz/1%2f100%", spec))
	expect(t, "same name again", again, "DuplicateName")
}

func TestCloneThatEndsEarly(t *testing.T) {
	for _, row := range []struct {
		what, order string
		cancel      bool
		fault       string
		stays       bool
	}{
		{"no space", `{"action":"datastore","name":"NFS_durian","freeGB":10}`, false, "NoDiskSpace", false},
		{"ordered failure", `{"action":"next","method":"CloneVM_Task","vm":"avocado2","failAt":40,"fault":"SystemError"}`, false, "SystemError", false},
		{"partial VM stays", `{"action":"next","method":"CloneVM_Task","failAt":40,"keepsPartial":true}`, false, "SystemError", true},
		{"cancelled", `{"action":"clear_rules"}`, true, "RequestCanceled", false},
		{"cancelled, late success", `{"action":"next","method":"CloneVM_Task","lateSuccess":true}`, true, "RequestCanceled", true},
	} {
		for _, visible := range []bool{true, false} {
			t.Run(row.what, func(t *testing.T) {
				b := start(t, func(c *configuration) {
					c.CopyMs, c.VisibleWhileCopying = 80, visible
					if row.cancel {
						c.CopyMs = 60000
					}
				})
				b.do("%s", row.order)
				before := b.free("NFS_durian")
				folder, spec := b.place("NFS_durian", host1)
				task, err := b.vm("avocado2").Clone(b.ctx, folder, "copy", spec)
				if err != nil {
					t.Fatal(err)
				}
				if row.cancel {
					time.Sleep(20 * time.Millisecond)
					if err := task.Cancel(b.ctx); err != nil {
						t.Fatal(err)
					}
				}
				info, got := b.run(task, nil)
				b.do(`{"action":"speed","copyMs":1}`)
				expect(t, "fault", got, row.fault)
				expect(t, "cancelled", info.Cancelled, row.cancel)
				for b.seen("avocado2").BusyTask != "" {
					time.Sleep(time.Millisecond)
				}
				expect(t, "there", b.seen("copy") != nil, row.stays)
				if !row.stays {
					expect(t, "space", b.free("NFS_durian"), before)
				}
			})
		}
	}
}

func TestCloneOrders(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"next","method":"CloneVM_Task","dropDisk":0,"wrongDatastore":"local-1","ignoreExtraConfig":true}`)
	folder, spec := b.place("NFS_durian", host1)
	spec.Config = &types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: "k", Value: "v"}}}
	if _, f := b.run(b.vm("avocado2").Clone(b.ctx, folder, "odd", spec)); f != "" {
		t.Fatal(f)
	}
	odd := b.seen("odd")
	expect(t, "disks", len(odd.Disks), 1)
	expect(t, "key", odd.ExtraConfig["k"], "")
}

func TestESXCannotClone(t *testing.T) {
	b := start(t, func(c *configuration) {
		c.ESX, c.Hosts, c.Folders = true, []string{esxHost}, nil
		c.Datastores = []datastoreConfig{{Name: "local", Host: esxHost, CapacityGB: 100}}
		c.VMs = []vmConfig{{Name: "one", Datastore: "local", DisksGB: []int64{1}}}
	})
	expect(t, "apiType", b.client.ServiceContent.About.ApiType, "HostAgent")
	folder := object.NewFolder(b.client.Client, b.server.vmFolder.Self)
	_, got := b.run(b.vm("one").Clone(b.ctx, folder, "two", types.VirtualMachineCloneSpec{}))
	expect(t, "fault", got, "NotSupported")
}
