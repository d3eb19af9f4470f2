// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// clone begins a copy of avocado2, called "copy".
func (b *bench) clone() *object.Task {
	b.Helper()
	folder, spec := b.place("NFS_durian", host1)
	spec.Config = &types.VirtualMachineConfigSpec{ExtraConfig: []types.BaseOptionValue{
		&types.OptionValue{Key: "mark", Value: "mine"},
	}}
	task, err := b.vm("avocado2").Clone(b.ctx, folder, "copy", spec)
	if err != nil {
		b.Fatal(err)
	}
	return task
}

// info reads a task, nil if it is not there.
func (b *bench) info(task *object.Task) *types.TaskInfo {
	b.Helper()
	var t mo.Task
	err := b.client.RetrieveOne(b.ctx, task.Reference(), []string{"info"}, &t)
	if err != nil {
		expect(b.T, "fault of a read", nameOf(b.T, err), "ManagedObjectNotFound")
		return nil
	}
	return &t.Info
}

func (b *bench) until(what string, so func() bool) {
	b.Helper()
	for end := time.Now().Add(30 * time.Second); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("waited in vain: %s", what)
		}
	}
}

func TestOrderedEndsOfACopy(t *testing.T) {
	const user, no, yes = "by a user", false, true
	for _, row := range []struct {
		order  string
		fault  string
		result bool
		there  bool
		events int // of a copy that ended well
	}{
		{`"end":"error","failAt":0`, "SystemError", no, no, 0},
		{`"end":"error","failAt":99,"fault":"HostCommunication"`, "HostCommunication", no, no, 0},
		{`"end":"error","failAt":60,"keepsPartial":true`, "SystemError", no, yes, 0},
		{`"end":"cancelledByUser","failAt":40`, "RequestCanceled", no, no, 0},
		{`"end":"successNoResult"`, "", no, yes, 1},
		{`"end":"successAbsent"`, "", yes, no, 0},
		{`"end":"errorPresent"`, "SystemError", no, yes, 0},
		{`"end":"errorPresent","fault":"HostNotConnected"`, "HostNotConnected", no, yes, 0},
		{`"end":""`, "", yes, yes, 1},
	} {
		t.Run(row.order, func(t *testing.T) {
			b := start(t, func(c *configuration) { c.CopyMs = 40 })
			before := b.free("NFS_durian")
			b.do(`{"action":"next","method":"CloneVM_Task","vm":"avocado2",%s}`, row.order)
			info, f := b.run(b.clone(), nil)
			expect(t, "fault", f, row.fault)
			expect(t, "result", info.Result != nil, row.result)
			b.idle("avocado2")
			expect(t, "there", b.seen("copy") != nil, row.there)
			expect(t, "space taken", b.free("NFS_durian") != before, row.there)
			expect(t, "events", len(b.clonedEvents()), row.events)
			if row.there && row.events+len(row.fault) > 0 && info.Error != nil {
				disk := b.seen("copy").Disks[0]
				expect(t, "whole", disk.Copied == disk.Bytes, !b.seen("copy").Copying)
			}
		})
	}
}

func TestOrderedEndsOfOtherTasks(t *testing.T) {
	snapshot := func(b *bench) (*object.Task, error) {
		return b.vm("papaya3").CreateSnapshot(b.ctx, "s", "", false, false)
	}
	snapshots := func(b *bench) bool { return len(b.seen("papaya3").Snapshots) > 0 }
	commit := func(b *bench) (*object.Task, error) {
		return b.vm("papaya3").Reconfigure(b.ctx, types.VirtualMachineConfigSpec{Annotation: "done"})
	}
	committed := func(b *bench) bool { return b.seen("papaya3").Annotation == "done" }
	destroy := func(b *bench) (*object.Task, error) { return b.vm("papaya3").Destroy(b.ctx) }
	destroyed := func(b *bench) bool { return b.seen("papaya3") == nil }
	for _, row := range []struct {
		method string
		call   func(*bench) (*object.Task, error)
		done   func(*bench) bool
	}{
		{"CreateSnapshot_Task", snapshot, snapshots},
		{"ReconfigVM_Task", commit, committed},
		{"Destroy_Task", destroy, destroyed},
	} {
		for _, end := range []struct {
			order, fault string
			done         bool
		}{
			{`"end":"error","failAt":0`, "SystemError", false},
			{`"end":"cancelledByUser"`, "RequestCanceled", false},
			{`"end":"successAbsent"`, "", false},
			{`"end":"errorPresent"`, "SystemError", true},
			{`"end":"successNoResult"`, "", true},
		} {
			t.Run(row.method+" "+end.order, func(t *testing.T) {
				b := start(t, nil)
				b.do(`{"action":"next","method":"%s",%s}`, row.method, end.order)
				expect(t, "open orders", len(b.server.openOrders()), 1)
				_, f := b.run(row.call(b))
				expect(t, "open orders", len(b.server.openOrders()), 0)
				expect(t, "fault", f, end.fault)
				expect(t, "done", row.done(b), end.done)
			})
		}
	}
}

