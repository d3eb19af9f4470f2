// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"fmt"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
	"github.com/vmware/govmomi/vim25/xml"
)

// WaitForUpdatesEx answers what has changed since the version that the client
// names, as soon as there is something, or nothing when the time is up. The
// empty version begins anew; any but the last one is InvalidCollectorVersion.
func (c *collector) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	var expired <-chan time.Time
	limit, poll := c.server.config.UpdatesPerSet, false
	if options := req.Options; options != nil {
		if seconds := options.MaxWaitSeconds; seconds != nil {
			poll = *seconds == 0
			expired = time.After(time.Duration(*seconds) * time.Second)
		}
		if options.MaxObjectUpdates > 0 {
			limit = min(limit, int(options.MaxObjectUpdates))
		}
	}
	c.mutex.Lock()
	cancelled := c.cancel
	c.mutex.Unlock()
	c.waiting.Lock()
	defer c.waiting.Unlock()
	defer c.server.sessions.refresh(ctx.Session.Key)
	if f := c.begin(req.Version); f != nil {
		return &methods.WaitForUpdatesExBody{Fault_: refuse(f)}
	}
	for {
		changed := c.server.bell.next()
		set, f := c.updates(ctx, limit)
		if f != nil {
			return &methods.WaitForUpdatesExBody{Fault_: refuse(f)}
		}
		if set != nil || poll {
			return updated(set)
		}
		select {
		case <-changed:
			time.Sleep(2 * time.Millisecond) // let changes of one step arrive together
		case <-expired:
			return updated(nil)
		case <-cancelled:
			return &methods.WaitForUpdatesExBody{Fault_: refuse(&types.RequestCanceled{})}
		}
	}
}

func updated(set *types.UpdateSet) soap.HasFault {
	return &methods.WaitForUpdatesExBody{Res: &types.WaitForUpdatesExResponse{Returnval: set}}
}

// WaitForUpdates is the old form, without a time limit.
func (c *collector) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	answer := c.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: req.This, Version: req.Version})
	body := answer.(*methods.WaitForUpdatesExBody)
	if body.Res == nil {
		return &methods.WaitForUpdatesBody{Fault_: body.Fault_}
	}
	return &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{Returnval: *body.Res.Returnval}}
}

func (c *collector) begin(version string) fault {
	if version == "" {
		c.compared = map[reference]int64{}
		c.seen = map[reference]map[reference]map[string]string{}
		return nil
	}
	if c.seen == nil || version != fmt.Sprint(c.version) {
		return &types.InvalidCollectorVersion{}
	}
	return nil
}

// updates compares all filters with what the client has seen. It answers nil
// when there is nothing new, unless the client knows no version yet.
func (c *collector) updates(ctx *simulator.Context, limit int) (*types.UpdateSet, fault) {
	c.server.world.RLock()
	defer c.server.world.RUnlock()
	set := &types.UpdateSet{}
	alive := map[reference]bool{}
	for _, ref := range c.PC.Filter {
		filter, ok := ctx.Session.Registry.Get(ref).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		alive[ref] = true
		rings := c.server.bell.rings()
		if c.isSilent(filter) {
			continue
		}
		update, f := c.compare(ctx, filter, &limit, set)
		if f != nil {
			return nil, f
		}
		if len(update.ObjectSet) > 0 || len(update.MissingSet) > 0 {
			set.FilterSet = append(set.FilterSet, update)
		}
		if limit > 0 {
			c.compared[ref] = rings
		}
	}
	for ref := range c.seen {
		if !alive[ref] {
			delete(c.seen, ref)
			delete(c.compared, ref)
		}
	}
	if len(set.FilterSet) == 0 {
		return nil, nil
	}
	c.version++
	set.Version = fmt.Sprint(c.version)
	return set, nil
}

// isSilent tells whether a filter has nothing new: it names its objects, and none of them has
// changed since they were compared. What other filters wait for costs it nothing, as on a real
// server.
func (c *collector) isSilent(filter *simulator.PropertyFilter) bool {
	count, known := c.compared[filter.Self]
	for _, o := range filter.Spec.ObjectSet {
		known = known && len(o.SelectSet) == 0
	}
	return known && c.server.bell.silentSince(count, filter.Spec.ObjectSet)
}

