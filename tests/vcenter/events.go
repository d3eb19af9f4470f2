// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/vim25/types"
)

// reportClone posts the event that proves a finished copy.
func (s *server) reportClone(j *job, source, result *machine) {
	event := &types.VmClonedEvent{SourceVm: vmArgument(source)}
	event.UserName, event.CreatedTime = j.user, s.now()
	own := vmArgument(result)
	event.Vm = &own
	host := s.hostOf(result)
	event.Host = &types.HostEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: host.Name}, Host: host.Self,
	}
	event.FullFormattedMessage = shown(source.vm.Name) + " was cloned to " + shown(result.vm.Name)
	c := s.stranger()
	c.Session.UserName = j.user
	manager := s.registry.EventManager()
	s.registry.WithLock(c, manager, func() {
		manager.PostEvent(c, &types.PostEvent{EventToPost: event})
	})
}

func vmArgument(m *machine) types.VmEventArgument {
	return types.VmEventArgument{
		EntityEventArgument: types.EntityEventArgument{Name: m.vm.Name}, Vm: m.vm.Self,
	}
}
