// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"reflect"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// mostEvents is how many events one query answers at most.
const mostEvents = 1000

// eventsObject answers for the event manager.
type eventsObject struct {
	Manager *simulator.EventManager
	server  *server
	noLock
}

func (o *eventsObject) Reference() reference { return o.Manager.Self }

// QueryEvents answers the events that fit the filter, the oldest first; of too
// many the latest.
func (o *eventsObject) QueryEvents(req *types.QueryEvents) soap.HasFault {
	filter, most := req.Filter, mostEvents
	if filter.MaxCount < 0 || filter.MaxCount > mostEvents {
		return &methods.QueryEventsBody{Fault_: refuse(invalid("filter.maxCount"))}
	}
	if filter.MaxCount > 0 {
		most = int(filter.MaxCount)
	}
	if e := filter.Entity; e != nil && o.server.registry.Get(e.Entity) == nil {
		return &methods.QueryEventsBody{Fault_: refuse(&types.ManagedObjectNotFound{Obj: e.Entity})}
	}
	var found []types.BaseEvent
	for _, p := range o.server.events {
		if p.fits(&filter) {
			found = append(found, p.event)
		}
	}
	slices.SortStableFunc(found, func(a, b types.BaseEvent) int {
		return a.GetEvent().CreatedTime.Compare(b.GetEvent().CreatedTime)
	})
	found = found[max(0, len(found)-most):]
	return &methods.QueryEventsBody{Res: &types.QueryEventsResponse{Returnval: found}}
}

func (p *posted) fits(filter *types.EventFilterSpec) bool {
	event := p.event.GetEvent()
	if filter.EventChainId != 0 && filter.EventChainId != event.ChainId {
		return false
	}
	if users := filter.UserName; users != nil && len(users.UserList) > 0 && !slices.Contains(users.UserList, event.UserName) {
		return false
	}
	if window := filter.Time; window != nil {
		if window.BeginTime != nil && event.CreatedTime.Before(*window.BeginTime) ||
			window.EndTime != nil && event.CreatedTime.After(*window.EndTime) {
			return false
		}
	}
	kinds := slices.Concat(filter.EventTypeId, filter.Type)
	return (len(kinds) == 0 || isOneOf(reflect.TypeOf(p.event).Elem(), kinds)) && p.concerns(filter.Entity)
}

// isOneOf says whether a type or one of its ancestors has one of the names;
// what the names are qualified by does not matter.
func isOneOf(kind reflect.Type, names []string) bool {
	for _, name := range names {
		for len(name) > 4 && name[:4] == "vim." {
			name = name[4:]
		}
		if name == kind.Name() || name == "event."+kind.Name() {
			return true
		}
	}
	return kind.NumField() > 0 && kind.Field(0).Anonymous && isOneOf(kind.Field(0).Type, names)
}

func (p *posted) concerns(entity *types.EventFilterSpecByEntity) bool {
	if entity == nil {
		return true
	}
	self, within := slices.Contains(p.self, entity.Entity), slices.Contains(p.within, entity.Entity)
	switch entity.Recursion {
	case types.EventFilterSpecRecursionOptionSelf:
		return self
	case types.EventFilterSpecRecursionOptionChildren:
		return within
	}
	return self || within
}

// ancestors are all that an entity lies in.
func (s *server) ancestors(ref reference) []reference {
	var all []reference
	for {
		entity, ok := s.registry.Get(ref).(mo.Entity)
		if !ok || entity.Entity().Parent == nil {
			return all
		}
		ref = *entity.Entity().Parent
		all = append(all, ref)
	}
}

func eventName(event types.BaseEvent) string { return reflect.TypeOf(event).Elem().Name() }
