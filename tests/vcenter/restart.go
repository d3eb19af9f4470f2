// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// forgetEverything is what a restart does to the world: the inventory and the
// events stay; sessions, with all that they hold, and tasks are gone.
func (s *server) forgetEverything(o outage) {
	for _, j := range s.jobs {
		if !j.finished {
			j.unseen = true
			s.atRestart(j, o)
		}
	}
	s.forgetTasks()
	s.endSessions()
}

// atRestart decides about a task under way. What has no end of its own ends;
// a copy goes on at the hosts, or not; all else goes on.
func (s *server) atRestart(j *job, o outage) {
	gone := &types.SystemError{Reason: "the server was restarted"}
	switch {
	case j.order.End == endQueuedForEver, j.order.End == endRunningForEver,
		j.order.End == endCancelIgnored:
		j.giveUp(gone, o.Copies == copiesHalf)
	case j.copying == nil && j.method != "CloneVM_Task", o.Copies == copiesGoOn:
		j.unseen = false
	default:
		j.fullSize = o.FullSize
		j.giveUp(gone, o.Copies == copiesHalf)
	}
}

// loseHost breaks the connection to a host in the middle of everything: tasks
// there fail, and what a copy has made there stays as it is.
func (s *server) loseHost(host *simulator.HostSystem, name string, fullSize bool) error {
	if name == "" {
		name = "HostNotConnected"
	}
	if name != "HostNotConnected" && name != "HostCommunication" {
		return fmt.Errorf("a lost host gives HostNotConnected or HostCommunication, not '%s'", name)
	}
	for _, j := range s.jobs {
		if j.finished || !s.uses(j, host) {
			continue
		}
		failure, err := faultByName(name)
		if err != nil {
			return err
		}
		j.fullSize = fullSize
		j.giveUp(failure, true)
	}
	return nil
}

func (s *server) uses(j *job, host *simulator.HostSystem) bool {
	if j.copying != nil && j.copying.plan.host == host {
		return true
	}
	for _, m := range j.holds {
		if s.hostOf(m) == host {
			return true
		}
	}
	return false
}
