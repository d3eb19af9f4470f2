// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// snapshotObject answers the methods of a snapshot.
type snapshotObject struct {
	Snapshot *simulator.VirtualMachineSnapshot
	server   *server
	noLock
}

func (o *snapshotObject) Reference() reference { return o.Snapshot.Self }

func (o *snapshotObject) RemoveSnapshotTask(c *simulator.Context, req *types.RemoveSnapshot_Task) soap.HasFault {
	return answer(o.server, o.Snapshot.Vm, func(m *machine) (reference, fault) {
		return o.server.removeSnapshot(c.Session.UserName, m, o.Snapshot.Self, req.RemoveChildren)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.RemoveSnapshot_TaskBody{Fault_: f}
		}
		return &methods.RemoveSnapshot_TaskBody{Res: &types.RemoveSnapshot_TaskResponse{Returnval: ref}}
	})
}

func (o *snapshotObject) RevertToSnapshotTask(c *simulator.Context, _ *types.RevertToSnapshot_Task) soap.HasFault {
	return answer(o.server, o.Snapshot.Vm, func(m *machine) (reference, fault) {
		return o.server.revert(c.Session.UserName, m, o.Snapshot.Self)
	}, func(ref reference, f *soap.Fault) soap.HasFault {
		if f != nil {
			return &methods.RevertToSnapshot_TaskBody{Fault_: f}
		}
		return &methods.RevertToSnapshot_TaskBody{Res: &types.RevertToSnapshot_TaskResponse{Returnval: ref}}
	})
}

// folderObject answers the methods of a folder.
type folderObject struct {
	Folder *simulator.Folder
	server *server
	noLock
}

func (o *folderObject) Reference() reference { return o.Folder.Self }

func (o *folderObject) CreateFolder(req *types.CreateFolder) soap.HasFault {
	o.server.world.Lock()
	defer o.server.world.Unlock()
	if o.server.config.ESX || !holdsVMs(o.Folder) {
		return &methods.CreateFolderBody{Fault_: refuse(&types.NotSupported{})}
	}
	folder, f := o.server.makeFolder(o.Folder, storedRequest(req.Name))
	if f != nil {
		return &methods.CreateFolderBody{Fault_: refuse(f)}
	}
	return &methods.CreateFolderBody{Res: &types.CreateFolderResponse{Returnval: folder.Self}}
}

func (o *folderObject) MoveIntoFolderTask(c *simulator.Context, req *types.MoveIntoFolder_Task) soap.HasFault {
	o.server.world.Lock()
	defer o.server.world.Unlock()
	ref, f := o.server.moveInto(c.Session.UserName, o.Folder, req.List)
	if f != nil {
		return &methods.MoveIntoFolder_TaskBody{Fault_: refuse(f)}
	}
	return &methods.MoveIntoFolder_TaskBody{Res: &types.MoveIntoFolder_TaskResponse{Returnval: ref}}
}

func (o *folderObject) RenameTask(c *simulator.Context, req *types.Rename_Task) soap.HasFault {
	o.server.world.Lock()
	defer o.server.world.Unlock()
	ref, f := o.server.renameFolder(c.Session.UserName, o.Folder, req.NewName)
	if f != nil {
		return &methods.Rename_TaskBody{Fault_: refuse(f)}
	}
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: ref}}
}

func (o *folderObject) DestroyTask(c *simulator.Context, _ *types.Destroy_Task) soap.HasFault {
	o.server.world.Lock()
	defer o.server.world.Unlock()
	ref, f := o.server.destroyFolder(c.Session.UserName, o.Folder)
	if f != nil {
		return &methods.Destroy_TaskBody{Fault_: refuse(f)}
	}
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: ref}}
}
