// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// posted is an event with the places that it happened in: its VM, host,
// datastore, and all that hold them, as they were.
type posted struct {
	event  types.BaseEvent
	self   []reference
	within []reference
}

// reportBegin posts that a copy has begun.
func (s *server) reportBegin(j *job, c *cloning) {
	event := &types.VmBeingClonedEvent{
		DestFolder: s.folderArgument(c.plan.folder), DestName: c.plan.name, DestHost: hostArgument(c.plan.host),
	}
	s.post(j, event, c.source)
}

// reportEnd posts what became of a copy. Only one that has ended well, and
// that the server believes to, has the event that proves it.
func (s *server) reportEnd(j *job, c *cloning, failure fault) {
	if failure == nil && j.order.End == endErrorPresent {
		failure = j.order.failure(j)
	}
	if failure != nil {
		if !j.unseen {
			s.post(j, &types.VmCloneFailedEvent{
				DestFolder: s.folderArgument(c.plan.folder), DestName: c.plan.name,
				DestHost: hostArgument(c.plan.host), Reason: localized(failure, ""),
			}, c.source)
		}
		return
	}
	s.post(j, &types.VmClonedEvent{SourceVm: vmArgument(c.source)}, c.result)
}

// post enters an event of a task about a VM.
func (s *server) post(j *job, base types.BaseEvent, m *machine) {
	event := base.GetEvent()
	event.ChainId = j.task.Info.EventChainId
	event.FullFormattedMessage = eventName(base) + " of " + shown(m.vm.Name)
	s.enter(j.user, base, m)
}

// enter puts an event about a VM into the list, now by the server's clock.
func (s *server) enter(user string, base types.BaseEvent, m *machine) {
	event := base.GetEvent()
	event.Key = int32(s.next())
	event.CreatedTime, event.UserName = s.now(), user
	own, host := vmArgument(m), hostArgument(s.hostOf(m))
	event.Vm, event.Host = &own, &host
	p := posted{event: base, self: []reference{own.Vm, host.Host}}
	for _, ref := range p.self {
		p.within = append(p.within, s.ancestors(ref)...)
	}
	for _, ref := range m.vm.Datastore {
		p.self = append(p.self, ref)
		if event.Ds == nil {
			event.Ds = &types.DatastoreEventArgument{
				EntityEventArgument: types.EntityEventArgument{Name: s.datastores[ref].name}, Datastore: ref,
			}
		}
	}
	s.events = append(s.events, p)
}

func vmArgument(m *machine) types.VmEventArgument {
	return types.VmEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: m.vm.Name}, Vm: m.vm.Self,
	}
}

func hostArgument(host *simulator.HostSystem) types.HostEventArgument {
	return types.HostEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: host.Name}, Host: host.Self,
	}
}

func (s *server) folderArgument(folder *simulator.Folder) types.FolderEventArgument {
	return types.FolderEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: folder.Name}, Folder: folder.Self,
	}
}
