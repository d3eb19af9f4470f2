// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/property"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *bench) read(kind string, paths []string, objects ...reference) (*types.RetrieveResult, error) {
	request := types.RetrievePropertiesEx{
		This: b.client.ServiceContent.PropertyCollector,
		SpecSet: []types.PropertyFilterSpec{{
			PropSet: []types.PropertySpec{{Type: kind, PathSet: paths}},
		}},
	}
	for _, ref := range objects {
		request.SpecSet[0].ObjectSet = append(request.SpecSet[0].ObjectSet, types.ObjectSpec{Obj: ref})
	}
	reply, err := methods.RetrievePropertiesEx(b.ctx, b.client, &request)
	if err != nil {
		return nil, err
	}
	return reply.Returnval, nil
}

func TestPropertyPaths(t *testing.T) {
	b := start(t, nil)
	vm := b.vm("avocado2").Reference()
	host := b.server.hosts[host1].Self
	store := b.server.datastoreByName("NFS_mango").datastore.Self
	for _, row := range []struct {
		kind, path string
		object     reference
		want       string
	}{
		{"VirtualMachine", "name", vm, ""},
		{"VirtualMachine", "config.files.vmPathName", vm, ""},
		{"VirtualMachine", "config.hardware.device", vm, ""},
		{"VirtualMachine", "config.flags.snapshotDisabled", vm, ""},
		{"VirtualMachine", "config.extraConfig[\"nvram\"]", vm, ""},
		{"VirtualMachine", "guest.toolsRunningStatus", vm, ""},
		{"VirtualMachine", "runtime.consolidationNeeded", vm, ""},
		{"VirtualMachine", "runtime", vm, ""},
		{"VirtualMachine", "summary", vm, ""},
		{"VirtualMachine", "capability.snapshotOperationsSupported", vm, ""},
		{"VirtualMachine", "network", vm, ""},
		{"VirtualMachine", "datastore", vm, ""},
		{"VirtualMachine", "resourcePool", vm, ""},
		{"VirtualMachine", "parent", vm, ""},
		{"VirtualMachine", "disabledMethod", vm, ""},
		{"VirtualMachine", "Name", vm, "InvalidProperty"},
		{"VirtualMachine", "config.bogus", vm, "InvalidProperty"},
		{"VirtualMachine", "runtime.question.bogus", vm, "InvalidProperty"},
		{"Datastore", "host", store, ""},
		{"Datastore", "summary.freeSpace", store, ""},
		{"Datastore", "vm", store, ""},
		{"HostSystem", "runtime.inMaintenanceMode", host, ""},
		{"HostSystem", "capability.cloneFromSnapshotSupported", host, ""},
		{"HostSystem", "network", host, ""},
		{"HostSystem", "nothing", host, "InvalidProperty"},
	} {
		t.Run(row.kind+" "+row.path, func(t *testing.T) {
			result, err := b.read(row.kind, []string{row.path}, row.object)
			if row.want != "" {
				expect(t, "fault", nameOf(t, err), row.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			expect(t, "values", len(result.Objects[0].PropSet), 1)
		})
	}
	none, err := b.read("HostSystem", []string{"name"}, vm)
	if err != nil || none != nil {
		t.Errorf("no match: got %v, %v", none, err)
	}
	_, err = b.read("VirtualMachine", []string{"name"}, reference{Type: "VirtualMachine", Value: "vm-0"})
	expect(t, "unknown object", nameOf(t, err), "ManagedObjectNotFound")
}

func TestPagesAndViews(t *testing.T) {
	b := start(t, func(c *configuration) { c.Bulk, c.PageSize = 250, 100 })
	manager := view.NewManager(b.client.Client)
	all, err := manager.CreateContainerView(b.ctx, b.client.ServiceContent.RootFolder, []string{"VirtualMachine"}, true)
	if err != nil {
		t.Fatal(err)
	}
	var vms []mo.VirtualMachine
	if err := all.Retrieve(b.ctx, []string{"VirtualMachine"}, []string{"name"}, &vms); err != nil {
		t.Fatal(err)
	}
	expect(t, "all VMs", len(vms), 257)
	var refs []reference
	for _, vm := range vms {
		refs = append(refs, vm.Self)
	}
	result, err := b.read("VirtualMachine", []string{"name"}, refs...)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "first page", len(result.Objects), 100)
	_, err = methods.ContinueRetrievePropertiesEx(b.ctx, b.client, &types.ContinueRetrievePropertiesEx{
		This: b.client.ServiceContent.PropertyCollector, Token: "bogus",
	})
	expect(t, "bogus token", nameOf(t, err), "InvalidProperty")
}

func TestSessions(t *testing.T) {
	b := start(t, func(c *configuration) { c.IdleSeconds = 1 })
	expect(t, "sessions", b.server.state().Sessions, 1)
	second := b.login(b.server.config.Password)
	expect(t, "sessions", b.server.state().Sessions, 2)
	if err := second.Logout(b.ctx); err != nil {
		t.Fatal(err)
	}
	expect(t, "sessions", b.server.state().Sessions, 1)
	_, err := methods.GetCurrentTime(b.ctx, second)
	expect(t, "after logout", nameOf(t, err), "NotAuthenticated")
	_, err = methods.Login(b.ctx, second, &types.Login{
		This: *second.ServiceContent.SessionManager, UserName: b.server.config.User, Password: "wrong",
	})
	expect(t, "wrong password", nameOf(t, err), "InvalidLogin")
	time.Sleep(1100 * time.Millisecond)
	_, err = b.read("VirtualMachine", []string{"name"}, b.vm("avocado2").Reference())
	expect(t, "idle too long", nameOf(t, err), "NotAuthenticated")
	expect(t, "sessions", b.server.state().Sessions, 0)
}

func TestDenied(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"deny","methods":["CreateSnapshot_Task"]}`)
	_, f := b.run(b.vm("avocado2").CreateSnapshot(b.ctx, "s", "", false, false))
	expect(t, "fault", f, "NoPermission")
	session, err := b.client.SessionManager.UserSession(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	granted, err := methods.HasPrivilegeOnEntities(b.ctx, b.client, &types.HasPrivilegeOnEntities{
		This: *b.client.ServiceContent.AuthorizationManager, Entity: []reference{b.vm("avocado2").Reference()},
		SessionId: session.Key, PrivId: []string{"VirtualMachine.State.CreateSnapshot", "System.View"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{false, true} {
		expect(t, "granted", granted.Returnval[0].PrivAvailability[i].IsGranted, want)
	}
	b.do(`{"action":"clock","offsetSeconds":7200}`)
	now, err := methods.GetCurrentTime(b.ctx, b.client)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "skew in hours", int(time.Until(*now).Round(time.Hour).Hours()), 2)
}

func TestRulesAndLog(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"rule","effect":"dropReply","method":"CreateSnapshot_Task","target":"avocado2"}`)
	b.do(`{"action":"rule","rule":{"action":"fault","method":"CurrentTime","nth":2,"fault":"NotAuthenticated"}}`)
	if _, err := b.vm("avocado2").CreateSnapshot(b.ctx, "s", "", false, false); err == nil {
		t.Error("the reply came")
	}
	var names []string
	for range 2 {
		if _, err := methods.GetCurrentTime(b.ctx, b.client); err != nil {
			names = append(names, nameOf(t, err))
		}
	}
	if len(names) != 1 || names[0] != "NotAuthenticated" {
		t.Errorf("faults of CurrentTime: %v", names)
	}
	for len(b.seen("avocado2").Snapshots) == 0 {
		time.Sleep(time.Millisecond)
	}
	for _, call := range b.server.calls.since(0, true) {
		if call.Method == "CreateSnapshot_Task" {
			expect(t, "action", call.Action, "dropReply")
			expect(t, "target", call.Target, "avocado2")
			expect(t, "executed", call.Executed, true)
			expect(t, "delivered", call.Delivered, false)
			expect(t, "task", call.Task != "", true)
		}
		if call.Method == "Login" {
			expect(t, "login body", call.Body, "")
		}
	}
}

