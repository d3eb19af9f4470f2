// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *bench) events(filter types.EventFilterSpec) ([]types.BaseEvent, string) {
	b.Helper()
	reply, err := methods.QueryEvents(b.ctx, b.client, &types.QueryEvents{
		This: *b.client.ServiceContent.EventManager, Filter: filter,
	})
	if err != nil {
		return nil, nameOf(b.T, err)
	}
	return reply.Returnval, ""
}

// clonedEvents are those of copies that ended well.
func (b *bench) clonedEvents() []types.BaseEvent {
	b.Helper()
	found, f := b.events(types.EventFilterSpec{EventTypeId: []string{"VmClonedEvent"}})
	if f != "" {
		b.Fatal(f)
	}
	return found
}

func of(ref reference, recursion types.EventFilterSpecRecursionOption) types.EventFilterSpec {
	return types.EventFilterSpec{Entity: &types.EventFilterSpecByEntity{Entity: ref, Recursion: recursion}}
}

func TestEventsOfACopy(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"clock","offsetSeconds":86400}`)
	source := b.vm("avocado2").Reference()
	if _, f := b.run(b.clone(), nil); f != "" {
		t.Fatal(f)
	}
	copied := b.vm("copy").Reference()
	event := b.clonedEvents()[0].(*types.VmClonedEvent)
	expect(t, "the new VM", event.Vm.Vm, copied)
	expect(t, "the source", event.SourceVm.Vm, source)
	expect(t, "user", event.UserName, b.server.config.User)
	expect(t, "by the server's clock", time.Until(event.CreatedTime) > 23*time.Hour, true)
	folder, _ := b.place("NFS_durian", host1)
	self, children, all := types.EventFilterSpecRecursionOptionSelf,
		types.EventFilterSpecRecursionOptionChildren, types.EventFilterSpecRecursionOptionAll
	tomorrow, yesterday := time.Now().Add(23*time.Hour), time.Now()
	timed := func(window types.EventFilterSpecByTime) types.EventFilterSpec {
		return types.EventFilterSpec{Time: &window}
	}
	for _, row := range []struct {
		what   string
		filter types.EventFilterSpec
		want   int
		fault  string
	}{
		{"all", types.EventFilterSpec{}, 2, ""},
		{"of the copy", of(copied, self), 1, ""},
		{"of the source", of(source, self), 1, ""},
		{"of the folder itself", of(folder.Reference(), self), 0, ""},
		{"below the folder", of(folder.Reference(), children), 1, ""},
		{"below all", of(b.client.ServiceContent.RootFolder, all), 2, ""},
		{"of a VM that is not there", of(reference{Type: "VirtualMachine", Value: "vm-0"}, self), 0, "ManagedObjectNotFound"},
		{"by the old form of the type", types.EventFilterSpec{Type: []string{"VmClonedEvent"}}, 1, ""},
		{"by the qualified type", types.EventFilterSpec{EventTypeId: []string{"vim.event.VmClonedEvent"}}, 1, ""},
		{"by an ancestor", types.EventFilterSpec{EventTypeId: []string{"VmCloneEvent"}}, 2, ""},
		{"of another type", types.EventFilterSpec{EventTypeId: []string{"UserLoginSessionEvent"}}, 0, ""},
		{"since then", timed(types.EventFilterSpecByTime{BeginTime: &tomorrow}), 2, ""},
		{"until then", timed(types.EventFilterSpecByTime{EndTime: &yesterday}), 0, ""},
		{"only the latest", types.EventFilterSpec{MaxCount: 1}, 1, ""},
		{"too many", types.EventFilterSpec{MaxCount: 1001}, 0, "InvalidArgument"},
	} {
		t.Run(row.what, func(t *testing.T) {
			found, f := b.events(row.filter)
			expect(t, "fault", f, row.fault)
			expect(t, "events", len(found), row.want)
		})
	}
}

func TestManyEvents(t *testing.T) {
	b := start(t, nil)
	for range 15 {
		if _, f := b.run(b.clone(), nil); f != "" {
			t.Fatal(f)
		}
		b.do(`{"action":"destroy","vm":"copy"}`)
	}
	found := b.clonedEvents()
	expect(t, "events", len(found), 15)
	expect(t, "oldest first", found[0].GetEvent().Key < found[14].GetEvent().Key, true)
}

func TestEventOfAFailedCopy(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"next","method":"CloneVM_Task","end":"error","failAt":50}`)
	_, _ = b.run(b.clone(), nil)
	b.idle("avocado2")
	found, _ := b.events(types.EventFilterSpec{})
	expect(t, "events", len(found), 2)
	_, failed := found[1].(*types.VmCloneFailedEvent)
	expect(t, "failed", failed, true)
}

func TestMoveIntoFolder(t *testing.T) {
	b := start(t, nil)
	root := object.NewFolder(b.client.Client, b.server.vmFolder.Self)
	target, err := root.CreateFolder(b.ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	b.do(`{"action":"add_vm","name":"avocado20","folder":"kept"}`)
	move := func(folder *object.Folder, ref reference) string {
		_, f := b.run(folder.MoveInto(b.ctx, []reference{ref}))
		return f
	}
	gone := object.NewFolder(b.client.Client, reference{Type: "Folder", Value: "group-v0"})
	papaya := b.vm("papaya3").Reference()
	taken := b.clonedTwin("avocado20")
	for _, row := range []struct {
		what   string
		folder *object.Folder
		vm     reference
		want   string
	}{
		{"a name that is taken", target, taken, "DuplicateName"},
		{"a VM that is gone", target, reference{Type: "VirtualMachine", Value: "vm-0"}, "ManagedObjectNotFound"},
		{"a folder that is gone", gone, papaya, "ManagedObjectNotFound"},
		{"done", target, papaya, ""},
	} {
		t.Run(row.what, func(t *testing.T) { expect(t, "fault", move(row.folder, row.vm), row.want) })
	}
	expect(t, "folder", b.seen("papaya3").Folder, "/DC/vm/kept")
	for _, ref := range b.server.vmFolder.ChildEntity {
		expect(t, "left its old folder", ref == papaya, false)
	}
	b.do(`{"action":"deny","methods":["MoveIntoFolder_Task"]}`)
	expect(t, "denied", move(root, papaya), "NoPermission")
	expect(t, "folder", b.seen("papaya3").Folder, "/DC/vm/kept")
}

// clonedTwin is the VM of that name directly in the VM folder.
func (b *bench) clonedTwin(name string) reference {
	b.server.world.RLock()
	defer b.server.world.RUnlock()
	return *b.server.child(b.server.vmFolder, name)
}
