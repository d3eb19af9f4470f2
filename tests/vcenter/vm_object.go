// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// vmObject answers the methods of a VM. What it lacks is MethodNotFound; the
// simulator's own methods are never reached.
type vmObject struct {
	VM     *simulator.VirtualMachine
	server *server
	noLock
}

func (o *vmObject) Reference() reference { return o.VM.Self }

// answer runs a call on a VM under the world's lock. The types of reply differ
// per method: reply makes the right one of a task or a fault.
func answer(
	s *server, ref reference, call func(*machine) (reference, fault),
	reply func(reference, *soap.Fault) soap.HasFault,
) soap.HasFault {
	s.world.Lock()
	defer s.world.Unlock()
	m := s.machines[ref]
	if m == nil {
		return reply(reference{}, refuse(&types.ManagedObjectNotFound{Obj: ref}))
	}
	task, f := call(m)
	return reply(task, refuse(f))
}

func (o *vmObject) CloneVMTask(c *simulator.Context, req *types.CloneVM_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.clone(c.Session.UserName, m, req)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.CloneVM_TaskBody{Fault_: f}
		}
		return &methods.CloneVM_TaskBody{Res: &types.CloneVM_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) CreateSnapshotTask(c *simulator.Context, req *types.CreateSnapshot_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.createSnapshot(c.Session.UserName, m, snapshotRequest{
			name: req.Name, description: req.Description, memory: req.Memory, quiesce: req.Quiesce,
		})
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.CreateSnapshot_TaskBody{Fault_: f}
		}
		return &methods.CreateSnapshot_TaskBody{Res: &types.CreateSnapshot_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) CreateSnapshotExTask(c *simulator.Context, req *types.CreateSnapshotEx_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.createSnapshot(c.Session.UserName, m, snapshotRequest{
			name: req.Name, description: req.Description, memory: req.Memory, quiesce: req.QuiesceSpec != nil,
		})
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.CreateSnapshotEx_TaskBody{Fault_: f}
		}
		return &methods.CreateSnapshotEx_TaskBody{Res: &types.CreateSnapshotEx_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) RemoveAllSnapshotsTask(c *simulator.Context, _ *types.RemoveAllSnapshots_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.removeAllSnapshots(c.Session.UserName, m)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.RemoveAllSnapshots_TaskBody{Fault_: f}
		}
		return &methods.RemoveAllSnapshots_TaskBody{Res: &types.RemoveAllSnapshots_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) ConsolidateVMDisksTask(c *simulator.Context, _ *types.ConsolidateVMDisks_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.consolidate(c.Session.UserName, m)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.ConsolidateVMDisks_TaskBody{Fault_: f}
		}
		return &methods.ConsolidateVMDisks_TaskBody{Res: &types.ConsolidateVMDisks_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) ReconfigVMTask(c *simulator.Context, req *types.ReconfigVM_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.reconfigure(c.Session.UserName, m, req.Spec)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.ReconfigVM_TaskBody{Fault_: f}
		}
		return &methods.ReconfigVM_TaskBody{Res: &types.ReconfigVM_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) DestroyTask(c *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.destroy(c.Session.UserName, m)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.Destroy_TaskBody{Fault_: f}
		}
		return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
	})
}

func (o *vmObject) RenameTask(c *simulator.Context, req *types.Rename_Task) soap.HasFault {
	return answer(o.server, o.Reference(), func(m *machine) (reference, fault) {
		return o.server.rename(c.Session.UserName, m, req.NewName)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.Rename_TaskBody{Fault_: f}
		}
		return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: ref}}
	})
}