func TestTasksThatNeverEnd(t *testing.T) {
	for _, row := range []struct {
		end    string
		state  types.TaskInfoState
		method string
		cancel string // the fault of CancelTask
	}{
		{"queuedForEver", types.TaskInfoStateQueued, "CloneVM_Task", ""},
		{"queuedForEver", types.TaskInfoStateQueued, "CreateSnapshot_Task", ""},
		{"runningForEver", types.TaskInfoStateRunning, "CloneVM_Task", ""},
		{"runningForEver", types.TaskInfoStateRunning, "CreateSnapshot_Task", "NotSupported"},
	} {
		for _, how := range []string{"cancel", "end_tasks"} {
			t.Run(row.end+" "+row.method+" "+how, func(t *testing.T) {
				b := start(t, nil)
				b.do(`{"action":"next","method":"%s","end":"%s","failAt":50}`, row.method, row.end)
				task := object.NewTask(b.client.Client, reference{})
				if row.method == "CloneVM_Task" {
					task = b.clone()
				} else if reply, err := b.vm("avocado2").CreateSnapshot(b.ctx, "s", "", false, false); err == nil {
					task = reply
				}
				b.until("its state", func() bool { return b.info(task).State == row.state })
				time.Sleep(20 * time.Millisecond)
				expect(t, "state", b.info(task).State, row.state)
				_, f := b.run(b.vm("avocado2").CreateSnapshot(b.ctx, "in the way", "", false, false))
				expect(t, "busy", f, "TaskInProgress")
				want := "SystemError"
				if how == "cancel" {
					_, err := methods.CancelTask(b.ctx, b.client, &types.CancelTask{This: task.Reference()})
					if err != nil {
						expect(t, "cancel", nameOf(t, err), row.cancel)
						return
					}
					want = "RequestCanceled"
				} else {
					expect(t, "ended", b.do(`{"action":"end_tasks"}`)["ended"].(float64), 1)
					expect(t, "free at once", b.seen("avocado2").BusyTask, "")
				}
				_, f = b.run(task, nil)
				expect(t, "fault", f, want)
				b.idle("avocado2")
				expect(t, "copy", b.seen("copy") == nil, true)
				expect(t, "snapshots", len(b.seen("avocado2").Snapshots), 0)
			})
		}
	}
}

func TestCancelIgnored(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"next","method":"CloneVM_Task","end":"cancelIgnored","failAt":50}`)
	task := b.clone()
	b.until("its state", func() bool { return b.info(task).State == types.TaskInfoStateRunning })
	_, err := methods.CancelTask(b.ctx, b.client, &types.CancelTask{This: task.Reference()})
	expect(t, "cancel", err, nil)
	time.Sleep(50 * time.Millisecond)
	expect(t, "cancelled", b.info(task).Cancelled, true)
	expect(t, "state", b.info(task).State, types.TaskInfoStateRunning)
	expect(t, "ended", b.do(`{"action":"end_tasks"}`)["ended"].(float64), 1)
}

func TestCancelledThenSuccess(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 60000 })
	inTime := b.server.afterCancel
	b.server.locked(func() { b.server.afterCancel = time.Hour })
	b.do(`{"action":"next","method":"CloneVM_Task","end":"cancelledThenSuccess"}`)
	task := b.clone()
	b.until("it runs", func() bool { return b.info(task).State == types.TaskInfoStateRunning })
	begun := time.Now()
	if err := task.Cancel(b.ctx); err != nil {
		t.Fatal(err)
	}
	info := b.info(task)
	expect(t, "state at once", info.State, types.TaskInfoStateError)
	expect(t, "fault", faultName(info.Error.Fault), "RequestCanceled")
	expect(t, "half made", b.seen("copy").Copying, true)
	b.server.locked(func() { b.server.afterCancel = inTime })
	b.until("success", func() bool { return b.info(task).State == types.TaskInfoStateSuccess })
	expect(t, "not before its time", time.Since(begun) >= inTime, true)
	info = b.info(task)
	expect(t, "result", info.Result.(reference).Value, b.seen("copy").ID)
	expect(t, "error", info.Error == nil, true)
	expect(t, "copying", b.seen("copy").Copying, false)
}

func TestTaskVanishes(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 20000 })
	b.do(`{"action":"next","method":"CloneVM_Task","end":"taskVanishes","failAt":1}`)
	task := b.clone()
	b.until("it vanishes", func() bool { return b.info(task) == nil })
	expect(t, "the work goes on", b.seen("copy").Copying, true)
	var source mo.VirtualMachine
	if err := b.client.RetrieveOne(b.ctx, b.vm("avocado2").Reference(), []string{"recentTask"}, &source); err != nil {
		t.Fatal(err)
	}
	expect(t, "recent tasks", len(source.RecentTask), 0)
	b.do(`{"action":"speed","copyMs":1}`)
	b.idle("avocado2")
	expect(t, "whole", b.seen("copy").Disks[0].Copied, 40*gigabyte)
	expect(t, "event", len(b.clonedEvents()), 1)
}
