// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// readMethods only read the inventory: they share the world.
var readMethods = map[string]bool{
	"RetrieveServiceContent": true, "FindByInventoryPath": true, "FindByUuid": true,
	"FindAllByUuid": true, "FindChild": true, "FindByDatastorePath": true, "RetrievePropertiesEx": true,
	"RetrieveProperties": true, "ContinueRetrievePropertiesEx": true, "FindByIp": true, "CreateContainerView": true,
	"CreateListView": true, "Fetch": true, "QueryEvents": true,
}

// selfLocking methods take the world themselves, or must not hold it.
var selfLocking = map[string]bool{
	"WaitForUpdatesEx": true, "WaitForUpdates": true, "CancelWaitForUpdates": true, "Login": true,
	"Logout": true, "TerminateSession": true, "CurrentTime": true, "CancelTask": true,
	"CloneVM_Task": true, "CreateSnapshot_Task": true, "CreateSnapshotEx_Task": true,
	"RemoveSnapshot_Task": true, "RevertToSnapshot_Task": true, "RemoveAllSnapshots_Task": true,
	"ConsolidateVMDisks_Task": true, "ReconfigVM_Task": true, "Destroy_Task": true, "Rename_Task": true,
	"MoveIntoFolder_Task": true, "CreateFolder": true, "PowerOnVM_Task": true, "PowerOffVM_Task": true,
	"SuspendVM_Task": true, "ShutdownGuest": true, "MarkAsTemplate": true, "MarkAsVirtualMachine": true,
	"HasPrivilegeOnEntities": true, "HasPrivilegeOnEntity": true, "FetchUserPrivilegeOnEntities": true,
	"HasUserPrivilegeOnEntities": true, "RefreshDatastore": true,
}

// openMethods need no session.
var openMethods = map[string]bool{
	"Login": true, "LoginByToken": true, "LoginExtensionByCertificate": true, "CloneSession": true,
	"RetrieveServiceContent": true,
}

// hold takes the world as the method needs it and answers how to let go.
func (s *server) hold(method string) func() {
	switch {
	case selfLocking[method]:
		return func() {}
	case readMethods[method]:
		s.world.RLock()
		return s.world.RUnlock
	}
	s.world.Lock()
	return s.world.Unlock
}

// handle sees every call before it is dispatched. It refuses what a session
// may not do and puts the objects of this program in front of the simulator's.
func (s *server) handle(c *simulator.Context, call *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	if c.Session == nil {
		if openMethods[call.Name] {
			return nil, s.unwelcome(call)
		}
		return nil, notAuthenticated(call.This)
	}
	idle := s.sessions.touch(c.Session)
	limit := time.Duration(s.config.IdleSeconds) * time.Second
	if limit > 0 && idle > limit {
		s.endSession(c.Session.Key)
		return nil, notAuthenticated(call.This)
	}
	if f := s.unauthorized(c.Session.UserName, call); f != nil {
		return nil, f
	}
	switch call.Name {
	case "Logout":
		s.sessions.drop(c.Session.Key)
		return nil, nil
	case "TerminateSession":
		if request, ok := call.Body.(*types.TerminateSession); ok {
			for _, key := range request.SessionId {
				if key != c.Session.Key {
					s.sessions.drop(key)
				}
			}
		}
		return nil, nil
	}
	if wrapper := s.wrapper(c, call.This); wrapper != nil {
		s.sessions.wrap(c.Session, wrapper)
		if wrapped(call.This) && s.registry.Get(call.This) == nil {
			s.sessions.forget(call.This) // it went away in the meantime
		}
	}
	return nil, nil
}

func wrapped(ref reference) bool {
	switch ref.Type {
	case "VirtualMachine", "VirtualMachineSnapshot", "Folder", "Task":
		return true
	}
	return false
}

// wrapper is the object that answers for a reference, if this program has one.
func (s *server) wrapper(c *simulator.Context, ref reference) mo.Reference {
	switch object := s.registry.Get(ref).(type) {
	case *simulator.VirtualMachine:
		return &vmObject{VM: object, server: s}
	case *simulator.VirtualMachineSnapshot:
		return &snapshotObject{Snapshot: object, server: s}
	case *simulator.Folder:
		return &folderObject{Folder: object, server: s}
	case *simulator.Task:
		return &taskObject{Task: object, server: s}
	case *simulator.ServiceInstance:
		return &serviceObject{Service: object, server: s}
	case *simulator.AuthorizationManager:
		return &authorizationObject{Manager: object, server: s}
	case *simulator.TaskManager:
		return &tasksObject{Manager: object, server: s}
	case *simulator.EventManager:
		return &eventsObject{Manager: object, server: s}
	case *simulator.Datastore:
		return &datastoreObject{Datastore: object, server: s}
	}
	if ref.Type == "PropertyCollector" {
		if pc, ok := c.Session.Get(ref).(*simulator.PropertyCollector); ok {
			return newCollector(s, pc)
		}
	}
	return nil
}

func notAuthenticated(ref reference) fault {
	return &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &ref, PrivilegeId: "System.View"}}
}

// serviceObject answers for the service instance: the clock may be off.
type serviceObject struct {
	Service *simulator.ServiceInstance
	server  *server
	noLock
}

func (o *serviceObject) Reference() reference { return vim25.ServiceInstance }
