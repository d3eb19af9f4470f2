// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// LogUserEvent enters a line that a user wrote into the event log of a VM.
func (o *eventsObject) LogUserEvent(c *simulator.Context, req *types.LogUserEvent) soap.HasFault {
	if req.Msg == "" {
		return &methods.LogUserEventBody{Fault_: refuse(invalid("msg"))}
	}
	m := o.server.machines[req.Entity]
	if m == nil {
		return &methods.LogUserEventBody{Fault_: refuse(&types.ManagedObjectNotFound{Obj: req.Entity})}
	}
	event := &types.GeneralUserEvent{GeneralEvent: types.GeneralEvent{Message: req.Msg}}
	event.FullFormattedMessage = "User logged event: " + req.Msg
	o.server.enter(c.Session.UserName, event, m)
	return &methods.LogUserEventBody{Res: &types.LogUserEventResponse{}}
}

// userEventsOf are the lines that users wrote about the VM, the oldest first.
func (s *server) userEventsOf(m *machine) []string {
	lines := []string{}
	for _, p := range s.events {
		if event, ok := p.event.(*types.GeneralUserEvent); ok && p.self[0] == m.vm.Self {
			lines = append(lines, event.Message)
		}
	}
	return lines
}

// attributesOf are the VM's custom attributes by their names.
func (s *server) attributesOf(m *machine) map[string]string {
	attributes := map[string]string{}
	for _, value := range m.vm.CustomValue {
		text, ok := value.(*types.CustomFieldStringValue)
		if !ok {
			continue
		}
		for _, field := range s.customFields() {
			if field.Key == text.Key {
				attributes[field.Name] = text.Value
			}
		}
	}
	return attributes
}

func (s *server) customFields() []types.CustomFieldDef {
	content := s.registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content
	if content.CustomFieldsManager == nil {
		return nil
	}
	return s.registry.Get(*content.CustomFieldsManager).(*simulator.CustomFieldsManager).Field
}