func TestWaiting(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 10000 })
	collector, err := property.DefaultCollector(b.client.Client).Create(b.ctx)
	if err != nil {
		t.Fatal(err)
	}
	folder, spec := b.place("NFS_durian", host1)
	clone, err := b.vm("avocado2").Clone(b.ctx, folder, "c", spec)
	if err != nil {
		t.Fatal(err)
	}
	filter := new(property.WaitFilter).Add(clone.Reference(), "Task", []string{"info.state", "info.progress"})
	var states []types.TaskInfoState
	steps := 0
	err = property.WaitForUpdates(b.ctx, collector, filter, func(updates []types.ObjectUpdate) bool {
		for _, update := range updates {
			for _, change := range update.ChangeSet {
				if state, ok := change.Val.(types.TaskInfoState); ok {
					states = append(states, state)
				} else {
					if steps++; steps == 5 {
						b.do(`{"action":"speed","copyMs":1}`)
					}
				}
			}
		}
		return len(states) > 0 && states[len(states)-1] == types.TaskInfoStateSuccess
	})
	if err != nil {
		t.Fatal(err)
	}
	if steps < 5 {
		t.Errorf("only %d steps of progress", steps)
	}
	_, err = methods.WaitForUpdatesEx(b.ctx, b.client, &types.WaitForUpdatesEx{This: collector.Reference(), Version: "77"})
	expect(t, "unknown version", nameOf(t, err), "InvalidCollectorVersion")
}
