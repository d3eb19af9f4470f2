// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// privileges is the one table behind HasPrivilege and NoPermission: what each
// method needs. A test denies methods, and so the privileges that they need.
var privileges = map[string][]string{
	"CloneVM_Task":            {"VirtualMachine.Provisioning.Clone", "Datastore.AllocateSpace", "Resource.AssignVMToPool", "VirtualMachine.Inventory.CreateFromExisting"},
	"CreateSnapshot_Task":     {"VirtualMachine.State.CreateSnapshot"},
	"CreateSnapshotEx_Task":   {"VirtualMachine.State.CreateSnapshot"},
	"RemoveSnapshot_Task":     {"VirtualMachine.State.RemoveSnapshot"},
	"RemoveAllSnapshots_Task": {"VirtualMachine.State.RemoveSnapshot"},
	"ConsolidateVMDisks_Task": {"VirtualMachine.State.RemoveSnapshot"},
	"RevertToSnapshot_Task":   {"VirtualMachine.State.RevertToSnapshot"},
	"ReconfigVM_Task":         {"VirtualMachine.Config.AdvancedConfig", "VirtualMachine.Config.Annotation"},
	"Destroy_Task":            {"VirtualMachine.Inventory.Delete"},
	"Rename_Task":             {"VirtualMachine.Config.Rename"},
	"MoveIntoFolder_Task":     {"VirtualMachine.Inventory.Move"},
	"CreateFolder":            {"Folder.Create"},
	"PowerOnVM_Task":          {"VirtualMachine.Interact.PowerOn"},
	"PowerOffVM_Task":         {"VirtualMachine.Interact.PowerOff"},
	"CancelTask":              {"Global.CancelTask"},
	"MarkAsTemplate":          {"VirtualMachine.Provisioning.MarkAsTemplate"},
}

func privilegeOf(method string) string {
	if list := privileges[method]; len(list) > 0 {
		return list[0]
	}
	return "System.View"
}

func (s *server) forbidden(method string) bool {
	if selfLocking[method] {
		s.world.RLock()
		defer s.world.RUnlock()
	}
	return s.denied[method]
}

// granted says whether the account has a privilege, anywhere.
func (s *server) granted(privilege string) bool {
	for method := range s.denied {
		for _, needed := range privileges[method] {
			if needed == privilege {
				return false
			}
		}
	}
	return true
}

// authorizationObject answers from the table of denied methods.
type authorizationObject struct {
	Manager *simulator.AuthorizationManager
	server  *server
	noLock
}

func (o *authorizationObject) Reference() reference { return o.Manager.Self }

func (o *authorizationObject) entities(list []reference, ids []string) []types.EntityPrivilege {
	o.server.world.RLock()
	defer o.server.world.RUnlock()
	var all []types.EntityPrivilege
	for _, ref := range list {
		entry := types.EntityPrivilege{Entity: ref}
		for _, id := range ids {
			entry.PrivAvailability = append(entry.PrivAvailability,
				types.PrivilegeAvailability{PrivId: id, IsGranted: o.server.granted(id)})
		}
		all = append(all, entry)
	}
	return all
}

func (o *authorizationObject) HasPrivilegeOnEntities(req *types.HasPrivilegeOnEntities) soap.HasFault {
	return &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{
		Returnval: o.entities(req.Entity, req.PrivId),
	}}
}

func (o *authorizationObject) HasUserPrivilegeOnEntities(req *types.HasUserPrivilegeOnEntities) soap.HasFault {
	return &methods.HasUserPrivilegeOnEntitiesBody{Res: &types.HasUserPrivilegeOnEntitiesResponse{
		Returnval: o.entities(req.Entities, req.PrivId),
	}}
}

func (o *authorizationObject) HasPrivilegeOnEntity(req *types.HasPrivilegeOnEntity) soap.HasFault {
	var answer []bool
	for _, p := range o.entities([]reference{req.Entity}, req.PrivId)[0].PrivAvailability {
		answer = append(answer, p.IsGranted)
	}
	return &methods.HasPrivilegeOnEntityBody{Res: &types.HasPrivilegeOnEntityResponse{Returnval: answer}}
}

// CurrentTime is the server's clock, with its skew.
func (o *serviceObject) CurrentTime(*types.CurrentTime) soap.HasFault {
	o.server.world.RLock()
	defer o.server.world.RUnlock()
	return &methods.CurrentTimeBody{Res: &types.CurrentTimeResponse{Returnval: o.server.now().Truncate(time.Microsecond)}}
}

func (o *serviceObject) RetrieveServiceContent(req *types.RetrieveServiceContent) soap.HasFault {
	return o.Service.RetrieveServiceContent(req)
}

// datastoreObject keeps the simulator from replacing the space account.
type datastoreObject struct {
	Datastore *simulator.Datastore
	server    *server
	noLock
}

func (o *datastoreObject) Reference() reference { return o.Datastore.Self }

func (o *datastoreObject) RefreshDatastore(*types.RefreshDatastore) soap.HasFault {
	return &methods.RefreshDatastoreBody{Res: &types.RefreshDatastoreResponse{}}
}
