// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// authorizationObject keeps roles with the simulator's code, and permissions
// with this program's. What no session of its own is asked about, it answers
// from the permissions and the methods that a test denies.
type authorizationObject struct {
	Manager *simulator.AuthorizationManager
	server  *server
	noLock
}

func (o *authorizationObject) Reference() reference { return o.Manager.Self }

// AddAuthorizationRole gives each role a number of its own.
func (o *authorizationObject) AddAuthorizationRole(req *types.AddAuthorizationRole) soap.HasFault {
	body := o.Manager.AddAuthorizationRole(req).(*methods.AddAuthorizationRoleBody)
	if body.Res != nil {
		id := int32(o.server.next())
		o.Manager.RoleList[len(o.Manager.RoleList)-1].RoleId = id
		body.Res.Returnval = id
	}
	return body
}

func (o *authorizationObject) UpdateAuthorizationRole(req *types.UpdateAuthorizationRole) soap.HasFault {
	return o.Manager.UpdateAuthorizationRole(req)
}

func (o *authorizationObject) RemoveAuthorizationRole(req *types.RemoveAuthorizationRole) soap.HasFault {
	for on, list := range o.server.permissions.list {
		used := func(p types.Permission) bool { return p.RoleId == req.RoleId }
		if req.FailIfUsed && slices.ContainsFunc(list, used) {
			return &methods.RemoveAuthorizationRoleBody{Fault_: refuse(&types.RemoveFailed{})}
		}
		o.server.permissions.list[on] = slices.DeleteFunc(slices.Clone(list), used)
	}
	return o.Manager.RemoveAuthorizationRole(req)
}

func (o *authorizationObject) SetEntityPermissions(req *types.SetEntityPermissions) soap.HasFault {
	if _, ok := o.server.registry.Get(req.Entity).(mo.Entity); !ok {
		return &methods.SetEntityPermissionsBody{Fault_: refuse(&types.ManagedObjectNotFound{Obj: req.Entity})}
	}
	for _, p := range req.Permission {
		if o.server.roles().ById(p.RoleId) == nil {
			return &methods.SetEntityPermissionsBody{Fault_: refuse(&types.NotFound{})}
		}
	}
	for _, p := range req.Permission {
		o.server.permissions.set(req.Entity, p)
	}
	return &methods.SetEntityPermissionsBody{Res: &types.SetEntityPermissionsResponse{}}
}

func (o *authorizationObject) RemoveEntityPermission(req *types.RemoveEntityPermission) soap.HasFault {
	if !o.server.permissions.remove(req.Entity, req.User, req.IsGroup) {
		return &methods.RemoveEntityPermissionBody{Fault_: refuse(&types.NotFound{})}
	}
	return &methods.RemoveEntityPermissionBody{Res: &types.RemoveEntityPermissionResponse{}}
}

func (o *authorizationObject) RetrieveEntityPermissions(req *types.RetrieveEntityPermissions) soap.HasFault {
	all := slices.Clone(o.server.permissions.list[req.Entity])
	for at := []reference{req.Entity}; req.Inherited && len(at) > 0; at = at[1:] {
		for _, parent := range o.server.parentsOf(at[0]) {
			all = append(all, o.server.permissions.list[parent]...)
			at = append(at, parent)
		}
	}
	return &methods.RetrieveEntityPermissionsBody{Res: &types.RetrieveEntityPermissionsResponse{Returnval: all}}
}

func (o *authorizationObject) RetrieveAllPermissions(*types.RetrieveAllPermissions) soap.HasFault {
	return &methods.RetrieveAllPermissionsBody{Res: &types.RetrieveAllPermissionsResponse{
		Returnval: o.permissions(func(types.Permission) bool { return true }),
	}}
}

func (o *authorizationObject) RetrieveRolePermissions(req *types.RetrieveRolePermissions) soap.HasFault {
	return &methods.RetrieveRolePermissionsBody{Res: &types.RetrieveRolePermissionsResponse{
		Returnval: o.permissions(func(p types.Permission) bool { return p.RoleId == req.RoleId }),
	}}
}

func (o *authorizationObject) permissions(wanted func(types.Permission) bool) []types.Permission {
	var all []types.Permission
	for _, list := range o.server.permissions.list {
		for _, p := range list {
			if wanted(p) {
				all = append(all, p)
			}
		}
	}
	return all
}

// granted says whether a user may use a privilege on an object, now.
func (o *authorizationObject) granted(user string, on reference, privilege string) bool {
	return o.server.granted(privilege) && o.server.may(user, on, privilege)
}

func (o *authorizationObject) entities(user string, list []reference, ids []string) []types.EntityPrivilege {
	o.server.world.RLock()
	defer o.server.world.RUnlock()
	var all []types.EntityPrivilege
	for _, ref := range list {
		entry := types.EntityPrivilege{Entity: ref}
		for _, id := range ids {
			entry.PrivAvailability = append(entry.PrivAvailability,
				types.PrivilegeAvailability{PrivId: id, IsGranted: o.granted(user, ref, id)})
		}
		all = append(all, entry)
	}
	return all
}

// userOf is who has a session; nobody has an unknown one.
func (o *authorizationObject) userOf(session string) string {
	for _, known := range o.server.sessionList() {
		if known.Key == session {
			return known.UserName
		}
	}
	return ""
}

func (o *authorizationObject) HasPrivilegeOnEntities(req *types.HasPrivilegeOnEntities) soap.HasFault {
	return &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{
		Returnval: o.entities(o.userOf(req.SessionId), req.Entity, req.PrivId),
	}}
}

func (o *authorizationObject) HasUserPrivilegeOnEntities(req *types.HasUserPrivilegeOnEntities) soap.HasFault {
	return &methods.HasUserPrivilegeOnEntitiesBody{Res: &types.HasUserPrivilegeOnEntitiesResponse{
		Returnval: o.entities(req.UserName, req.Entities, req.PrivId),
	}}
}

func (o *authorizationObject) HasPrivilegeOnEntity(req *types.HasPrivilegeOnEntity) soap.HasFault {
	var answer []bool
	for _, p := range o.entities(o.userOf(req.SessionId), []reference{req.Entity}, req.PrivId)[0].PrivAvailability {
		answer = append(answer, p.IsGranted)
	}
	return &methods.HasPrivilegeOnEntityBody{Res: &types.HasPrivilegeOnEntityResponse{Returnval: answer}}
}

func (o *authorizationObject) FetchUserPrivilegeOnEntities(req *types.FetchUserPrivilegeOnEntities) soap.HasFault {
	all := o.server.roles().ById(roleAdmin).Privilege
	var answer []types.UserPrivilegeResult
	for _, entry := range o.entities(req.UserName, req.Entities, all) {
		result := types.UserPrivilegeResult{Entity: entry.Entity}
		for _, p := range entry.PrivAvailability {
			if p.IsGranted {
				result.Privileges = append(result.Privileges, p.PrivId)
			}
		}
		answer = append(answer, result)
	}
	return &methods.FetchUserPrivilegeOnEntitiesBody{Res: &types.FetchUserPrivilegeOnEntitiesResponse{Returnval: answer}}
}
