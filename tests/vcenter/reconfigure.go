// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// emptyMark stands for an annotation that a request gives as empty, which the
// decoder cannot tell from one that is absent.
const emptyMark = "\uE000"

func unmarkEmpty(text string) string {
	if text == emptyMark {
		return ""
	}
	return text
}

// reconfigure changes all that the request names at the end of its task, or
// nothing.
func (s *server) reconfigure(user string, m *machine, spec types.VirtualMachineConfigSpec) (reference, fault) {
	return s.start(user, work{
		method: "ReconfigVM_Task", description: "VirtualMachine.reconfigure", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return s.config.ReconfigMs }, func(share float64) fault {
				if share < 1 {
					return nil
				}
				if j.order.IgnoreExtraConfig {
					spec.ExtraConfig = nil
				}
				return s.applyConfig(m, spec)
			})
		},
	})
}

func (s *server) applyConfig(m *machine, spec types.VirtualMachineConfigSpec) fault {
	config := m.vm.Config
	if spec.ChangeVersion != "" && spec.ChangeVersion != config.ChangeVersion {
		return &types.ConcurrentAccess{}
	}
	devices, failure := changedDevices(config.Hardware.Device, spec.DeviceChange)
	if failure != nil {
		return failure
	}
	changes := []types.PropertyChange{
		set("config.modified", s.now()), set("config.changeVersion", s.changeVersion()),
	}
	if spec.Name != "" {
		renamed, failure := s.renaming(m, storedRequest(spec.Name))
		if failure != nil {
			return failure
		}
		changes = append(changes, renamed...)
	}
	changes = append(changes, textChanges(spec)...)
	if spec.NumCPUs != 0 {
		changes = append(changes, set("config.hardware.numCPU", spec.NumCPUs))
	}
	if spec.MemoryMB != 0 {
		changes = append(changes, set("config.hardware.memoryMB", int32(spec.MemoryMB)))
	}
	if len(spec.ExtraConfig) > 0 {
		changes = append(changes, set("config.extraConfig", mergeOptions(config.ExtraConfig, spec.ExtraConfig)))
	}
	if len(spec.DeviceChange) > 0 {
		changes = append(changes, set("config.hardware.device", devices), set("network", networksOf(devices)))
	}
	s.update(m.vm, changes...)
	return nil
}

// textChanges are the changes of plain texts that the request gives.
func textChanges(spec types.VirtualMachineConfigSpec) []types.PropertyChange {
	var changes []types.PropertyChange
	text := func(value string, name string) {
		if value != "" {
			value = unmarkEmpty(value)
			changes = append(changes, set("config."+name, value), set("summary.config."+name, value))
		}
	}
	text(spec.Annotation, "annotation")
	text(spec.Uuid, "uuid")
	text(spec.InstanceUuid, "instanceUuid")
	text(spec.GuestId, "guestId")
	return changes
}

// changedDevices applies edits and removals of network adapters; other devices
// cannot be changed here.
func changedDevices(devices []types.BaseVirtualDevice, changes []types.BaseVirtualDeviceConfigSpec) ([]types.BaseVirtualDevice, fault) {
	list := slices.Clone(devices)
	for i, change := range changes {
		spec := change.GetVirtualDeviceConfigSpec()
		property := fmt.Sprintf("configSpec.deviceChange[%d]", i)
		if spec.Device == nil {
			return nil, invalid(property + ".device")
		}
		key := spec.Device.GetVirtualDevice().Key
		at := slices.IndexFunc(list, func(d types.BaseVirtualDevice) bool { return d.GetVirtualDevice().Key == key })
		if at < 0 {
			return nil, &types.InvalidDeviceSpec{InvalidVmConfig: types.InvalidVmConfig{Property: property}, DeviceIndex: int32(i)}
		}
		old, isCard := list[at].(types.BaseVirtualEthernetCard)
		fresh, _ := spec.Device.(types.BaseVirtualEthernetCard)
		switch {
		case isCard && fresh != nil && spec.Operation == types.VirtualDeviceConfigSpecOperationEdit:
			list[at] = editedCard(old, fresh)
		case isCard && spec.Operation == types.VirtualDeviceConfigSpecOperationRemove:
			list = slices.Delete(list, at, at+1)
		default:
			return nil, &types.InvalidDeviceSpec{InvalidVmConfig: types.InvalidVmConfig{Property: property}, DeviceIndex: int32(i)}
		}
	}
	return list, nil
}

// editedCard is the old adapter with what the request says about it.
func editedCard(old, asked types.BaseVirtualEthernetCard) types.BaseVirtualDevice {
	device := copyCard(old)
	card, wish := device.(types.BaseVirtualEthernetCard).GetVirtualEthernetCard(), asked.GetVirtualEthernetCard()
	if wish.Backing != nil {
		card.Backing = wish.Backing
	}
	if wish.Connectable != nil {
		connectable := *wish.Connectable
		card.Connectable = &connectable
	}
	if wish.AddressType != "" {
		card.AddressType = wish.AddressType
	}
	if wish.MacAddress != "" {
		card.MacAddress = wish.MacAddress
	}
	return device
}

// copyCard copies an adapter of any type, so that the copy can be changed.
func copyCard(card types.BaseVirtualEthernetCard) types.BaseVirtualDevice {
	fresh := reflect.New(reflect.TypeOf(card).Elem())
	fresh.Elem().Set(reflect.ValueOf(card).Elem())
	return fresh.Interface().(types.BaseVirtualDevice)
}
