// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"reflect"
	"strings"

	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// managed are the types whose properties are checked before anything is read.
var managed = map[string]reflect.Type{}

func init() {
	for _, object := range []any{
		mo.VirtualMachine{}, mo.HostSystem{}, mo.Datastore{}, mo.Folder{}, mo.Datacenter{},
		mo.ComputeResource{}, mo.ClusterComputeResource{}, mo.ResourcePool{}, mo.Network{},
		mo.Task{}, mo.TaskManager{}, mo.VirtualMachineSnapshot{}, mo.SessionManager{},
		mo.ContainerView{}, mo.ListView{}, mo.ManagedEntity{}, mo.PropertyCollector{},
		mo.ServiceInstance{}, mo.EventManager{}, mo.TaskHistoryCollector{}, mo.ViewManager{},
		mo.AuthorizationManager{}, mo.LicenseManager{}, mo.VirtualApp{}, mo.StoragePod{},
		mo.DistributedVirtualPortgroup{}, mo.DistributedVirtualSwitch{}, mo.OpaqueNetwork{}, mo.CustomFieldsManager{},
	} {
		kind := reflect.TypeOf(object)
		managed[kind.Name()] = kind
	}
}

// checkSpecs refuses a property path that its type does not have.
func checkSpecs(specs []types.PropertyFilterSpec) fault {
	for _, spec := range specs {
		for _, set := range spec.PropSet {
			kind, ok := managed[set.Type]
			if !ok {
				continue
			}
			for _, path := range set.PathSet {
				if !hasPath(kind, path) {
					return &types.InvalidProperty{Name: path}
				}
			}
		}
	}
	return nil
}

// hasPath walks a path through the declared types. What lies behind a base
// type cannot be judged here and is let through.
func hasPath(kind reflect.Type, path string) bool {
	for _, step := range strings.Split(withoutKeys(path), ".") {
		name, keyed := strings.CutSuffix(step, "[]")
		if kind.Kind() == reflect.Pointer {
			kind = kind.Elem()
		}
		if kind.Kind() == reflect.Interface {
			return true
		}
		if kind.Kind() != reflect.Struct {
			return false
		}
		field, ok := fieldCalled(kind, name)
		if !ok {
			return false
		}
		kind = field
		if keyed {
			if kind.Kind() != reflect.Slice {
				return false
			}
			kind = kind.Elem()
		}
	}
	return true
}

// withoutKeys empties the brackets of a path: what is in them is free text.
func withoutKeys(path string) string {
	var out strings.Builder
	for {
		open := strings.IndexByte(path, '[')
		if open < 0 {
			break
		}
		length := strings.IndexByte(path[open:], ']')
		if length < 0 {
			break
		}
		out.WriteString(path[:open] + "[]")
		path = path[open+length+1:]
	}
	return out.String() + path
}

// fieldCalled finds a property by its name on the wire, also in embedded types.
func fieldCalled(kind reflect.Type, name string) (reflect.Type, bool) {
	for i := 0; i < kind.NumField(); i++ {
		field := kind.Field(i)
		if field.Anonymous && field.Type.Kind() == reflect.Struct {
			if found, ok := fieldCalled(field.Type, name); ok {
				return found, true
			}
			continue
		}
		tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if tag == name && name != "self" {
			return field.Type, true
		}
	}
	return nil, false
}
