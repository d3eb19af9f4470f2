// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// roleAdmin is the number of the built-in role that may do everything.
const roleAdmin = -1

// permissionTable says which role a user has on an object; the world guards it.
// A permission on an object takes the place of all that its user would inherit
// there. A VM inherits from its folder and from its resource pool: what either
// of them grants is granted. Groups are unknown here.
type permissionTable struct {
	list map[reference][]types.Permission
}

func newPermissionTable() *permissionTable {
	return &permissionTable{list: map[reference][]types.Permission{}}
}

// principal brings DOMAIN\user and user@domain to one spelling.
func principal(user string) string {
	if domain, name, found := strings.Cut(user, `\`); found {
		user = name + "@" + domain
	}
	return strings.ToLower(user)
}

func (t *permissionTable) of(user string, on reference) *types.Permission {
	for i, p := range t.list[on] {
		if !p.Group && principal(p.Principal) == principal(user) {
			return &t.list[on][i]
		}
	}
	return nil
}

// set adds a permission, or replaces the user's on that object.
func (t *permissionTable) set(on reference, fresh types.Permission) {
	t.remove(on, fresh.Principal, fresh.Group)
	fresh.Entity = &on
	t.list[on] = append(t.list[on], fresh)
}

// remove says whether there was one.
func (t *permissionTable) remove(on reference, user string, group bool) bool {
	var kept []types.Permission
	for _, p := range t.list[on] {
		if p.Group != group || principal(p.Principal) != principal(user) {
			kept = append(kept, p)
		}
	}
	removed := len(kept) < len(t.list[on])
	t.list[on] = kept
	return removed
}

// known says whether the user has any permission at all.
func (t *permissionTable) known(user string) bool {
	for on := range t.list {
		if t.of(user, on) != nil {
			return true
		}
	}
	return false
}

// unlimited says whether the user may do everything everywhere.
func (s *server) unlimited(user string) bool {
	for on := range s.permissions.list {
		p := s.permissions.of(user, on)
		if p != nil && (p.RoleId != roleAdmin || !p.Propagate || on != s.rootFolder()) {
			return false
		}
	}
	return s.permissions.known(user)
}

func (s *server) rootFolder() reference {
	return s.registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance).Content.RootFolder
}

// parentsOf are the objects that an object inherits permissions from.
func (s *server) parentsOf(ref reference) []reference {
	var parents []reference
	add := func(parent *reference) {
		if parent != nil {
			parents = append(parents, *parent)
		}
	}
	switch o := s.registry.Get(ref).(type) {
	case *simulator.VirtualMachine:
		add(o.Parent)
		add(o.ResourcePool)
	case mo.Entity:
		add(o.Entity().Parent)
	}
	return parents
}

// rolesOn are the numbers of the roles that a user has on an object.
func (s *server) rolesOn(user string, ref reference) []int32 {
	if own := s.permissions.of(user, ref); own != nil {
		return []int32{own.RoleId}
	}
	return s.inheritedRoles(user, ref)
}

func (s *server) inheritedRoles(user string, ref reference) []int32 {
	var roles []int32
	for _, parent := range s.parentsOf(ref) {
		if own := s.permissions.of(user, parent); own != nil && own.Propagate {
			roles = append(roles, own.RoleId)
		} else {
			roles = append(roles, s.inheritedRoles(user, parent)...)
		}
	}
	return roles
}

// may says whether a user has a privilege on an object. Managers are asked as
// the root folder; a snapshot as its VM, a task as what it works on.
func (s *server) may(user string, ref reference, privilege string) bool {
	for _, role := range s.rolesOn(user, s.entityFor(ref)) {
		if role == roleAdmin {
			return true
		}
		for _, id := range s.privilegesOf(role) {
			if id == privilege {
				return true
			}
		}
	}
	return false
}

// entityFor is the object of the inventory whose permissions count.
func (s *server) entityFor(ref reference) reference {
	switch o := s.registry.Get(ref).(type) {
	case *simulator.VirtualMachineSnapshot:
		return o.Vm
	case *simulator.Task:
		if o.Info.Entity != nil {
			return *o.Info.Entity
		}
	case mo.Entity:
		return ref
	}
	return s.rootFolder()
}

func (s *server) privilegesOf(role int32) []string {
	if found := s.roles().ById(role); found != nil {
		return found.Privilege
	}
	return nil
}

func (s *server) roles() object.AuthorizationRoleList {
	return object.AuthorizationRoleList(s.authorization().RoleList)
}

func (s *server) authorization() *simulator.AuthorizationManager {
	for _, manager := range s.registry.AllReference("AuthorizationManager") {
		return manager.(*simulator.AuthorizationManager)
	}
	return nil
}

// grantAccounts gives the accounts of the configuration what they begin with:
// all rights, but none to the user where there is an administrator.
func (s *server) grantAccounts() {
	user := s.config.User
	if s.config.Admin != "" {
		user = s.config.Admin
	}
	s.permissions.set(s.rootFolder(), types.Permission{Principal: user, RoleId: roleAdmin, Propagate: true})
	s.registry.SessionManager().ValidLogin = s.validLogin
}

func (s *server) validLogin(login *types.Login) bool {
	name := principal(login.UserName)
	return name == principal(s.config.User) && login.Password == s.config.Password ||
		s.config.Admin != "" && name == principal(s.config.Admin) && login.Password == s.config.AdminPassword
}
