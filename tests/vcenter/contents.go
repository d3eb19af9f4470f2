// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// defaultUsedPercent is how much of a disk its guest has written.
const defaultUsedPercent = 50

// addConfigured makes a VM of the configuration.
func (s *server) addConfigured(v vmConfig) (*machine, error) {
	spec := vmSpec{
		Name: v.Name, Folder: v.Folder, Datastore: v.Datastore, Host: v.Host, Power: v.Power,
		InstanceUUID: v.InstanceUUID, Tools: v.Tools, UsedPercent: v.UsedPercent,
	}
	for _, gb := range v.DisksGB {
		spec.Disks = append(spec.Disks, diskSpec{GB: gb})
	}
	return s.addVM(spec)
}

// vmSpec is a VM as the configuration or the control port asks for it.
type vmSpec struct {
	Name         string            `json:"name"`
	Folder       string            `json:"folder"`
	Datastore    string            `json:"datastore"`
	Host         string            `json:"host"`
	Disks        []diskSpec        `json:"disks"`
	ExtraConfig  map[string]string `json:"extraConfig"`
	Annotation   string            `json:"annotation"`
	Power        string            `json:"power"`
	InstanceUUID string            `json:"instanceUuid"`
	Template     bool              `json:"template"`
	Tools        *bool             `json:"tools"`
	UsedPercent  int64             `json:"usedPercent"`
}

// addVM makes an original: its disks are whole and have their space.
func (s *server) addVM(spec vmSpec) (*machine, error) {
	b, err := s.placeVM(spec)
	if err != nil {
		return nil, err
	}
	bus := ""
	for _, d := range spec.Disks {
		if d.SharedBus != "" {
			bus = d.SharedBus
		}
	}
	b.devices = s.baseDevices(bus)
	b.disks = map[int32]*diskUse{}
	used := spec.UsedPercent
	if used == 0 {
		used = defaultUsedPercent
	}
	for i, d := range spec.Disks {
		disk := s.newDisk(i, d, b.home, b.name)
		b.devices = append(b.devices, disk)
		b.disks[disk.Key] = &diskUse{
			datastore: b.home.datastore.Self, capacity: disk.CapacityInBytes,
			used: disk.CapacityInBytes / 100 * used, thin: !d.Thick,
		}
	}
	m := s.build(b)
	for _, d := range m.disks {
		if !s.take(d, 1) {
			return nil, fmt.Errorf("the datastore '%s' has no room", b.home.name)
		}
	}
	s.publishStorage(m)
	return m, nil
}

// placeVM resolves the names of a request; nothing is made.
func (s *server) placeVM(spec vmSpec) (blueprint, error) {
	b := blueprint{name: stored(spec.Name), annotation: spec.Annotation, tools: spec.Tools == nil || *spec.Tools}
	b.template, b.instanceUUID, b.guestID = spec.Template, spec.InstanceUUID, guestID
	b.hardware = types.VirtualHardware{NumCPU: 2, NumCoresPerSocket: 1, MemoryMB: 4096}
	folder, missing := s.findFolder(spec.Folder)
	if missing != "" {
		return b, fmt.Errorf("there is no folder '%s'", spec.Folder)
	}
	b.folder = folder
	if b.host = s.hosts[orFirst(spec.Host, s.config.Hosts)]; b.host == nil {
		return b, fmt.Errorf("there is no host '%s'", spec.Host)
	}
	b.pool = s.poolOf(b.host)
	if b.home = s.datastoreByName(spec.Datastore); b.home == nil && spec.Datastore == "" && len(s.config.Datastores) > 0 {
		b.home = s.datastoreByName(s.config.Datastores[0].Name)
	}
	if b.home == nil {
		return b, fmt.Errorf("there is no datastore '%s'", spec.Datastore)
	}
	if f := checkName(b.name); f != nil {
		return b, fmt.Errorf("the name is not valid")
	}
	if f := s.checkFree(folder, b.name, reference{}); f != nil {
		return b, fmt.Errorf("the name is in use")
	}
	if b.instanceUUID == "" {
		b.instanceUUID = s.freshUUID("instance", s.pathOf(folder.Self)+"/"+b.name)
	}
	b.uuid = deterministicUUID("bios", b.instanceUUID)
	power, err := powerState(spec.Power, "on")
	b.power = power
	b.extra = []types.BaseOptionValue{&types.OptionValue{Key: "nvram", Value: b.name + ".nvram"}}
	b.extra = mergeOptions(b.extra, optionsOf(spec.ExtraConfig))
	return b, err
}

// freshUUID is deterministic as long as no other VM has that identity.
func (s *server) freshUUID(words ...string) string {
	id := deterministicUUID(words...)
	for _, m := range s.machines {
		if m.vm.Config.InstanceUuid == id {
			return deterministicUUID(append(words, fmt.Sprint(s.next()))...)
		}
	}
	return id
}

func orFirst(name string, names []string) string {
	if name == "" && len(names) > 0 {
		return names[0]
	}
	return name
}

func powerState(word, otherwise string) (types.VirtualMachinePowerState, error) {
	if word == "" {
		word = otherwise
	}
	switch word {
	case "on":
		return types.VirtualMachinePowerStatePoweredOn, nil
	case "off":
		return types.VirtualMachinePowerStatePoweredOff, nil
	case "suspended":
		return types.VirtualMachinePowerStateSuspended, nil
	}
	return "", fmt.Errorf("'%s' is none of on, off, suspended", word)
}

// addBulk makes n more VMs, named bulk-00001 and so on, entered into the lists
// of their places all at once. They share devices and use no space.
func (s *server) addBulk(n int) error {
	if n == 0 {
		return nil
	}
	spec := vmSpec{Name: "bulk-00000", Power: "off"}
	if len(s.config.VMs) > 0 {
		spec.Datastore = s.config.VMs[0].Datastore
	}
	b, err := s.placeVM(spec)
	if err != nil {
		return err
	}
	base := s.baseDevices("")
	refs := make([]reference, 0, n)
	for i := 1; i <= n; i++ {
		c := b
		c.name = fmt.Sprintf("bulk-%05d", i)
		c.self = s.newReference("VirtualMachine", "vm")
		c.instanceUUID, c.uuid = deterministicUUID("instance", c.name), deterministicUUID("bios", c.name)
		disk := s.newDisk(0, diskSpec{GB: 10}, b.home, c.name)
		c.devices = append(base[:len(base):len(base)], disk)
		c.disks = map[int32]*diskUse{disk.Key: {
			datastore: b.home.datastore.Self, capacity: disk.CapacityInBytes, thin: true, copied: disk.CapacityInBytes,
		}}
		m := s.assemble(c)
		s.registry.Put(m.vm)
		refs = append(refs, m.vm.Self)
	}
	pool := s.pool(b.pool)
	for _, list := range []*[]reference{&b.folder.ChildEntity, &b.host.Vm, &pool.Vm, &b.home.datastore.Vm} {
		*list = append(*list, refs...)
	}
	return nil
}
