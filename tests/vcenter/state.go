// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"sort"

	"github.com/vmware/govmomi/vim25/types"
)

// The types below are the answer of /state; the package comment explains them.

type stateView struct {
	VMs        []vmView        `json:"vms"`
	Datastores []datastoreView `json:"datastores"`
	Folders    []string        `json:"folders"`
	Sessions   int             `json:"sessions"`
	Tasks      []taskView      `json:"tasks"`
}

type vmView struct {
	ID                  string            `json:"id"`
	Name                string            `json:"name"`
	StoredName          string            `json:"storedName"`
	Folder              string            `json:"folder"`
	FolderID            string            `json:"folderId"`
	Host                string            `json:"host"`
	Datastores          []string          `json:"datastores"`
	Power               string            `json:"power"`
	Connection          string            `json:"connection"`
	Template            bool              `json:"template"`
	Annotation          string            `json:"annotation"`
	ExtraConfig         map[string]string `json:"extraConfig"`
	InstanceUUID        string            `json:"instanceUuid"`
	Snapshots           []snapshotView    `json:"snapshots"`
	Disks               []diskView        `json:"disks"`
	ConsolidationNeeded bool              `json:"consolidationNeeded"`
	BusyTask            string            `json:"busyTask"`
	Copying             bool              `json:"copying"`
	GuestPort           int               `json:"guestPort"`
	Attributes          map[string]string `json:"attributes"`
	UserEvents          []string          `json:"userEvents"`
}

type snapshotView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Parent      string `json:"parent"`
}

type diskView struct {
	Key        int32  `json:"key"`
	Controller string `json:"controller"`
	File       string `json:"file"`
	Capacity   int64  `json:"capacity"`
	Bytes      int64  `json:"bytes"`
	Copied     int64  `json:"copied"`
	Content    string `json:"content"`
	Thin       bool   `json:"thin"`
	Parent     string `json:"parent"`
}

type datastoreView struct {
	Name     string `json:"name"`
	Capacity int64  `json:"capacity"`
	Free     int64  `json:"free"`
}

type taskView struct {
	ID        string `json:"id"`
	Method    string `json:"method"`
	Target    string `json:"target"`
	State     string `json:"state"`
	Progress  int32  `json:"progress"`
	Fault     string `json:"fault"`
	Over      bool   `json:"over"`
	Forgotten bool   `json:"forgotten"`
	EndMs     int64  `json:"endMs"`
}

// state takes everything at one moment.
func (s *server) state() stateView {
	sessions := len(s.sessionList())
	s.world.RLock()
	defer s.world.RUnlock()
	view := stateView{
		VMs: []vmView{}, Datastores: []datastoreView{}, Folders: []string{}, Sessions: sessions, Tasks: []taskView{},
	}
	for _, m := range s.machines {
		view.VMs = append(view.VMs, s.viewVM(m))
	}
	sort.Slice(view.VMs, func(i, k int) bool {
		a, b := view.VMs[i], view.VMs[k]
		return len(a.ID) < len(b.ID) || len(a.ID) == len(b.ID) && a.ID < b.ID
	})
	for _, a := range s.datastores {
		view.Datastores = append(view.Datastores, datastoreView{a.name, a.capacity, a.free})
	}
	sort.Slice(view.Datastores, func(i, k int) bool { return view.Datastores[i].Name < view.Datastores[k].Name })
	view.Folders = s.folderPaths(s.vmFolder.Self, view.Folders)
	for _, j := range s.jobs {
		view.Tasks = append(view.Tasks, viewTask(j))
	}
	return view
}

func (s *server) folderPaths(ref reference, paths []string) []string {
	folder := s.folder(ref)
	if folder == nil {
		return paths
	}
	paths = append(paths, s.pathOf(ref))
	for _, child := range folder.ChildEntity {
		paths = s.folderPaths(child, paths)
	}
	return paths
}

func viewTask(j *job) taskView {
	view := taskView{
		ID: j.task.Self.Value, Method: j.method, Target: j.target,
		State: string(j.task.Info.State), Progress: j.percent,
		Over: j.finished, Forgotten: j.forgotten, EndMs: -1,
	}
	if j.ended {
		view.EndMs = j.endMs
	}
	if j.task.Info.Error != nil {
		view.Fault = faultName(j.task.Info.Error.Fault)
	}
	return view
}

func (s *server) viewVM(m *machine) vmView {
	vm := m.vm
	view := vmView{
		ID: vm.Self.Value, Name: shown(vm.Name), StoredName: vm.Name, Folder: s.pathOf(*vm.Parent),
		FolderID: vm.Parent.Value, Host: s.hostOf(m).Name, Datastores: []string{},
		Power: powerWord(vm.Runtime.PowerState), Connection: string(vm.Runtime.ConnectionState),
		Template: vm.Config.Template, Annotation: vm.Config.Annotation,
		ExtraConfig: optionMap(vm.Config.ExtraConfig), InstanceUUID: vm.Config.InstanceUuid,
		Snapshots: []snapshotView{}, Disks: []diskView{},
		ConsolidationNeeded: isTrue(vm.Runtime.ConsolidationNeeded), Copying: m.copying,
		GuestPort: m.guest.port(),
	}
	view.Attributes, view.UserEvents = s.attributesOf(m), s.userEventsOf(m)
	if m.holder != nil {
		view.BusyTask = m.holder.task.Self.Value
	}
	for _, ref := range vm.Datastore {
		view.Datastores = append(view.Datastores, s.datastores[ref].name)
	}
	tree, _ := treeOf(vm)
	for _, n := range flatten(tree) {
		ref, parent := n.Snapshot, ""
		if path := pathTo(tree, &ref); len(path) > 1 {
			parent = path[len(path)-2].Value
		}
		view.Snapshots = append(view.Snapshots, snapshotView{ref.Value, n.Name, n.Description, parent})
	}
	for _, disk := range disksOf(vm.Config.Hardware.Device) {
		view.Disks = append(view.Disks, s.viewDisk(m, disk))
	}
	return view
}

func (s *server) viewDisk(m *machine, disk *types.VirtualDisk) diskView {
	view := diskView{
		Key: disk.Key, Controller: slotOf(m.vm.Config.Hardware.Device, disk), File: diskFile(disk),
		Capacity: disk.CapacityInBytes, Bytes: disk.CapacityInBytes, Content: s.contentOf(m, disk),
	}
	if use := m.disks[disk.Key]; use != nil {
		view.Copied, view.Thin = use.copied, use.thin
	}
	if flat, ok := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo); ok && flat.Parent != nil {
		view.Parent = flat.Parent.FileName
	}
	return view
}

func powerWord(state types.VirtualMachinePowerState) string {
	switch state {
	case types.VirtualMachinePowerStatePoweredOn:
		return "on"
	case types.VirtualMachinePowerStateSuspended:
		return "suspended"
	}
	return "off"
}
