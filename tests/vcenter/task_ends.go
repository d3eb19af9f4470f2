// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// How an ordered task ends; the package comment tells what each is.
const (
	endError                = "error"
	endQueuedForEver        = "queuedForEver"
	endRunningForEver       = "runningForEver"
	endCancelIgnored        = "cancelIgnored"
	endCancelledByUser      = "cancelledByUser"
	endCancelledThenSuccess = "cancelledThenSuccess"
	endTaskVanishes         = "taskVanishes"
	endSuccessNoResult      = "successNoResult"
	endSuccessAbsent        = "successAbsent"
	endErrorPresent         = "errorPresent"
)

// leaveQueue waits for the task's turn, which may never come.
func (j *job) leaveQueue() fault {
	if j.order.End != endQueuedForEver {
		return nil
	}
	for {
		var failure fault
		j.server.locked(func() { failure = j.interrupted() })
		if failure != nil {
			return failure
		}
		<-j.wake
	}
}

// interrupted is why the task must not go on, if it must not.
func (j *job) interrupted() fault {
	if j.broken != nil {
		return j.broken
	}
	if j.cancelled && !j.order.outlivesCancel() && j.order.End != endCancelIgnored {
		return &types.RequestCanceled{}
	}
	return nil
}

// held keeps a task that runs for ever from reaching its end, and what a
// cancelled one still does until its time.
func (j *job) held(share float64) float64 {
	if j.order.End == endRunningForEver || j.order.End == endCancelIgnored {
		return min(share, float64(j.order.FailAt)/100, 0.99)
	}
	return share
}

// lateShare is the progress of work that outlives its cancelled task by a
// fixed time.
func (j *job) lateShare() *float64 {
	if !j.cancelled || j.order.End != endCancelledThenSuccess {
		return nil
	}
	late := 0.99
	if time.Since(j.cancelAt) >= j.server.afterCancel {
		late = 1
	}
	return &late
}

// stumble is what happens to a task that has come to its ordered percentage.
func (j *job) stumble() fault {
	if j.order.End == endCancelledByUser {
		j.cancelled = true
		j.server.update(j.task, set("info.cancelled", true))
		return &types.RequestCanceled{}
	}
	return j.order.failure(j)
}

// distort turns the outcome of the work into what the task reports.
func (j *job) distort(result types.AnyType, failure fault) (types.AnyType, fault) {
	if failure != nil {
		return result, failure
	}
	switch j.order.End {
	case endSuccessNoResult:
		return nil, nil
	case endSuccessAbsent:
		if _, snapshot := result.(reference); snapshot && j.method == "CreateSnapshot_Task" {
			return j.server.newReference("VirtualMachineSnapshot", "snapshot"), nil
		}
	case endErrorPresent:
		return nil, j.order.failure(j)
	case endCancelledThenSuccess:
		if j.cancelled {
			j.server.update(j.task, j.lastState(result, nil)...)
		}
	}
	return result, nil
}

// rouse makes the task look at what has changed for it.
func (j *job) rouse() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// giveUp ends a task that is under way; half says that what is half made
// stays. The caller holds the world.
func (j *job) giveUp(failure fault, half bool) {
	if !j.finished && j.broken == nil {
		j.broken, j.half = failure, half
		j.rouse()
	}
}

// doEndTasks gives all tasks up that are under way.
func (s *server) doEndTasks(text []byte) (answerMap, error) {
	if _, err := request[struct{}](text); err != nil {
		return nil, err
	}
	ended := 0
	for _, j := range s.jobs {
		if !j.finished {
			ended++
			j.giveUp(&types.SystemError{Reason: "all tasks were given up"}, false)
		}
	}
	return answerMap{"ended": ended}, nil
}

// settle waits until what was given up is over; without the world.
func (s *server) settle() {
	for waiting := true; waiting; {
		waiting = false
		s.locked(func() {
			for _, j := range s.jobs {
				waiting = waiting || j.broken != nil && !j.finished
			}
		})
		if waiting {
			time.Sleep(time.Millisecond)
		}
	}
}
