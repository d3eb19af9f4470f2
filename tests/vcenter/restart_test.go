// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// logIn begins a new session, as a client does after a restart.
func (b *bench) logIn() {
	b.Helper()
	b.client = b.login(b.server.config.Password)
}

func TestRestartDuringACopy(t *testing.T) {
	for _, row := range []struct {
		options              string
		there, whole, marked bool
		events               int
	}{
		{`"copies":"goOn"`, true, true, true, 1},
		{`"copies":"lost"`, false, false, false, 0},
		{`"copies":"half"`, true, false, true, 0},
		{`"copies":"half","fullSize":true`, true, false, true, 0},
	} {
		for _, visible := range []bool{true, false} {
			t.Run(row.options, func(t *testing.T) {
				b := start(t, func(c *configuration) { c.CopyMs, c.VisibleWhileCopying = 60000, visible })
				before := b.free("NFS_durian")
				task := b.clone()
				b.until("some is copied", func() bool { return b.free("NFS_durian") < before })
				b.do(`{"action":"restart",%s}`, row.options)
				b.logIn()
				expect(t, "task", b.info(task) == nil, true)
				b.do(`{"action":"speed","copyMs":1}`)
				b.idle("avocado2")
				expect(t, "there", b.seen("copy") != nil, row.there)
				expect(t, "events", len(b.clonedEvents()), row.events)
				if row.there {
					b.expectCopy(row.whole, row.marked)
				} else {
					expect(t, "space", b.free("NFS_durian"), before)
				}
				if row.options == `"copies":"half","fullSize":true` {
					expect(t, "space", (before-b.free("NFS_durian")+gigabyte/2)/gigabyte, int64(25))
				}
				_, f := b.run(b.vm("avocado2").CreateSnapshot(b.ctx, "next", "", false, false))
				expect(t, "the source is free", f, "")
			})
		}
	}
}

func (b *bench) expectCopy(whole, marked bool) {
	b.Helper()
	seen := b.seen("copy")
	expect(b.T, "mark", seen.ExtraConfig["mark"] == "mine", marked)
	expect(b.T, "full capacity", seen.Disks[0].Capacity, 40*gigabyte)
	last := seen.Disks[len(seen.Disks)-1]
	expect(b.T, "whole", last.Copied == last.Bytes, whole)
	expect(b.T, "never finished", seen.Copying, !whole)
}

func TestRestartForgets(t *testing.T) {
	b := start(t, nil)
	if _, f := b.run(b.clone(), nil); f != "" {
		t.Fatal(f)
	}
	history := func() int {
		made, err := methods.CreateCollectorForTasks(b.ctx, b.client, &types.CreateCollectorForTasks{
			This: *b.client.ServiceContent.TaskManager, Filter: types.TaskFilterSpec{},
		})
		if err != nil {
			t.Fatal(err)
		}
		read, err := methods.ReadNextTasks(b.ctx, b.client, &types.ReadNextTasks{This: made.Returnval, MaxCount: 100})
		if err != nil {
			t.Fatal(err)
		}
		return len(read.Returnval)
	}
	recent := func() (int, int) {
		var source mo.VirtualMachine
		var manager mo.TaskManager
		if err := b.client.RetrieveOne(b.ctx, b.vm("avocado2").Reference(), []string{"recentTask"}, &source); err != nil {
			t.Fatal(err)
		}
		if err := b.client.RetrieveOne(b.ctx, *b.client.ServiceContent.TaskManager, []string{"recentTask"}, &manager); err != nil {
			t.Fatal(err)
		}
		return len(source.RecentTask), len(manager.RecentTask)
	}
	ofVM, ofAll := recent()
	expect(t, "before", ofVM == 1 && ofAll >= 1 && history() >= 1, true)
	waited := make(chan error, 1)
	go func() {
		_, err := methods.WaitForUpdatesEx(b.ctx, b.client, &types.WaitForUpdatesEx{
			This: b.client.ServiceContent.PropertyCollector, Options: &types.WaitOptions{MaxWaitSeconds: types.NewInt32(60)},
		})
		waited <- err
	}()
	b.until("it waits", func() bool {
		calls := b.server.calls.since(0, false)
		return calls[len(calls)-1].Method == "WaitForUpdatesEx"
	})
	b.do(`{"action":"restart","downMs":50}`)
	select {
	case err := <-waited:
		expect(t, "the wait was cut", err != nil, true)
	case <-time.After(5 * time.Second):
		t.Fatal("the wait goes on")
	}
	b.returns()
	b.logIn()
	ofVM, ofAll = recent()
	expect(t, "of the VM", ofVM, 0)
	expect(t, "of all", ofAll, 0)
	expect(t, "history", history(), 0)
	expect(t, "events", len(b.clonedEvents()), 1)
	expect(t, "sessions", b.server.state().Sessions, 1)
}

func TestRestartAsARule(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 60000 })
	b.do(`{"action":"rule","rule":{"method":"CloneVM_Task","action":"restart","moment":"executed","copies":"half"}}`)
	folder, spec := b.place("NFS_durian", host1)
	if _, err := b.vm("avocado2").Clone(b.ctx, folder, "copy", spec); err == nil {
		t.Error("the reply came")
	}
	b.logIn()
	expect(t, "half", b.seen("copy").Copying, true)
	expect(t, "busy", b.seen("avocado2").BusyTask, "")
}

func TestLostHost(t *testing.T) {
	for _, name := range []string{"", "HostCommunication"} {
		b := start(t, func(c *configuration) { c.CopyMs = 60000 })
		before := b.free("NFS_durian")
		task := b.clone()
		b.until("some is copied", func() bool { return b.free("NFS_durian") < before })
		b.do(`{"action":"host","name":"%s","lost":true,"fault":"%s"}`, host1, name)
		_, f := b.run(task, nil)
		if name == "" {
			name = "HostNotConnected"
		}
		expect(t, "fault", f, name)
		b.expectCopy(false, true)
		expect(t, "connection", b.seen("copy").Connection, "disconnected")
		expect(t, "events", len(b.clonedEvents()), 0)
		b.do(`{"action":"host","name":"%s","connection":"connected"}`, host1)
		expect(t, "connection", b.seen("copy").Connection, "connected")
	}
}

func TestForgottenTasks(t *testing.T) {
	b := start(t, nil)
	task := b.clone()
	if _, f := b.run(task, nil); f != "" {
		t.Fatal(f)
	}
	b.do(`{"action":"forget_tasks"}`)
	expect(t, "task", b.info(task) == nil, true)
}
