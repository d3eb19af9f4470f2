// SPDX-License-Identifier: GPL-3.0-or-later

package main

import "testing"

func TestHistory(t *testing.T) {
	b := start(t, func(c *configuration) { c.CopyMs = 40 })
	vm := b.vm("avocado2")
	snapshot := b.snapshot(vm, "vmrotate")
	folder, spec := b.place("NFS_durian", host2)
	spec.Snapshot = &snapshot
	if _, f := b.run(vm.Clone(b.ctx, folder, "clone", spec)); f != "" {
		t.Fatal(f)
	}
	b.do(`{"action":"set","vm":"clone","extraConfig":{"vmrotate.state":"complete"}}`)
	if _, f := b.run(b.vm("clone").Destroy(b.ctx)); f != "" {
		t.Fatal(f)
	}
	var half, whole, complete, gone int
	for i, e := range b.server.history.since(0) {
		done := e.VM.Disks[len(e.VM.Disks)-1].Copied == e.VM.Disks[len(e.VM.Disks)-1].Capacity
		switch {
		case e.VM.Name != "clone":
		case e.What == "gone":
			gone = i
		case e.VM.ExtraConfig["vmrotate.state"] == "complete":
			complete = i
		case done && !e.VM.Copying:
			whole = i
		case !done && e.VM.Copying && half == 0:
			half = i
		}
	}
	if !(0 < half && half < whole && whole < complete && complete < gone) {
		t.Errorf("half %d, whole %d, complete %d, gone %d", half, whole, complete, gone)
	}
	first := 0
	for _, e := range b.server.history.since(0) {
		if e.VM.Name == "avocado2" && len(e.VM.Snapshots) == 1 && first == 0 {
			first = e.Seq
		}
	}
	if first == 0 || first > b.server.calls.count() {
		t.Errorf("the snapshot came with call %d", first)
	}
}
