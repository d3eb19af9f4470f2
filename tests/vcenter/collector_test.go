// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func filterOf(kind, path string, object reference) types.PropertyFilterSpec {
	return types.PropertyFilterSpec{
		PropSet:   []types.PropertySpec{{Type: kind, PathSet: []string{path}}},
		ObjectSet: []types.ObjectSpec{{Obj: object}},
	}
}

// told lists "object path" of every property, in the order of the pages.
func (b *bench) told(most int32, specs ...types.PropertyFilterSpec) string {
	b.Helper()
	collector := b.client.ServiceContent.PropertyCollector
	reply, err := methods.RetrievePropertiesEx(b.ctx, b.client, &types.RetrievePropertiesEx{
		This: collector, SpecSet: specs, Options: types.RetrieveOptions{MaxObjects: most},
	})
	if err != nil {
		b.Fatal(err)
	}
	list := []string{}
	for page := *reply.Returnval; ; {
		if most > 0 && len(page.Objects) > int(most) {
			b.Fatalf("%d objects on a page", len(page.Objects))
		}
		for _, object := range page.Objects {
			for _, property := range object.PropSet {
				list = append(list, object.Obj.Value+" "+property.Name)
			}
		}
		if page.Token == "" {
			return strings.Join(list, ", ")
		}
		next, err := methods.ContinueRetrievePropertiesEx(b.ctx, b.client, &types.ContinueRetrievePropertiesEx{
			This: collector, Token: page.Token,
		})
		if err != nil {
			b.Fatal(err)
		}
		page = next.Returnval
	}
}

func TestEachFilterAsksOfItsOwnObjects(t *testing.T) {
	b := start(t, nil)
	one, other := b.vm("avocado2").Reference(), b.vm("papaya3").Reference()
	specs := []types.PropertyFilterSpec{
		filterOf("VirtualMachine", "name", one), filterOf("VirtualMachine", "parent", other),
		filterOf("VirtualMachine", "parent", one),
	}
	want := one.Value + " name, " + other.Value + " parent, " + one.Value + " parent"
	expect(t, "on one page", b.told(0, specs...), want)
	expect(t, "on pages of one", b.told(1, specs...), want)
	expect(t, "on pages of two", b.told(2, specs...), want)
}

func TestServerClockGoesOn(t *testing.T) {
	b := start(t, nil)
	for _, offset := range []time.Duration{0, time.Hour} {
		b.server.locked(func() { b.server.skew = offset })
		reply, err := b.read("ServiceInstance", []string{"serverClock"}, vim25.ServiceInstance)
		if err != nil {
			t.Fatal(err)
		}
		clock, ok := reply.Objects[0].PropSet[0].Val.(time.Time)
		off := time.Until(clock) - offset
		expect(t, "it is the time", ok && off > -time.Minute && off < time.Minute, true)
	}
}

func TestAFilterTellsOfAVMThatIsNotThere(t *testing.T) {
	b := start(t, nil)
	gone := reference{Type: "VirtualMachine", Value: "vm-4711"}
	spec := filterOf("VirtualMachine", "name", gone)
	spec.ObjectSet = append(spec.ObjectSet, types.ObjectSpec{Obj: b.vm("avocado2").Reference()})
	spec.ReportMissingObjectsInResults = types.NewBool(true)
	_, err := methods.CreateFilter(b.ctx, b.client, &types.CreateFilter{
		This: b.client.ServiceContent.PropertyCollector, Spec: spec,
	})
	if err != nil {
		t.Fatal(err)
	}
	set, err := b.wait(b.ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	missing := set.FilterSet[0].MissingSet
	expect(t, "one is missing", len(missing) == 1 && missing[0].Obj == gone, true)
	expect(t, "the other is told", len(set.FilterSet[0].ObjectSet), 1)
	set, err = b.wait(b.ctx, set.Version, 0)
	expect(t, "it is told once", err == nil && set == nil, true)
}

func TestTheLogTellsBytesAndTheEndsOfTasks(t *testing.T) {
	b := start(t, nil)
	b.told(0, filterOf("VirtualMachine", "name", b.vm("avocado2").Reference()))
	calls := b.server.calls.since(0, false)
	last := calls[len(calls)-1]
	expect(t, "bytes", last.Asked > 100 && last.Answered > 100, true)
	b.do(`{"action":"task","vm":"avocado2","ms":1}`)
	b.until("the task has ended", func() bool {
		tasks := b.server.state().Tasks
		return len(tasks) == 1 && tasks[0].Over
	})
	expect(t, "its end", b.server.state().Tasks[0].EndMs >= last.Ms, true)
}