func (c *collector) compare(
	ctx *simulator.Context, filter *simulator.PropertyFilter, limit *int, set *types.UpdateSet,
) (types.PropertyFilterUpdate, fault) {
	update := types.PropertyFilterUpdate{Filter: filter.Self}
	old := c.seen[filter.Self]
	if old == nil {
		old = map[reference]map[string]string{}
		c.seen[filter.Self] = old
	}
	objects, f := c.read(ctx, filter.Spec, len(old) > 0)
	if f != nil {
		return update, f
	}
	if len(old) == 0 {
		update.MissingSet = c.missing(filter.Spec)
	}
	present := map[reference]bool{}
	for _, content := range objects {
		present[content.Obj] = true
		told, known := old[content.Obj]
		change := difference(old, content)
		switch {
		case change == nil:
		case *limit > 0:
			*limit--
			update.ObjectSet = append(update.ObjectSet, *change)
		default: // the next call tells it
			set.Truncated = types.NewBool(true)
			if old[content.Obj] = told; !known {
				delete(old, content.Obj)
			}
		}
	}
	for ref := range old {
		if !present[ref] {
			delete(old, ref)
			update.ObjectSet = append(update.ObjectSet, types.ObjectUpdate{Kind: types.ObjectUpdateKindLeave, Obj: ref})
		}
	}
	return update, nil
}

// read collects the objects of a filter. Once the client knows some, one that
// has gone is left out: its leaving is told instead of a fault.
func (c *collector) read(ctx *simulator.Context, spec types.PropertyFilterSpec, begun bool) ([]types.ObjectContent, fault) {
	if begun {
		spec.ReportMissingObjectsInResults = types.NewBool(true)
	}
	answer := c.PC.RetrievePropertiesEx(ctx, &types.RetrievePropertiesEx{
		This: c.PC.Self, SpecSet: []types.PropertyFilterSpec{spec},
	})
	if soapFault := answer.Fault(); soapFault != nil {
		return nil, soapFault.VimFault().(fault)
	}
	result := answer.(*methods.RetrievePropertiesExBody).Res.Returnval
	return result.Objects, nil
}

// missing tells of the objects that a new filter names and that are not there.
func (c *collector) missing(spec types.PropertyFilterSpec) []types.MissingObject {
	var list []types.MissingObject
	for _, o := range spec.ObjectSet {
		if isTrue(spec.ReportMissingObjectsInResults) && o.Obj.Type == "VirtualMachine" && c.server.registry.Get(o.Obj) == nil {
			gone := &types.ManagedObjectNotFound{Obj: o.Obj}
			list = append(list, types.MissingObject{Obj: o.Obj, Fault: localized(gone, "")})
		}
	}
	return list
}

// difference is what to tell about one object, and notes it as told.
func difference(old map[reference]map[string]string, content types.ObjectContent) *types.ObjectUpdate {
	before, known := old[content.Obj]
	update := &types.ObjectUpdate{Kind: types.ObjectUpdateKindModify, Obj: content.Obj}
	if !known {
		update.Kind = types.ObjectUpdateKindEnter
	}
	now := map[string]string{}
	for _, p := range content.PropSet {
		if p.Val == nil {
			continue
		}
		text := encoded(p)
		now[p.Name] = text
		if was, ok := before[p.Name]; !ok || was != text {
			update.ChangeSet = append(update.ChangeSet, types.PropertyChange{
				Name: p.Name, Op: types.PropertyChangeOpAssign, Val: p.Val,
			})
		}
	}
	for name := range before {
		if _, ok := now[name]; !ok {
			update.ChangeSet = append(update.ChangeSet, types.PropertyChange{Name: name, Op: types.PropertyChangeOpAssign})
		}
	}
	old[content.Obj] = now
	if known && len(update.ChangeSet) == 0 {
		return nil
	}
	return update
}

func encoded(property types.DynamicProperty) string {
	var out bytes.Buffer
	if err := xml.NewEncoder(&out).Encode(property); err != nil {
		panic(err)
	}
	return out.String()
}
