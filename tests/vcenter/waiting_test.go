// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"testing"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

func (b *bench) wait(ctx context.Context, version string, seconds int32) (*types.UpdateSet, error) {
	b.Helper()
	reply, err := methods.WaitForUpdatesEx(ctx, b.client, &types.WaitForUpdatesEx{
		This: b.client.ServiceContent.PropertyCollector, Version: version,
		Options: &types.WaitOptions{MaxWaitSeconds: &seconds},
	})
	if err != nil {
		return nil, err
	}
	return reply.Returnval, nil
}

func (b *bench) watch(names ...string) {
	b.Helper()
	spec := types.PropertyFilterSpec{PropSet: []types.PropertySpec{{Type: "VirtualMachine", PathSet: []string{"name"}}}}
	for _, name := range names {
		spec.ObjectSet = append(spec.ObjectSet, types.ObjectSpec{Obj: b.vm(name).Reference()})
	}
	_, err := methods.CreateFilter(b.ctx, b.client, &types.CreateFilter{
		This: b.client.ServiceContent.PropertyCollector, Spec: spec,
	})
	if err != nil {
		b.Fatal(err)
	}
}

func TestWaitEndsWithItsClient(t *testing.T) {
	b := start(t, nil)
	b.watch("avocado2")
	first, err := b.wait(b.ctx, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	ctx, leave := context.WithCancel(b.ctx)
	gone := make(chan struct{})
	go func() {
		_, _ = b.wait(ctx, first.Version, 3600)
		close(gone)
	}()
	b.until("it waits", func() bool {
		calls := b.server.calls.since(0, false)
		return calls[len(calls)-1].Method == "WaitForUpdatesEx" && !calls[len(calls)-1].Executed && len(calls) > 2
	})
	leave()
	<-gone
	set, err := b.wait(b.ctx, first.Version, 0)
	expect(t, "the version stands", err == nil && set == nil, true)
}

func TestTruncatedUpdates(t *testing.T) {
	b := start(t, func(c *configuration) { c.UpdatesPerSet = 1 })
	b.watch("avocado2", "avocado20", "papaya3")
	version := ""
	for _, truncated := range []bool{true, true, false} {
		set, err := b.wait(b.ctx, version, 0)
		if err != nil {
			t.Fatal(err)
		}
		version = set.Version
		expect(t, "objects", len(set.FilterSet[0].ObjectSet), 1)
		expect(t, "truncated", isTrue(set.Truncated), truncated)
	}
}
