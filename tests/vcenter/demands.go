// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// demand is a privilege that a call needs on an object.
type demand struct {
	on        reference
	privilege string
}

// unauthorized is the refusal of a call for which its user lacks a privilege.
func (s *server) unauthorized(user string, call *simulator.Method) fault {
	if selfLocking[call.Name] {
		s.world.RLock()
		defer s.world.RUnlock()
	}
	if s.denied[call.Name] {
		return noPermission(call.This, privilegeOf(call.Name))
	}
	if s.unlimited(user) {
		return nil
	}
	for _, d := range s.demands(call) {
		if s.registry.Get(d.on) != nil && !s.may(user, d.on, d.privilege) {
			return noPermission(d.on, d.privilege)
		}
	}
	return nil
}

func noPermission(on reference, privilege string) fault {
	return &types.NoPermission{
		Object: &on, PrivilegeId: privilege,
		MissingPrivileges: []types.NoPermissionEntityPrivileges{{Entity: on, PrivilegeIds: []string{privilege}}},
	}
}

// demands are what a call needs, in the order in which it is asked for.
func (s *server) demands(call *simulator.Method) []demand {
	switch request := call.Body.(type) {
	case *types.CloneVM_Task:
		return s.cloneDemands(request)
	case *types.ReconfigVM_Task:
		return configDemands(call.This, request.Spec)
	case *types.Destroy_Task:
		return s.destroyDemands(call.This)
	case *types.Rename_Task:
		if call.This.Type == "Folder" {
			return []demand{{call.This, "Folder.Rename"}}
		}
	case *types.MoveIntoFolder_Task:
		return s.moveDemands(request)
	case *types.CreateContainerView:
		return []demand{{request.Container, "System.View"}}
	case *types.SetField:
		return []demand{{request.Entity, "Global.SetCustomField"}}
	case *types.AddCustomFieldDef:
		return []demand{{s.rootFolder(), "Global.ManageCustomFields"}}
	case *types.LogUserEvent:
		return []demand{{request.Entity, "Global.LogEvent"}}
	case *types.SetEntityPermissions:
		return []demand{{request.Entity, "Authorization.ModifyPermissions"}}
	case *types.RemoveEntityPermission:
		return []demand{{request.Entity, "Authorization.ModifyPermissions"}}
	}
	if needed := privileges[call.Name]; len(needed) > 0 {
		return []demand{{call.This, needed[0]}}
	}
	return nil
}

// cloneDemands are about the source, the folder, the pool, the datastores and
// the networks. VMware lists AddNewDisk on the folder for what is deployed from
// a template; for a copy of a VM it is asked for too, as the stricter reading.
func (s *server) cloneDemands(r *types.CloneVM_Task) []demand {
	m := s.machines[r.This]
	if m == nil {
		return nil
	}
	clone, location := "VirtualMachine.Provisioning.Clone", r.Spec.Location
	if m.vm.Config.Template {
		clone = "VirtualMachine.Provisioning.DeployTemplate"
	}
	folder, pool := r.Folder, *m.vm.ResourcePool
	if location.Folder != nil {
		folder = *location.Folder
	}
	if location.Pool != nil {
		pool = *location.Pool
	}
	list := []demand{
		{r.This, clone}, {folder, "VirtualMachine.Inventory.CreateFromExisting"},
		{folder, "VirtualMachine.Config.AddNewDisk"}, {pool, "Resource.AssignVMToPool"},
	}
	for _, datastore := range cloneDatastores(m, location) {
		list = append(list, demand{datastore, "Datastore.AllocateSpace"})
	}
	for _, network := range networksOf(m.vm.Config.Hardware.Device) {
		list = append(list, demand{network, "Network.Assign"})
	}
	if r.Spec.Config != nil {
		list = append(list, configDemands(folder, *r.Spec.Config)...)
	}
	return list
}

// cloneDatastores are the datastores that a copy takes space of.
func cloneDatastores(m *machine, location types.VirtualMachineRelocateSpec) []reference {
	list := []reference{m.vm.Datastore[0]}
	if location.Datastore != nil {
		list[0] = *location.Datastore
	}
	for _, locator := range location.Disk {
		list = append(list, locator.Datastore)
	}
	return list
}

// configDemands are what a specification needs on the VM that it changes, or
// on the folder of the one that it makes. For the annotation, the texts of the
// API name two privileges: both are asked for.
func configDemands(on reference, spec types.VirtualMachineConfigSpec) []demand {
	var list []demand
	ask := func(changed bool, ids ...string) {
		for _, id := range ids {
			if changed {
				list = append(list, demand{on, "VirtualMachine.Config." + id})
			}
		}
	}
	ask(spec.Name != "", "Rename")
	ask(spec.Annotation != "", "Annotation", "Rename")
	ask(len(spec.ExtraConfig) > 0, "AdvancedConfig")
	ask(spec.Uuid != "" || spec.InstanceUuid != "" || spec.GuestId != "", "Settings")
	ask(spec.NumCPUs != 0, "CPUCount")
	ask(spec.MemoryMB != 0, "Memory")
	for _, change := range spec.DeviceChange {
		edit := change.GetVirtualDeviceConfigSpec().Operation == types.VirtualDeviceConfigSpecOperationEdit
		ask(edit, "EditDevice")
		ask(!edit, "AddRemoveDevice")
	}
	return list
}

func (s *server) destroyDemands(ref reference) []demand {
	privilege := "VirtualMachine.Inventory.Delete"
	if ref.Type == "Folder" {
		privilege = "Folder.Delete"
	}
	list := []demand{{ref, privilege}}
	if entity, ok := s.registry.Get(ref).(mo.Entity); ok && entity.Entity().Parent != nil {
		list = append(list, demand{*entity.Entity().Parent, privilege})
	}
	return list
}

// moveDemands are about the VM, the folder that it leaves and the new one.
func (s *server) moveDemands(r *types.MoveIntoFolder_Task) []demand {
	const move = "VirtualMachine.Inventory.Move"
	list := []demand{{r.This, move}}
	for _, ref := range r.List {
		list = append(list, demand{ref, move})
		if m := s.machines[ref]; m != nil {
			list = append(list, demand{*m.vm.Parent, move})
		}
	}
	return list
}

// unwelcome refuses the login of an account without any permission.
func (s *server) unwelcome(call *simulator.Method) fault {
	login, ok := call.Body.(*types.Login)
	if !ok || !s.validLogin(login) {
		return nil // the session manager says what is wrong with it
	}
	s.world.RLock()
	defer s.world.RUnlock()
	if s.permissions.known(login.UserName) {
		return nil
	}
	return noPermission(s.rootFolder(), "System.View")
}
