// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net/url"
	"testing"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/vim25/types"
)

// rights is a bench whose client is the administrator, and who else there is.
type rights struct {
	*bench
	roles map[string]int32
}

const limited = "limited@vsphere.local"

func startWithRights(t *testing.T) *rights {
	b := start(t, nil)
	b.server.config.Admin, b.server.config.AdminPassword = limited, "secret" // it may log in, no more
	r := &rights{bench: b, roles: map[string]int32{"NoAccess": -5, "View": -3, "ReadOnly": -2}}
	manager := object.NewAuthorizationManager(b.client.Client)
	for name, ids := range map[string][]string{
		"delete": {"VirtualMachine.Inventory.Delete"}, "power": {"VirtualMachine.Interact.PowerOn"},
	} {
		id, err := manager.AddRole(b.ctx, name, ids)
		if err != nil {
			t.Fatal(err)
		}
		r.roles[name] = id
	}
	return r
}

func (r *rights) give(on reference, role string, propagate bool) {
	r.Helper()
	err := object.NewAuthorizationManager(r.client.Client).SetEntityPermissions(r.ctx, on,
		[]types.Permission{{Principal: limited, RoleId: r.roles[role], Propagate: propagate}})
	if err != nil {
		r.Fatal(err)
	}
}

// other is a client with the limited account's session.
func (r *rights) other() *govmomi.Client {
	r.Helper()
	u, _ := url.Parse(r.running.url)
	u.User = url.UserPassword(limited, "secret")
	client, err := govmomi.NewClient(r.ctx, u, true)
	if err != nil {
		r.Fatal(err)
	}
	return client
}

func (r *rights) may(on reference, privilege string) bool {
	r.server.world.RLock()
	defer r.server.world.RUnlock()
	return r.server.may(limited, on, privilege)
}

func TestWhereAPermissionCounts(t *testing.T) {
	const remove, start, read = "VirtualMachine.Inventory.Delete", "VirtualMachine.Interact.PowerOn", "System.Read"
	r := startWithRights(t)
	r.do(`{"action":"copy","vm":"papaya3","name":"copy","folder":"backup"}`)
	source, copied := r.vm("papaya3").Reference(), r.vm("copy").Reference()
	root, folder := r.server.rootFolder(), *r.server.machines[copied].vm.Parent
	pool := *r.server.machines[source].vm.ResourcePool
	expectMay := func(what string, on reference, privilege string, want bool) {
		t.Helper()
		if r.may(on, privilege) != want {
			t.Errorf("%s: %s on %s is %v", what, privilege, on.Value, !want)
		}
	}
	expectMay("nobody has given anything", source, read, false)
	r.give(root, "ReadOnly", false)
	expectMay("it does not propagate", source, read, false)
	expectMay("it is there itself", root, read, true)
	r.give(root, "ReadOnly", true)
	expectMay("it propagates", source, read, true)
	r.give(folder, "delete", true)
	expectMay("below the folder", copied, remove, true)
	expectMay("beside the folder", source, remove, false)
	expectMay("every role may read", copied, read, true)
	r.give(copied, "power", true)
	expectMay("the VM's own takes its place", copied, remove, false)
	expectMay("the VM's own", copied, start, true)
	r.give(pool, "delete", true)
	expectMay("a VM inherits from its pool, too", source, remove, true)
	expectMay("and from its folder", source, read, true)
}

func TestWhatMayNotBeSeen(t *testing.T) {
	r := startWithRights(t)
	r.give(r.server.rootFolder(), "ReadOnly", true)
	hidden, dim := r.vm("papaya3").Reference(), r.vm("avocado2").Reference()
	r.give(hidden, "NoAccess", true)
	client := r.other()
	defer func() { _ = client.Logout(r.ctx) }()
	finder := find.NewFinder(client.Client, false)
	if list, err := finder.VirtualMachineList(r.ctx, "/DC/vm/papaya3"); err == nil {
		t.Errorf("a VM without System.View is listed: %v", list)
	}
	if _, err := finder.VirtualMachine(r.ctx, "/DC/vm/avocado20"); err != nil {
		t.Errorf("a VM that may be read is not: %v", err)
	}
	r.give(dim, "View", true)
	if _, err := finder.VirtualMachine(r.ctx, "/DC/vm/avocado2"); err == nil || err.Error() != "NoPermission" {
		t.Errorf("a property without System.Read: %v", err)
	}
	for _, ref := range []reference{hidden, dim} {
		if name, _ := object.NewVirtualMachine(client.Client, ref).ObjectName(r.ctx); name != "" {
			t.Errorf("the name of %s can be read: '%s'", ref.Value, name)
		}
	}
}

func TestWhoHasNoPermissionCannotLogIn(t *testing.T) {
	r := startWithRights(t)
	u, _ := url.Parse(r.running.url)
	for password, want := range map[string]string{"secret": "NoPermission", "wrong": "InvalidLogin"} {
		u.User = url.UserPassword(limited, password)
		_, err := govmomi.NewClient(r.ctx, u, true)
		expect(t, "login with "+password, nameOf(t, err), want)
	}
}

func TestDeletionNeedsTheFolderToo(t *testing.T) {
	r := startWithRights(t)
	r.give(r.server.rootFolder(), "ReadOnly", true)
	vm := r.vm("papaya3")
	r.give(vm.Reference(), "delete", true)
	client := r.other()
	defer func() { _ = client.Logout(r.ctx) }()
	_, err := object.NewVirtualMachine(client.Client, vm.Reference()).Destroy(r.ctx)
	expect(t, "the folder forbids it", nameOf(t, err), "NoPermission")
	r.give(r.server.vmFolder.Self, "delete", true)
	if _, err = object.NewVirtualMachine(client.Client, vm.Reference()).Destroy(r.ctx); err != nil {
		t.Errorf("both allow it: %v", err)
	}
}
