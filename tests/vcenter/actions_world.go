// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

func (s *server) doFolder(text []byte) (answerMap, error) {
	r, err := request[struct {
		Path string `json:"path"`
	}](text)
	if err != nil {
		return nil, err
	}
	folder, err := s.makeFolders(r.Path)
	if err != nil {
		return nil, err
	}
	return answerMap{"id": folder.Self.Value}, nil
}

type datastoreValues struct {
	Name        string   `json:"name"`
	FreeGB      *float64 `json:"freeGB"`
	CapacityGB  *float64 `json:"capacityGB"`
	Accessible  *bool    `json:"accessible"`
	Maintenance *bool    `json:"maintenance"`
}

func (s *server) doDatastore(text []byte) (answerMap, error) {
	r, err := request[datastoreValues](text)
	if err != nil {
		return nil, err
	}
	a := s.datastoreByName(r.Name)
	if a == nil {
		return nil, fmt.Errorf("there is no datastore '%s'", r.Name)
	}
	if r.CapacityGB != nil {
		capacity := int64(*r.CapacityGB * float64(gigabyte))
		a.free, a.capacity = a.free+capacity-a.capacity, capacity
	}
	if r.FreeGB != nil {
		a.free = int64(*r.FreeGB * float64(gigabyte))
	}
	s.publishSpace(a)
	if r.Maintenance != nil {
		mode := types.DatastoreSummaryMaintenanceModeStateNormal
		if *r.Maintenance {
			mode = types.DatastoreSummaryMaintenanceModeStateInMaintenance
		}
		s.update(a.datastore, set("summary.maintenanceMode", string(mode)))
	}
	if r.Accessible != nil {
		mounts := append([]types.DatastoreHostMount{}, a.datastore.Host...)
		for i := range mounts {
			mounts[i].MountInfo.Accessible = types.NewBool(*r.Accessible)
		}
		s.update(a.datastore, set("summary.accessible", *r.Accessible), set("host", mounts))
	}
	return nil, nil
}

// doHost changes a host's connection; its VMs are disconnected with it.
func (s *server) doHost(text []byte) (answerMap, error) {
	r, err := request[struct {
		Name        string  `json:"name"`
		Connection  *string `json:"connection"`
		Maintenance *bool   `json:"maintenance"`
		Lost        bool    `json:"lost"`
		Fault       string  `json:"fault"`
		FullSize    bool    `json:"fullSize"`
	}](text)
	if err != nil {
		return nil, err
	}
	host := s.hosts[r.Name]
	if host == nil {
		return nil, fmt.Errorf("there is no host '%s'", r.Name)
	}
	if r.Lost {
		if err := s.loseHost(host, r.Fault, r.FullSize); err != nil {
			return nil, err
		}
		away := string(types.HostSystemConnectionStateNotResponding)
		r.Connection = &away
	}
	if r.Connection != nil {
		s.update(host, set("runtime.connectionState", types.HostSystemConnectionState(*r.Connection)))
		state := types.VirtualMachineConnectionStateDisconnected
		if *r.Connection == string(types.HostSystemConnectionStateConnected) {
			state = types.VirtualMachineConnectionStateConnected
		}
		for _, ref := range host.Vm {
			if m := s.machines[ref]; m != nil {
				s.update(m.vm, set("runtime.connectionState", state), set("summary.runtime.connectionState", state))
			}
		}
	}
	if r.Maintenance != nil {
		s.update(host, set("runtime.inMaintenanceMode", *r.Maintenance))
	}
	return nil, nil
}

func (s *server) doNext(text []byte) (answerMap, error) {
	o, err := request[order](text)
	if err != nil {
		return nil, err
	}
	if o.VM != "" {
		m, err := s.find(o.VM)
		if err != nil {
			return nil, err
		}
		o.VM = shown(m.vm.Name)
	}
	if err := o.check(s); err != nil {
		return nil, err
	}
	s.orders = append(s.orders, &o)
	return nil, nil
}

// doSpeed overlays the speeds that the request names.
func (s *server) doSpeed(text []byte) (answerMap, error) {
	if _, err := request[speeds](text); err != nil {
		return nil, err
	}
	return nil, json.Unmarshal(text, &s.config.speeds)
}

func (s *server) doDeny(text []byte) (answerMap, error) {
	r, err := request[struct {
		Methods []string `json:"methods"`
	}](text)
	if err != nil {
		return nil, err
	}
	s.denied = map[string]bool{}
	for _, method := range r.Methods {
		s.denied[method] = true
	}
	return nil, nil
}

func (s *server) doClock(text []byte) (answerMap, error) {
	r, err := request[struct {
		OffsetSeconds float64 `json:"offsetSeconds"`
	}](text)
	if err == nil {
		s.skew = time.Duration(r.OffsetSeconds * float64(time.Second))
	}
	return nil, err
}

func (s *server) doEndSessions(text []byte) (answerMap, error) {
	if _, err := request[struct{}](text); err != nil {
		return nil, err
	}
	return answerMap{"ended": s.endSessions()}, nil
}

// doRule takes a rule as the object "rule", or flat with its action called
// "effect", because "action" is taken.
func (s *server) doRule(text []byte) (answerMap, error) {
	r, err := request[struct {
		rule
		Effect string `json:"effect"`
		Nested *rule  `json:"rule"`
	}](text)
	if err != nil {
		return nil, err
	}
	fresh := r.rule
	fresh.Action = r.Effect
	if r.Nested != nil {
		fresh = *r.Nested
	}
	if err := fresh.check(); err != nil {
		return nil, err
	}
	s.rules = append(s.rules, &fresh)
	return nil, nil
}

func (s *server) doClearRules(text []byte) (answerMap, error) {
	_, err := request[struct{}](text)
	s.rules = nil
	return nil, err
}
