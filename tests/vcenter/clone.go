// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// cloning is a clone from its request to its end.
type cloning struct {
	server *server
	source *machine
	spec   types.VirtualMachineCloneSpec
	config types.VirtualMachineConfigInfo // what is copied: the VM's or its snapshot's
	plan   blueprint
	result *machine
}

// clone checks a request and starts the copy. The caller holds the world.
func (s *server) clone(user string, source *machine, req *types.CloneVM_Task) (reference, fault) {
	if s.config.ESX {
		return reference{}, &types.NotSupported{}
	}
	c := &cloning{server: s, source: source, spec: req.Spec, config: *source.vm.Config}
	c.plan.name = storedRequest(req.Name)
	for _, check := range []func(*types.CloneVM_Task) fault{
		c.checkSnapshot, c.checkFolder, c.checkPlace, c.checkDisks,
	} {
		if f := check(req); f != nil {
			return reference{}, f
		}
	}
	if f := checkName(c.plan.name); f != nil {
		return reference{}, f
	}
	return s.start(user, work{
		method: "CloneVM_Task", description: "VirtualMachine.clone", entity: source.vm,
		holds: []*machine{source}, cancelable: true, orders: true, run: c.run,
	})
}

func (c *cloning) checkSnapshot(*types.CloneVM_Task) fault {
	ref := c.spec.Snapshot
	if ref == nil {
		return nil
	}
	snapshot, ok := c.server.registry.Get(*ref).(*simulator.VirtualMachineSnapshot)
	if !ok {
		return &types.ManagedObjectNotFound{Obj: *ref}
	}
	if snapshot.Vm != c.source.vm.Self {
		return invalid("spec.snapshot")
	}
	c.config = snapshot.Config
	return nil
}

func (c *cloning) checkFolder(req *types.CloneVM_Task) fault {
	ref := req.Folder
	if c.spec.Location.Folder != nil {
		ref = *c.spec.Location.Folder
	}
	if c.server.registry.Get(ref) == nil {
		return &types.ManagedObjectNotFound{Obj: ref}
	}
	if c.plan.folder = c.server.folder(ref); c.plan.folder == nil {
		return invalid("folder")
	}
	if !holdsVMs(c.plan.folder) {
		return &types.NotSupported{}
	}
	return nil
}

func holdsVMs(folder *simulator.Folder) bool {
	for _, kind := range folder.ChildType {
		if kind == "VirtualMachine" {
			return true
		}
	}
	return false
}

// checkPlace settles host, pool and the datastore of the configuration file.
func (c *cloning) checkPlace(*types.CloneVM_Task) fault {
	s, location := c.server, c.spec.Location
	c.plan.pool = *c.source.vm.ResourcePool
	if location.Pool != nil {
		c.plan.pool = *location.Pool
	}
	pool := s.pool(c.plan.pool)
	if pool == nil {
		return &types.ManagedObjectNotFound{Obj: c.plan.pool}
	}
	if f := c.checkHost(location.Host, pool.Owner); f != nil {
		return f
	}
	home := c.source.vm.Datastore[0]
	if location.Datastore != nil {
		home = *location.Datastore
	}
	if f := c.checkDatastore(home, "spec.location.datastore"); f != nil {
		return f
	}
	c.plan.home = s.datastores[home]
	return nil
}

func (c *cloning) checkHost(ref *reference, owner reference) fault {
	s := c.server
	switch {
	case ref != nil:
		host, ok := s.registry.Get(*ref).(*simulator.HostSystem)
		if !ok {
			return &types.ManagedObjectNotFound{Obj: *ref}
		}
		if *host.Parent != owner {
			return invalid("spec.location.pool")
		}
		c.plan.host = host
	case *s.hostOf(c.source).Parent == owner:
		c.plan.host = s.hostOf(c.source)
	default:
		for _, name := range s.config.Hosts {
			if host := s.hosts[name]; *host.Parent == owner {
				c.plan.host = host
				break
			}
		}
	}
	if c.plan.host == nil {
		return invalid("spec.location.pool")
	}
	if c.plan.host.Runtime.ConnectionState != types.HostSystemConnectionStateConnected {
		return &types.HostNotConnected{}
	}
	if c.plan.host.Runtime.InMaintenanceMode {
		return &types.InvalidState{}
	}
	return nil
}

func (c *cloning) checkDatastore(ref reference, property string) fault {
	home := c.server.datastores[ref]
	if home == nil {
		return &types.ManagedObjectNotFound{Obj: ref}
	}
	if !home.datastore.Summary.Accessible {
		return &types.InaccessibleDatastore{
			InvalidDatastore: types.InvalidDatastore{Datastore: &ref, Name: home.name},
		}
	}
	if home.datastore.Summary.MaintenanceMode != string(types.DatastoreSummaryMaintenanceModeStateNormal) {
		return &types.InvalidDatastoreState{DatastoreName: home.name}
	}
	if !mounted(&home.datastore.Datastore, c.plan.host.Self) {
		return invalid(property)
	}
	return nil
}

