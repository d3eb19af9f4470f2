// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"sync"
	"testing"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/types"
)

// round is one backup that leaves nothing.
func (b *bench) round(name string, vm *object.VirtualMachine) {
	snapshot := b.snapshot(vm, "round")
	folder, spec := b.place("NFS_durian", host1)
	spec.Snapshot = &snapshot
	info, f := b.run(vm.Clone(b.ctx, folder, name, spec))
	if f != "" {
		b.Errorf("clone %s: %s", name, f)
		return
	}
	clone := object.NewVirtualMachine(b.client.Client, info.Result.(reference))
	expect(b.T, "removal", b.removeSnapshot(snapshot, false), "")
	_, f = b.run(clone.Reconfigure(b.ctx, types.VirtualMachineConfigSpec{Annotation: "done"}))
	expect(b.T, "reconfigure", f, "")
	_, f = b.run(clone.Destroy(b.ctx))
	expect(b.T, "destroy", f, "")
}

func TestManyAtOnce(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs, c.RemoveMs, c.CreateMs = 10, 5, 5 })
	before := b.server.state()
	var all sync.WaitGroup
	for i, name := range []string{"avocado2", "avocado20", "web/100%", "vcenter"} {
		vm := b.vm(name)
		all.Add(1)
		go func() {
			defer all.Done()
			for n := range 4 {
				b.round(fmt.Sprintf("copy-%d-%d", i, n), vm)
			}
		}()
	}
	all.Add(1)
	go func() {
		defer all.Done()
		for range 20 {
			v, err := view.NewManager(b.client.Client).CreateContainerView(b.ctx,
				b.client.ServiceContent.RootFolder, []string{"VirtualMachine"}, true)
			if err != nil {
				t.Error(err)
				return
			}
			var names []types.ManagedObjectReference
			if names, err = v.Find(b.ctx, []string{"VirtualMachine"}, nil); err != nil || len(names) < 7 {
				t.Errorf("%d VMs, %v", len(names), err)
			}
			_ = v.Destroy(b.ctx)
			_ = b.server.state()
		}
	}()
	all.Wait()
	after := b.server.state()
	expect(t, "VMs", len(after.VMs), len(before.VMs))
	for i := range after.Datastores {
		expect(t, "free "+after.Datastores[i].Name, after.Datastores[i].Free, before.Datastores[i].Free)
	}
}
