// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
)

// order is what the test wants from the next task of a method, once.
type order struct {
	Method              string `json:"method"`
	VM                  string `json:"vm"`
	End                 string `json:"end"`
	FailAt              int    `json:"failAt"`
	Fault               string `json:"fault"`
	Message             string `json:"message"`
	DropDisk            *int   `json:"dropDisk"`
	WrongDatastore      string `json:"wrongDatastore"`
	IgnoreExtraConfig   bool   `json:"ignoreExtraConfig"`
	IgnoreQuiesce       bool   `json:"ignoreQuiesce"`
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
	if err := o.checkEnd(); err != nil {
		return err
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

// ends are the ends that can be ordered; "" is that of the work itself.
var ends = []string{
	"", endError, endQueuedForEver, endRunningForEver, endCancelIgnored, endCancelledByUser,
	endCancelledThenSuccess,
	endTaskVanishes, endSuccessNoResult, endSuccessAbsent, endErrorPresent,
}

func (o *order) checkEnd() error {
	if !slices.Contains(ends, o.End) {
		return fmt.Errorf("next: there is no end '%s'", o.End)
	}
	failing := o.End == endError || o.End == endErrorPresent || o.End == "" && o.FailAt > 0
	if failing && o.Fault == "" {
		o.Fault = "SystemError"
	}
	if !failing && o.End != "" && o.Fault != "" {
		return fmt.Errorf("next: '%s' has no fault", o.End)
	}
	return nil
}

func (o *order) fails() bool { return o.Fault != "" }

// limit is the share of the work at which something happens; 2 is never.
func (o *order) limit() float64 {
	switch o.End {
	case endCancelledByUser:
		return float64(o.FailAt) / 100
	case "", endError:
		if o.fails() {
			return float64(o.FailAt) / 100
		}
	}
	return 2
}

// outlivesCancel says whether the work goes on after a cancelled task.
func (o *order) outlivesCancel() bool { return o.LateSuccess || o.End == endCancelledThenSuccess }

// cancelable says whether the task can be cancelled whatever its kind.
func (o *order) cancelable() bool {
	return o.End == endQueuedForEver || o.End == endCancelledThenSuccess
}

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

// openOrders are those that no task has taken yet.
func (s *server) openOrders() []order {
	s.world.RLock()
	defer s.world.RUnlock()
	open := []order{}
	for _, o := range s.orders {
		open = append(open, *o)
	}
	return open
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
