// SPDX-License-Identifier: GPL-3.0-or-later

package main

import "fmt"

// order is what the test wants from the next task of a method, once.
type order struct {
	Method              string `json:"method"`
	VM                  string `json:"vm"`
	FailAt              int    `json:"failAt"`
	Fault               string `json:"fault"`
	Message             string `json:"message"`
	DropDisk            *int   `json:"dropDisk"`
	WrongDatastore      string `json:"wrongDatastore"`
	IgnoreExtraConfig   bool   `json:"ignoreExtraConfig"`
	LeavesSnapshot      bool   `json:"leavesSnapshot"`
	LeavesConsolidation bool   `json:"leavesConsolidation"`
	KeepsPartial        bool   `json:"keepsPartial"`
	LateSuccess         bool   `json:"lateSuccess"`
}

func (o *order) check(s *server) error {
	if o.Method == "" {
		return fmt.Errorf("next: 'method' is missing")
	}
	if o.FailAt < 0 || o.FailAt > 100 {
		return fmt.Errorf("failAt: %d is no percentage", o.FailAt)
	}
	if o.FailAt > 0 && o.Fault == "" {
		o.Fault = "SystemError"
	}
	if o.Fault != "" {
		if _, err := faultByName(o.Fault); err != nil {
			return err
		}
	}
	if o.WrongDatastore != "" && s.datastoreByName(o.WrongDatastore) == nil {
		return fmt.Errorf("no datastore is called '%s'", o.WrongDatastore)
	}
	return nil
}

func (o *order) fails() bool { return o.Fault != "" }

// failure makes the ordered fault, with details that fit the job.
func (o *order) failure(j *job) fault {
	f, err := faultByName(o.Fault)
	if err != nil {
		panic(err)
	}
	var datastore string
	for _, m := range j.holds {
		for _, d := range m.disks {
			datastore = j.server.datastores[d.datastore].name
		}
	}
	return fillFault(f, datastore, "["+datastore+"] "+j.target, *j.task.Info.Entity)
}

// takeOrder finds and forgets the oldest order for the method and VM.
func (s *server) takeOrder(method, target string) order {
	for i, o := range s.orders {
		if o.Method == method && (o.VM == "" || o.VM == target) {
			s.orders = append(s.orders[:i:i], s.orders[i+1:]...)
			return *o
		}
	}
	return order{}
}
