// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// privileges is what each method needs: where demands.go says nothing more of
// it, the first one on the object that it is called on. A test denies methods,
// and so the privileges that they need.
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
	"MarkAsVirtualMachine":    {"VirtualMachine.Provisioning.MarkAsVM"},
	"SuspendVM_Task":          {"VirtualMachine.Interact.Suspend"},
	"ShutdownGuest":           {"VirtualMachine.Interact.PowerOff"},
	"AddAuthorizationRole":    {"Authorization.ModifyRoles"},
	"UpdateAuthorizationRole": {"Authorization.ModifyRoles"},
	"RemoveAuthorizationRole": {"Authorization.ModifyRoles"},
	"TerminateSession":        {"Sessions.TerminateSession"},
	"SetField":                {"Global.SetCustomField"},
	"AddCustomFieldDef":       {"Global.ManageCustomFields"},
	"LogUserEvent":            {"Global.LogEvent"},
}

func privilegeOf(method string) string {
	if list := privileges[method]; len(list) > 0 {
		return list[0]
	}
	return "System.View"
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
