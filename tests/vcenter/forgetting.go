// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// forgetTask takes a task object away; the work that it stood for goes on.
func (s *server) forgetTask(j *job) {
	j.forgotten = true
	self := j.task.Self
	manager := s.taskManager()
	s.update(manager, set("recentTask", without(manager.RecentTask, self)))
	if entity, ok := s.registry.Get(*j.task.Info.Entity).(mo.Entity); ok {
		s.update(entity, set("recentTask", without(entity.Entity().RecentTask, self)))
	}
	s.registry.Remove(s.context(), self)
}

func (s *server) forgetTasks() {
	for _, j := range s.jobs {
		if !j.forgotten {
			s.forgetTask(j)
		}
	}
	s.update(s.taskManager(), set("recentTask", []reference{}))
	s.forgottenAt = s.now()
}

// doForgetTasks is what ten minutes do to tasks that have ended.
func (s *server) doForgetTasks(text []byte) (answerMap, error) {
	if _, err := request[struct{}](text); err != nil {
		return nil, err
	}
	for _, j := range s.jobs {
		if j.ended && !j.forgotten {
			s.forgetTask(j)
		}
	}
	return nil, nil
}

func (s *server) taskManager() *simulator.TaskManager {
	instance := s.registry.Get(vim25.ServiceInstance).(*simulator.ServiceInstance)
	return s.registry.Get(*instance.Content.TaskManager).(*simulator.TaskManager)
}

// tasksObject answers for the task manager: its history ends at a restart.
type tasksObject struct {
	Manager *simulator.TaskManager
	server  *server
	noLock
}

func (o *tasksObject) Reference() reference { return o.Manager.Self }

func (o *tasksObject) CreateCollectorForTasks(c *simulator.Context, req *types.CreateCollectorForTasks) soap.HasFault {
	if e := req.Filter.Entity; e != nil && o.server.registry.Get(e.Entity) == nil {
		return &methods.CreateCollectorForTasksBody{Fault_: refuse(&types.ManagedObjectNotFound{Obj: e.Entity})}
	}
	if begin := o.server.forgottenAt; !begin.IsZero() {
		window := types.TaskFilterSpecByTime{TimeType: types.TaskFilterSpecTimeOptionQueuedTime}
		if req.Filter.Time != nil {
			window = *req.Filter.Time
		}
		if window.BeginTime == nil || window.BeginTime.Before(begin) {
			window.BeginTime = &begin
		}
		req.Filter.Time = &window
	}
	return o.Manager.CreateCollectorForTasks(c, req)
}
