// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"testing"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *bench) logUserEvent(on reference, text string) string {
	b.Helper()
	_, err := methods.LogUserEvent(b.ctx, b.client, &types.LogUserEvent{
		This: *b.client.ServiceContent.EventManager, Entity: on, Msg: text,
	})
	if err != nil {
		return nameOf(b.T, err)
	}
	return ""
}

func TestALineInAVMsEventLog(t *testing.T) {
	b := start(t, nil)
	vm := b.vm("avocado2").Reference()
	expect(t, "no text", b.logUserEvent(vm, ""), "InvalidArgument")
	expect(t, "no VM", b.logUserEvent(reference{Type: "VirtualMachine", Value: "vm-0"}, "x"), "ManagedObjectNotFound")
	expect(t, "a line", b.logUserEvent(vm, "backup is complete"), "")
	b.do(`{"action":"deny","methods":["LogUserEvent"]}`)
	expect(t, "without the right", b.logUserEvent(vm, "x"), "NoPermission")
	found, f := b.events(types.EventFilterSpec{EventTypeId: []string{"GeneralUserEvent"}})
	if f != "" || len(found) != 1 {
		t.Fatal(f, len(found))
	}
	event := found[0].(*types.GeneralUserEvent)
	expect(t, "text", event.Message, "backup is complete")
	expect(t, "user", event.UserName, b.server.config.User)
	expect(t, "VM", event.Vm.Vm, vm)
	expect(t, "state", b.seen("avocado2").UserEvents[0], "backup is complete")
}

func TestACustomAttribute(t *testing.T) {
	b := start(t, nil)
	manager, err := object.GetCustomFieldsManager(b.client.Client)
	if err != nil {
		t.Fatal(err)
	}
	vm := b.vm("avocado2").Reference()
	field, err := manager.Add(b.ctx, "newest", "VirtualMachine", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "two"} {
		if err := manager.Set(b.ctx, vm, field.Key, text); err != nil {
			t.Fatal(err)
		}
		expect(t, "state", b.seen("avocado2").Attributes["newest"], text)
	}
	b.do(`{"action":"deny","methods":["SetField","AddCustomFieldDef"]}`)
	expect(t, "value", nameOf(t, manager.Set(b.ctx, vm, field.Key, "three")), "NoPermission")
	_, err = manager.Add(b.ctx, "another", "VirtualMachine", nil, nil)
	expect(t, "definition", nameOf(t, err), "NoPermission")
}
