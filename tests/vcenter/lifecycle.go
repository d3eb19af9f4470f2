// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// brief is a task without a duration of its own.
func brief(f func() fault) func(*job) (types.AnyType, fault) {
	return func(j *job) (types.AnyType, fault) {
		return nil, j.spend(func() int { return 0 }, func(share float64) fault {
			if share < 1 {
				return nil
			}
			return f()
		})
	}
}

func (s *server) destroy(user string, m *machine) (reference, fault) {
	return s.start(user, work{
		method: "Destroy_Task", description: "VirtualMachine.destroy", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return s.config.DestroyMs }, func(share float64) fault {
				if state := m.vm.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOff {
					return &types.InvalidPowerState{
						RequestedState: types.VirtualMachinePowerStatePoweredOff, ExistingState: state,
					}
				}
				if share >= 1 {
					s.unregister(m)
				}
				return nil
			})
		},
	})
}

// renaming checks a new name and answers the changes that it means.
func (s *server) renaming(m *machine, name string) ([]types.PropertyChange, fault) {
	if f := checkName(name); f != nil {
		return nil, f
	}
	if folder := s.folder(*m.vm.Parent); folder != nil {
		if f := s.checkFree(folder, name, m.vm.Self); f != nil {
			return nil, f
		}
	}
	return []types.PropertyChange{
		set("name", name), set("config.name", name), set("summary.config.name", name),
	}, nil
}

func (s *server) rename(user string, m *machine, name string) (reference, fault) {
	return s.start(user, work{
		method: "Rename_Task", description: "VirtualMachine.rename", entity: m.vm,
		holds: []*machine{m}, orders: true,
		run: brief(func() fault {
			changes, failure := s.renaming(m, storedRequest(name))
			if failure == nil {
				s.update(m.vm, changes...)
			}
			return failure
		}),
	})
}

func (s *server) renameFolder(user string, folder *simulator.Folder, name string) (reference, fault) {
	return s.start(user, work{
		method: "Rename_Task", description: "Folder.rename", entity: folder,
		run: brief(func() fault {
			fresh := storedRequest(name)
			if f := checkName(fresh); f != nil {
				return f
			}
			if folder.Parent == nil || s.folder(*folder.Parent) == nil {
				return &types.NotSupported{}
			}
			if f := s.checkFree(s.folder(*folder.Parent), fresh, folder.Self); f != nil {
				return f
			}
			s.update(folder, set("name", fresh))
			return nil
		}),
	})
}

// destroyFolder removes an empty folder; one with VMs goes with them, if all
// are powered off and free.
func (s *server) destroyFolder(user string, folder *simulator.Folder) (reference, fault) {
	if folder == s.vmFolder || folder.Parent == nil || s.folder(*folder.Parent) == nil {
		return reference{}, &types.NotSupported{}
	}
	var inside []*machine
	for _, ref := range folder.ChildEntity {
		m := s.machines[ref]
		if m == nil {
			return reference{}, &types.NotSupported{}
		}
		inside = append(inside, m)
	}
	return s.start(user, work{
		method: "Destroy_Task", description: "Folder.destroy", entity: folder, holds: inside, orders: true,
		run: brief(func() fault {
			for _, m := range inside {
				if state := m.vm.Runtime.PowerState; state != types.VirtualMachinePowerStatePoweredOff {
					return &types.InvalidPowerState{ExistingState: state}
				}
			}
			for _, m := range inside {
				s.unregister(m)
			}
			parent := s.folder(*folder.Parent)
			s.update(parent, set("childEntity", without(parent.ChildEntity, folder.Self)))
			s.registry.Remove(s.context(), folder.Self)
			return nil
		}),
	})
}

func (s *server) moveInto(user string, folder *simulator.Folder, list []reference) (reference, fault) {
	var moved []*machine
	for _, ref := range list {
		m := s.machines[ref]
		if m == nil && s.registry.Get(ref) == nil {
			return reference{}, &types.ManagedObjectNotFound{Obj: ref}
		}
		if m == nil || !holdsVMs(folder) {
			return reference{}, &types.NotSupported{}
		}
		moved = append(moved, m)
	}
	return s.start(user, work{
		method: "MoveIntoFolder_Task", description: "Folder.moveInto", entity: folder, holds: moved,
		run: brief(func() fault {
			for _, m := range moved {
				if f := s.checkFree(folder, m.vm.Name, m.vm.Self); f != nil {
					return f
				}
			}
			for _, m := range moved {
				s.move(m, folder)
			}
			return nil
		}),
	})
}

func (s *server) move(m *machine, folder *simulator.Folder) {
	if old := s.folder(*m.vm.Parent); old != nil {
		s.update(old, set("childEntity", without(old.ChildEntity, m.vm.Self)))
	}
	s.update(folder, set("childEntity", appended(folder.ChildEntity, m.vm.Self)))
	s.update(m.vm, set("parent", folder.Self))
}

// power is what a power task wants and where it may begin.
func (s *server) power(user string, m *machine, method, description string, want types.VirtualMachinePowerState) (reference, fault) {
	return s.start(user, work{
		method: method, description: description, entity: m.vm, holds: []*machine{m}, orders: true,
		run: brief(func() fault {
			state := m.vm.Runtime.PowerState
			if state == want || (want != types.VirtualMachinePowerStatePoweredOn &&
				state == types.VirtualMachinePowerStatePoweredOff) {
				return &types.InvalidPowerState{RequestedState: want, ExistingState: state}
			}
			if m.vm.Config.Template {
				return &types.InvalidState{}
			}
			s.setPower(m, want)
			return nil
		}),
	})
}

func (s *server) setPower(m *machine, state types.VirtualMachinePowerState) {
	if m.vm.Runtime.PowerState == state {
		return
	}
	s.update(m.vm, set("runtime.powerState", state), set("summary.runtime.powerState", state))
	if state == types.VirtualMachinePowerStatePoweredOn {
		s.update(m.vm, set("runtime.bootTime", s.now()))
	}
	installed := m.vm.Guest.ToolsStatus != types.VirtualMachineToolsStatusToolsNotInstalled
	s.setTools(m, installed && state == types.VirtualMachinePowerStatePoweredOn, installed)
}

func (s *server) setTools(m *machine, running, installed bool) {
	info := guestInfo(running, installed)
	heartbeat := types.ManagedEntityStatusGray
	if running {
		heartbeat = types.ManagedEntityStatusGreen
	}
	s.update(m.vm, set("guest", *info), set("guestHeartbeatStatus", heartbeat),
		set("summary.guest.toolsRunningStatus", info.ToolsRunningStatus))
}

// markTemplate turns a powered-off VM into a template or back.
func (s *server) markTemplate(m *machine, template bool) fault {
	if m.vm.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOff {
		return &types.InvalidPowerState{ExistingState: m.vm.Runtime.PowerState}
	}
	s.update(m.vm, set("config.template", template), set("summary.config.template", template))
	return nil
}
