// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The methods of a VM that concern its power and its kind.

func (o *vmObject) PowerOnVMTask(c *simulator.Context, _ *types.PowerOnVM_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.power(c.Session.UserName, m, "PowerOnVM_Task", "VirtualMachine.powerOn", types.VirtualMachinePowerStatePoweredOn)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.PowerOnVM_TaskBody{Fault_: f}
		}
		return &methods.PowerOnVM_TaskBody{Res: &types.PowerOnVM_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) PowerOffVMTask(c *simulator.Context, _ *types.PowerOffVM_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.power(c.Session.UserName, m, "PowerOffVM_Task", "VirtualMachine.powerOff", types.VirtualMachinePowerStatePoweredOff)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.PowerOffVM_TaskBody{Fault_: f}
		}
		return &methods.PowerOffVM_TaskBody{Res: &types.PowerOffVM_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) SuspendVMTask(c *simulator.Context, _ *types.SuspendVM_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.power(c.Session.UserName, m, "SuspendVM_Task", "VirtualMachine.suspend", types.VirtualMachinePowerStateSuspended)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.SuspendVM_TaskBody{Fault_: f}
		}
		return &methods.SuspendVM_TaskBody{Res: &types.SuspendVM_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) MarkAsTemplate(*types.MarkAsTemplate) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return reference{}, o.server.markTemplate(m, true)
	}, func(_ reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.MarkAsTemplateBody{Fault_: f}
		}
		return &methods.MarkAsTemplateBody{Res: &types.MarkAsTemplateResponse{}}
	})
}

func (o *vmObject) MarkAsVirtualMachine(*types.MarkAsVirtualMachine) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return reference{}, o.server.markTemplate(m, false)
	}, func(_ reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.MarkAsVirtualMachineBody{Fault_: f}
		}
		return &methods.MarkAsVirtualMachineBody{Res: &types.MarkAsVirtualMachineResponse{}}
	})
}