// checkDisks refuses what cannot be copied whole, and wrong disk locators.
func (c *cloning) checkDisks(*types.CloneVM_Task) fault {
	switch types.VirtualMachineRelocateDiskMoveOptions(c.spec.Location.DiskMoveType) {
	case "", types.VirtualMachineRelocateDiskMoveOptionsMoveAllDiskBackingsAndDisallowSharing,
		types.VirtualMachineRelocateDiskMoveOptionsMoveAllDiskBackingsAndConsolidate:
	default:
		return invalid("spec.location.diskMoveType")
	}
	if transform := c.spec.Location.Transform; transform != "" &&
		transform != types.VirtualMachineRelocateTransformationSparse &&
		transform != types.VirtualMachineRelocateTransformationFlat {
		return invalid("spec.location.transform")
	}
	for i, locator := range c.spec.Location.Disk {
		property := fmt.Sprintf("spec.location.disk[%d]", i)
		if findDisk(c.config.Hardware.Device, locator.DiskId) == nil {
			return invalid(property + ".diskId")
		}
		if f := c.checkDatastore(locator.Datastore, property+".datastore"); f != nil {
			return f
		}
	}
	for _, disk := range disksOf(c.config.Hardware.Device) {
		if raw, ok := disk.Backing.(*types.VirtualDiskRawDiskMappingVer1BackingInfo); ok &&
			raw.CompatibilityMode == string(types.VirtualDiskCompatibilityModePhysicalMode) {
			return &types.NotSupported{}
		}
	}
	return nil
}

// run copies. What a failed or cancelled copy has made is removed again.
func (c *cloning) run(j *job) (types.AnyType, fault) {
	s := c.server
	var failure fault
	s.locked(func() { failure = c.begin(j) })
	if failure != nil {
		return nil, failure
	}
	failure = j.spend(func() int { return s.config.CopyMs }, c.copyShare)
	s.locked(func() { c.end(j, failure) })
	if failure != nil {
		return nil, failure
	}
	return c.plan.self, nil
}

func (c *cloning) begin(j *job) fault {
	s := c.server
	c.plan.self = s.newReference("VirtualMachine", "vm")
	if f := s.checkFree(c.plan.folder, c.plan.name, reference{}); f != nil {
		return f
	}
	if _, gone := s.registry.Get(c.plan.folder.Self).(mo.Reference); !gone {
		return &types.ManagedObjectNotFound{Obj: c.plan.folder.Self}
	}
	c.fillPlan(j)
	j.copying = c
	s.reportBegin(j, c)
	if !s.config.VisibleWhileCopying {
		s.reserved[reservation{c.plan.folder.Self, c.plan.name}] = c.plan.self
		return nil
	}
	c.result = s.build(c.plan)
	c.result.holder = j
	j.holds = append(j.holds, c.result)
	s.publishStorage(c.result)
	return nil
}

// copyShare brings the disks, one after the other, to the share of all bytes.
func (c *cloning) copyShare(share float64) fault {
	var total int64
	for _, d := range c.plan.disks {
		total += d.capacity
	}
	done := float64(total) * share
	for _, key := range sortedKeys(c.plan.disks) {
		d := c.plan.disks[key]
		part := 1.0
		if share < 1 {
			part = max(0, min(1, done/float64(max(d.capacity, 1))))
		}
		if !c.server.take(d, part) {
			home := c.server.datastores[d.datastore].name
			full := &types.NoDiskSpace{Datastore: home}
			full.File = diskFile(findDisk(c.plan.devices, key))
			return full
		}
		done -= float64(d.capacity)
	}
	return nil
}

// end makes the copy whole, or takes back what there is of it, or leaves it.
func (c *cloning) end(j *job, failure fault) {
	s := c.server
	delete(s.reserved, reservation{c.plan.folder.Self, c.plan.name})
	stays := failure == nil && j.order.End != endSuccessAbsent ||
		failure != nil && (j.order.KeepsPartial || j.half)
	if !stays {
		c.takeBack()
	} else {
		c.leave(j, failure)
	}
	if stays || failure != nil {
		s.reportEnd(j, c, failure)
	}
}

func (c *cloning) takeBack() {
	if c.result == nil {
		c.server.giveBack(&machine{disks: c.plan.disks})
	} else {
		c.server.unregister(c.result)
	}
}

func (c *cloning) leave(j *job, failure fault) {
	s := c.server
	c.plan.copying = failure != nil
	if c.result == nil {
		c.result = s.build(c.plan)
	}
	c.result.copying = failure != nil
	if j.fullSize {
		for _, d := range c.result.disks {
			copied := d.copied
			s.take(d, 1)
			d.copied = copied
		}
	}
	s.publishStorage(c.result)
}
