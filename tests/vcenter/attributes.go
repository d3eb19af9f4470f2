// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"sort"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/types"
)

// attributeValues are values of custom attributes; one that is new gets a field.
func (s *server) attributeValues(wanted map[string]string) []types.BaseCustomFieldValue {
	instance := s.registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	manager := s.registry.Get(*instance.Content.CustomFieldsManager).(*simulator.CustomFieldsManager)
	names := make([]string, 0, len(wanted))
	for name := range wanted {
		names = append(names, name)
	}
	sort.Strings(names)
	values := []types.BaseCustomFieldValue{}
	for _, name := range names {
		key := int32(-1)
		for _, field := range manager.Field {
			if field.Name == name {
				key = field.Key
			}
		}
		if key < 0 {
			key = 100 + int32(len(manager.Field))
			manager.Field = append(manager.Field, types.CustomFieldDef{
				Key: key, Name: name, Type: "string", ManagedObjectType: "VirtualMachine",
			})
		}
		values = append(values, &types.CustomFieldStringValue{
			CustomFieldValue: types.CustomFieldValue{Key: key}, Value: wanted[name],
		})
	}
	return values
}
