// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// work is what a task is to do.
type work struct {
	method      string // as called: "CloneVM_Task"
	description string // as real servers call it: "VirtualMachine.clone"
	entity      mo.Entity
	holds       []*machine
	cancelable  bool
	orders      bool // one-shot orders of the control port apply
	// run does it, without the world's lock; spend takes it step by step.
	run func(*job) (types.AnyType, fault)
}

// job is a task under way, or one that has ended.
type job struct {
	server    *server
	task      *simulator.Task
	method    string
	target    string // the shown name of the VM
	user      string
	holds     []*machine
	wake      chan struct{} // something has changed for it
	cancelled bool
	cancelAt  time.Time
	broken    fault    // it ends with this, wherever it is
	half      bool     // when broken, what is half made stays
	fullSize  bool     // and takes all the space of a whole one
	unseen    bool     // the server is not there to see it fail
	copying   *cloning // the copy that it makes
	ended     bool     // its task has its last state
	finished  bool     // and nothing runs any more
	forgotten bool     // its task object is gone
	endMs     int64    // when it ended, by the log's clock
	percent   int32
	order     order
}

// start begins a task and answers its reference. A machine that another job
// holds ends it with TaskInProgress at once, or refuses the call, by switch.
// The caller holds the world.
func (s *server) start(user string, w work) (reference, fault) {
	for _, m := range w.holds {
		if m.holder == nil {
			continue
		}
		busy := &types.TaskInProgress{Task: m.holder.task.Self}
		if s.config.BusyAsFault == "call" {
			return reference{}, busy
		}
		w.holds, w.orders = nil, false
		w.run = func(*job) (types.AnyType, fault) { return nil, busy }
		break
	}
	j := s.newJob(user, w)
	for _, m := range w.holds {
		m.holder = j
	}
	go func() {
		defer guard()
		j.perform(w)
	}()
	return j.task.Self, nil
}

// perform is the life of a task after it was queued.
func (j *job) perform(w work) {
	s := j.server
	if failure := j.leaveQueue(); failure != nil {
		s.locked(func() { j.end(nil, failure); j.release() })
		return
	}
	s.locked(func() {
		if !j.ended {
			s.update(j.task, set("info.state", types.TaskInfoStateRunning), set("info.startTime", s.now()))
		}
	})
	result, failure := w.run(j)
	s.locked(func() {
		result, failure = j.distort(result, failure)
		j.end(result, failure)
		j.release()
	})
}

func (s *server) newJob(user string, w work) *job {
	entity := w.entity.Reference()
	t := simulator.CreateTask(entity, w.method, nil)
	t.Self = s.newReference("Task", "task")
	t.Info.Key, t.Info.Task, t.Info.Name = t.Self.Value, t.Self, w.method
	t.Info.DescriptionId = w.description
	t.Info.EntityName = w.entity.Entity().Name
	t.Info.Cancelable = w.cancelable
	t.Info.QueueTime = s.now()
	t.Info.EventChainId = int32(s.counter)
	t.Info.Reason = &types.TaskReasonUser{UserName: user}
	j := &job{
		server: s, task: t, method: w.method, user: user, holds: w.holds,
		target: shown(t.Info.EntityName), wake: make(chan struct{}, 1),
	}
	if w.orders {
		j.order = s.takeOrder(w.method, j.target)
		t.Info.Cancelable = w.cancelable || j.order.cancelable()
	}
	s.jobs = append(s.jobs, j)
	s.registry.WithLock(s.context(), s.registry.Get(entity), func() { s.registry.Put(t) })
	return j
}

// spend lets time pass. step is called under the world's lock with the share
// that is done, the last time with 1. A cancelled job ends with
// RequestCanceled; an ordered failure comes at its percentage.
func (j *job) spend(milliseconds func() int, step func(share float64) fault) fault {
	begun := time.Now()
	for {
		var failure fault
		var share float64
		j.server.locked(func() {
			share = j.held(j.share(begun, milliseconds()))
			failure = j.step(share, step)
		})
		if failure != nil || share >= 1 {
			return failure
		}
		pause := min(max(milliseconds()/100, 2), 50)
		select {
		case <-j.wake:
		case <-time.After(time.Duration(pause) * time.Millisecond):
		}
	}
}

func (j *job) share(begun time.Time, total int) float64 {
	if late := j.lateShare(); late != nil {
		return *late
	}
	if total <= 0 {
		return 1
	}
	return min(float64(time.Since(begun))/float64(time.Duration(total)*time.Millisecond), 1)
}

func (j *job) step(share float64, step func(float64) fault) fault {
	if failure := j.interrupted(); failure != nil {
		return failure
	}
	if j.order.End == endTaskVanishes && share >= float64(j.order.FailAt)/100 && !j.forgotten {
		j.server.forgetTask(j)
	}
	if j.order.End == endSuccessAbsent && share >= 1 {
		return nil
	}
	limit := j.order.limit()
	if failure := step(min(share, limit)); failure != nil {
		return failure
	}
	if share >= limit {
		return j.stumble()
	}
	if percent := min(int32(share*100), 99); percent != j.percent && !j.ended {
		j.percent = percent
		j.server.update(j.task, set("info.progress", percent))
	}
	return nil
}

// end gives the task its final state, once.
func (j *job) end(result types.AnyType, failure fault) {
	if j.ended {
		return
	}
	j.ended, j.endMs = true, j.server.calls.age().Milliseconds()
	j.server.update(j.task, j.lastState(result, failure)...)
}

func (j *job) lastState(result types.AnyType, failure fault) []types.PropertyChange {
	changes := []types.PropertyChange{set("info.completeTime", j.server.now()), set("info.cancelable", false)}
	if failure != nil {
		message := ""
		if j.order.fails() {
			message = j.order.Message
		}
		return append(changes, set("info.error", localized(failure, message)),
			set("info.state", types.TaskInfoStateError))
	}
	if result != nil {
		changes = append(changes, set("info.result", result))
	}
	return append(changes, set("info.error", nil), set("info.state", types.TaskInfoStateSuccess))
}

func (j *job) release() {
	j.finished = true
	for _, m := range j.holds {
		if m.holder == j {
			m.holder = nil
		}
	}
}

// taskObject answers the methods of a task.
type taskObject struct {
	Task   *simulator.Task
	server *server
	noLock
}

func (t *taskObject) Reference() reference { return t.Task.Self }

func (t *taskObject) CancelTask(*types.CancelTask) soap.HasFault {
	t.server.world.Lock()
	defer t.server.world.Unlock()
	body := &methods.CancelTaskBody{}
	for _, j := range t.server.jobs {
		if j.task == t.Task {
			if body.Fault_ = refuse(j.requestCancel()); body.Fault_ == nil {
				body.Res = &types.CancelTaskResponse{}
			}
			return body
		}
	}
	body.Fault_ = refuse(&types.NotSupported{})
	return body
}

func (j *job) requestCancel() fault {
	switch {
	case j.ended || j.cancelled:
		return &types.InvalidState{}
	case !j.task.Info.Cancelable:
		return &types.NotSupported{}
	}
	j.cancelled, j.cancelAt = true, time.Now()
	j.rouse()
	j.server.update(j.task, set("info.cancelled", true))
	if j.order.outlivesCancel() {
		j.end(nil, &types.RequestCanceled{})
	}
	return nil
}

// noLock keeps the registry from locking an object while its method runs: the
// methods take the world's lock themselves.
type noLock struct{}

func (noLock) Lock()   {}
func (noLock) Unlock() {}
