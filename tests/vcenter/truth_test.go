// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
)

func TestContentOfDisks(t *testing.T) {
	b := start(t, nil)
	vm := b.vm("avocado2")
	id := vm.Reference().Value
	content := func(name string) string { return b.seen(name).Disks[0].Content }
	expect(t, "at first", content("avocado2"), id+"/scsi0:0/1")
	b.do(`{"action":"write","vm":"avocado2"}`)
	snapshot := b.snapshot(vm, "s")
	b.do(`{"action":"write","vm":"avocado2"}`)
	b.do(`{"action":"write","vm":"avocado2","disk":"scsi0:1"}`)
	expect(t, "written", content("avocado2"), id+"/scsi0:0/3")
	expect(t, "the other disk", b.seen("avocado2").Disks[1].Content, id+"/scsi0:1/4")
	folder, spec := b.place("NFS_durian", host1)
	spec.Snapshot = &snapshot
	if _, f := b.run(vm.Clone(b.ctx, folder, "old", spec)); f != "" {
		t.Fatal(f)
	}
	spec.Snapshot = nil
	if _, f := b.run(vm.Clone(b.ctx, folder, "new", spec)); f != "" {
		t.Fatal(f)
	}
	expect(t, "of the snapshot", content("old"), id+"/scsi0:0/2")
	expect(t, "of the VM", content("new"), id+"/scsi0:0/3")
	expect(t, "removal", b.removeSnapshot(snapshot, true), "")
	expect(t, "nothing changes", content("old")+content("avocado2"), id+"/scsi0:0/2"+id+"/scsi0:0/3")
	b.do(`{"action":"copy","vm":"old","name":"copy of old","folder":"backup"}`)
	expect(t, "copy of a copy", content("copy of old"), id+"/scsi0:0/2")
	b.do(`{"action":"write","vm":"old"}`)
	expect(t, "a copy that was written", content("old"), b.seen("old").ID+"/scsi0:0/2")
}

func TestContentAfterRevert(t *testing.T) {
	b := start(t, nil)
	vm := b.vm("avocado2")
	b.snapshot(vm, "s")
	b.do(`{"action":"write","vm":"avocado2"}`)
	if _, f := b.run(vm.RevertToSnapshot(b.ctx, "s", true)); f != "" {
		t.Fatal(f)
	}
	id := vm.Reference().Value
	expect(t, "reverted", b.seen("avocado2").Disks[0].Content, id+"/scsi0:0/1")
	b.do(`{"action":"write","vm":"avocado2"}`)
	expect(t, "no version comes twice", b.seen("avocado2").Disks[0].Content, id+"/scsi0:0/3")
}

func TestCopyUnderWayIsNotWhole(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"next","method":"CloneVM_Task","end":"runningForEver","failAt":60}`)
	b.clone()
	b.until("it copies", func() bool { return b.seen("copy") != nil && b.seen("copy").Disks[0].Copied > 0 })
	disk := b.seen("copy").Disks[0]
	expect(t, "less than all", disk.Copied < disk.Bytes, true)
	expect(t, "of what", disk.Content, b.seen("avocado2").ID+"/scsi0:0/1")
	b.do(`{"action":"end_tasks"}`)
}

func TestEverythingFollowsTheClock(t *testing.T) {
	for _, hours := range []int{-3, 5} {
		b := start(t, nil)
		b.do(`{"action":"clock","offsetSeconds":%d}`, hours*3600)
		near := func(what string, at time.Time) {
			t.Helper()
			expect(t, what, int(time.Until(at).Round(time.Hour).Hours()), hours)
		}
		now, err := methods.GetCurrentTime(b.ctx, b.client)
		if err != nil {
			t.Fatal(err)
		}
		near("CurrentTime", *now)
		b.snapshot(b.vm("avocado2"), "s")
		info, f := b.run(b.clone(), nil)
		expect(t, "fault", f, "")
		var source mo.VirtualMachine
		if err := b.client.RetrieveOne(b.ctx, b.vm("avocado2").Reference(), []string{"snapshot"}, &source); err != nil {
			t.Fatal(err)
		}
		near("createTime", source.Snapshot.RootSnapshotList[0].CreateTime)
		near("queueTime", info.QueueTime)
		near("startTime", *info.StartTime)
		near("completeTime", *info.CompleteTime)
		near("event", b.clonedEvents()[0].GetEvent().CreatedTime)
	}
}
