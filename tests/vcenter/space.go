// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// account is the space of one datastore, independent of any real file.
type account struct {
	datastore *simulator.Datastore
	name      string
	capacity  int64
	free      int64
}

// diskUse is what one disk of a VM takes.
type diskUse struct {
	datastore reference
	capacity  int64
	used      int64 // what the guest has written; a thin disk takes that much
	thin      bool
	taken     int64 // of the account, so far
	copied    int64 // of the capacity, so far
	content   string
	version   int // how often it was written
}

// need is what the whole disk takes from the account.
func (d *diskUse) need() int64 {
	if d.thin {
		return d.used
	}
	return d.capacity
}

// take moves the disk to the share of its copy that is done; it takes nothing
// and answers false when the datastore has no room for that.
func (s *server) take(d *diskUse, share float64) bool {
	want := int64(float64(d.need()) * share)
	if share >= 1 {
		want = d.need()
	}
	more := want - d.taken
	home := s.datastores[d.datastore]
	if more > home.free {
		return false
	}
	d.taken, d.copied = want, int64(float64(d.capacity)*share)
	if share >= 1 {
		d.copied = d.capacity
	}
	if more != 0 {
		s.setFree(home, home.free-more)
	}
	return true
}

func (s *server) giveBack(m *machine) {
	for _, d := range m.disks {
		if home := s.datastores[d.datastore]; home != nil && d.taken != 0 {
			s.setFree(home, home.free+d.taken)
			d.taken = 0
		}
	}
}

func (s *server) setFree(a *account, free int64) {
	a.free = free
	s.publishSpace(a)
}

func (s *server) publishSpace(a *account) {
	changes := []types.PropertyChange{
		set("summary.capacity", a.capacity),
		set("summary.freeSpace", a.free),
		set("summary.uncommitted", int64(0)),
	}
	switch info := a.datastore.Info.(type) {
	case *types.NasDatastoreInfo:
		fresh := *info
		fresh.FreeSpace = a.free
		changes = append(changes, set("info", &fresh))
	case *types.LocalDatastoreInfo:
		fresh := *info
		fresh.FreeSpace = a.free
		changes = append(changes, set("info", &fresh))
	}
	s.update(a.datastore, changes...)
}

// publishStorage makes the storage properties of a VM follow its account.
func (s *server) publishStorage(m *machine) {
	at := s.now()
	byStore := map[reference]*types.VirtualMachineUsageOnDatastore{}
	var order []reference
	for _, key := range m.diskKeys() {
		d := m.disks[key]
		usage := byStore[d.datastore]
		if usage == nil {
			usage = &types.VirtualMachineUsageOnDatastore{Datastore: d.datastore}
			byStore[d.datastore] = usage
			order = append(order, d.datastore)
		}
		usage.Committed += d.taken
		usage.Unshared += d.taken
		usage.Uncommitted += max(d.capacity-d.taken, 0)
	}
	storage := types.VirtualMachineStorageInfo{Timestamp: at}
	summary := types.VirtualMachineStorageSummary{Timestamp: at}
	for _, ref := range order {
		usage := byStore[ref]
		storage.PerDatastoreUsage = append(storage.PerDatastoreUsage, *usage)
		summary.Committed += usage.Committed
		summary.Uncommitted += usage.Uncommitted
		summary.Unshared += usage.Unshared
	}
	s.update(m.vm, set("storage", storage), set("summary.storage", summary), set("layoutEx", s.layout(m)))
}

// layout lists the files of a VM; an extent has the size that it takes.
func (s *server) layout(m *machine) types.VirtualMachineFileLayoutEx {
	layout := types.VirtualMachineFileLayoutEx{Timestamp: s.now()}
	add := func(name, kind string, size int64) {
		layout.File = append(layout.File, types.VirtualMachineFileLayoutExFileInfo{
			Key: int32(len(layout.File)), Name: name, Type: kind, Size: size,
			UniqueSize: size, Accessible: types.NewBool(true),
		})
	}
	add(m.vm.Config.Files.VmPathName, "config", 4096)
	for _, key := range m.diskKeys() {
		disk := findDisk(m.vm.Config.Hardware.Device, key)
		if disk == nil {
			continue
		}
		file := diskFile(disk)
		add(file, "diskDescriptor", 512)
		add(extentOf(file), "diskExtent", m.disks[key].taken)
	}
	return layout
}

func (s *server) datastoreByName(name string) *account {
	for _, a := range s.datastores {
		if a.name == name {
			return a
		}
	}
	return nil
}

// mounted says whether the host can write to the datastore.
func mounted(ds *mo.Datastore, host reference) bool {
	for _, mount := range ds.Host {
		info := mount.MountInfo
		if mount.Key == host && info.AccessMode == string(types.HostMountModeReadWrite) &&
			isTrue(info.Mounted) && isTrue(info.Accessible) {
			return true
		}
	}
	return false
}

func isTrue(value *bool) bool { return value != nil && *value }
