// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// reference and fault shorten the two types that every function here uses.
type (
	reference = types.ManagedObjectReference
	fault     = types.BaseMethodFault
)

// sentences are what the server says to a person about a fault.
var sentences = map[string]string{
	"ApplicationQuiesceFault":        "The guest operating system could not be quiesced.",
	"ConcurrentAccess":               "The entity was changed by somebody else in the meantime.",
	"DuplicateName":                  "The name is in use already in this place.",
	"HostNotConnected":               "The host is not connected.",
	"InaccessibleDatastore":          "The datastore cannot be reached.",
	"InvalidArgument":                "A parameter of the request is not right.",
	"InvalidLogin":                   "Cannot complete login due to an incorrect user name or password.",
	"InvalidName":                    "The name is not valid.",
	"InvalidPowerState":              "The operation is not allowed in the current power state.",
	"InvalidState":                   "The operation is not allowed in the current state.",
	"InvalidProperty":                "The property does not exist.",
	"ManagedObjectNotFound":          "The object has been deleted or was never created completely.",
	"NoDiskSpace":                    "There is not enough space on the datastore.",
	"NoPermission":                   "Permission to perform this operation was denied.",
	"NotAuthenticated":               "The session is not authenticated.",
	"NotSupported":                   "The operation is not supported on the object.",
	"RequestCanceled":                "The task was canceled by a user.",
	"SnapshotIncompatibleDeviceInVm": "The virtual machine has a device that forbids a snapshot.",
	"TaskInProgress":                 "Another task is already in progress.",
}

func faultName(f fault) string { return reflect.TypeOf(f).Elem().Name() }

// sentence is the text that goes with a fault.
func sentence(f fault) string {
	if text, ok := sentences[faultName(f)]; ok {
		return text
	}
	return "A general error occurred: " + faultName(f) + "."
}

// refuse makes the SOAP fault of a refused call; nil stays nil.
func refuse(f fault) *soap.Fault {
	if f == nil {
		return nil
	}
	return simulator.Fault(sentence(f), f)
}

// localized is a fault as a task carries it.
func localized(f fault, message string) types.LocalizedMethodFault {
	if message == "" {
		message = sentence(f)
	}
	return types.LocalizedMethodFault{Fault: f, LocalizedMessage: message}
}

// faultByName makes an empty fault of the named type.
func faultByName(name string) (fault, error) {
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return nil, fmt.Errorf("no fault type is called '%s'", name)
	}
	f, ok := reflect.New(kind).Interface().(fault)
	if !ok {
		return nil, fmt.Errorf("'%s' is not a fault", name)
	}
	return f, nil
}

// fillFault gives a fault made by name the details that its type requires.
func fillFault(f fault, datastore, file string, object reference) fault {
	switch x := f.(type) {
	case *types.NoDiskSpace:
		x.Datastore, x.File = datastore, file
	case *types.DuplicateName:
		x.Object = object
	case *types.ManagedObjectNotFound:
		x.Obj = object
	case *types.NoPermission:
		x.Object, x.PrivilegeId = &object, "System.View"
	case *types.NotAuthenticated:
		x.Object, x.PrivilegeId = &object, "System.View"
	case *types.TaskInProgress:
		x.Task = reference{Type: "Task", Value: "task-1"}
	case *types.SystemError:
		x.Reason = "ordered by the test"
	}
	return f
}

func invalid(property string) fault { return &types.InvalidArgument{InvalidProperty: property} }
