// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// vmValues are what the control port can set on a VM; nil leaves it alone.
type vmValues struct {
	ExtraConfig         map[string]string `json:"extraConfig"`
	Annotation          *string           `json:"annotation"`
	ConsolidationNeeded *bool             `json:"consolidationNeeded"`
	Tools               *bool             `json:"tools"`
	Connection          *string           `json:"connection"`
	InstanceUUID        *string           `json:"instanceUuid"`
	Template            *bool             `json:"template"`
	Attributes          map[string]string `json:"attributes"`
	Address             *string           `json:"address"`
}

func (s *server) doSet(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		vmValues
	}](s, text)
	if err != nil {
		return nil, err
	}
	s.setAll(m, r.vmValues)
	return nil, nil
}

// setAll changes what the request names, at once.
func (s *server) setAll(m *machine, r vmValues) {
	var changes []types.PropertyChange
	if r.ExtraConfig != nil {
		merged := mergeOptions(m.vm.Config.ExtraConfig, optionsOf(r.ExtraConfig))
		changes = append(changes, set("config.extraConfig", merged))
	}
	if r.Annotation != nil {
		changes = append(changes, set("config.annotation", *r.Annotation), set("summary.config.annotation", *r.Annotation))
	}
	if r.ConsolidationNeeded != nil {
		changes = append(changes, set("runtime.consolidationNeeded", *r.ConsolidationNeeded))
	}
	if r.Connection != nil {
		state := types.VirtualMachineConnectionState(*r.Connection)
		changes = append(changes, set("runtime.connectionState", state), set("summary.runtime.connectionState", state))
	}
	if r.InstanceUUID != nil {
		changes = append(changes, set("config.instanceUuid", *r.InstanceUUID), set("summary.config.instanceUuid", *r.InstanceUUID))
	}
	if r.Template != nil {
		changes = append(changes, set("config.template", *r.Template), set("summary.config.template", *r.Template))
	}
	if r.Address != nil {
		guest := *m.vm.Guest
		guest.IpAddress = *r.Address
		changes = append(changes, set("guest", guest))
	}
	if r.Attributes != nil {
		changes = append(changes, set("customValue", s.attributeValues(r.Attributes)))
	}
	changes = append(changes, set("config.changeVersion", s.changeVersion()), set("config.modified", s.now()))
	s.update(m.vm, changes...)
	if r.Tools != nil {
		s.setTools(m, *r.Tools && m.vm.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn, true)
	}
}

// doTask starts somebody else's task that holds the VM for a while.
func (s *server) doTask(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Ms int `json:"ms"`
	}](s, text)
	if err == nil && m.holder != nil {
		err = fmt.Errorf("a task holds the VM already")
	}
	if err != nil {
		return nil, err
	}
	ref, f := s.start("operator@vsphere.local", work{
		method: "MigrateVM_Task", description: "VirtualMachine.migrate", entity: m.vm,
		holds: []*machine{m}, cancelable: true,
		run: func(j *job) (types.AnyType, fault) {
			return nil, j.spend(func() int { return r.Ms }, func(float64) fault { return nil })
		},
	})
	return answerMap{"id": ref.Value}, failed(f)
}
