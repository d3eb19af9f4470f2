// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"log"
	"syscall"
	"time"
)

var signals = map[string]syscall.Signal{"kill": syscall.SIGKILL, "term": syscall.SIGTERM, "stop": syscall.SIGSTOP}

// signal sends one to the client under test; pid 0 is the client that the test
// has named. A stopped client goes on after contMs, unless that is 0.
func (s *server) signal(name string, pid, contMs int) error {
	if pid == 0 {
		s.locked(func() { pid = s.client })
	}
	if pid <= 1 {
		return fmt.Errorf("%s: no client was named", name)
	}
	if err := syscall.Kill(pid, signals[name]); err != nil {
		return fmt.Errorf("%s %d: %w", name, pid, err)
	}
	if name == "stop" && contMs > 0 {
		time.AfterFunc(milliseconds(contMs), func() {
			if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
				log.Printf("cannot continue %d: %v", pid, err)
			}
		})
	}
	return nil
}

// doClient names the process that signals go to.
func (s *server) doClient(text []byte) (answerMap, error) {
	r, err := request[struct {
		Pid int `json:"pid"`
	}](text)
	if err == nil && r.Pid <= 1 {
		err = fmt.Errorf("%d is no client's pid", r.Pid)
	}
	if err == nil {
		s.client = r.Pid
	}
	return nil, err
}
