// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
)

// rule is what happens to some calls on their way. It applies to the Nth to
// (Nth+Count-1)th call that matches; Count -1 has no end.
type rule struct {
	Method  string `json:"method"`
	Target  string `json:"target"`
	Nth     int    `json:"nth"`
	Count   int    `json:"count"`
	Action  string `json:"action"`
	DelayMs int    `json:"delayMs"`
	Status  int    `json:"status"`
	Fault   string `json:"fault"`
	Pid     int    `json:"pid"`
	After   bool   `json:"after"`
	matched int
}

var ruleActions = []string{
	"delay", "drop", "dropReply", "truncate", "status", "html", "garbage", "fault", "endSession", "kill",
}

func (r *rule) check() error {
	if !slices.Contains(ruleActions, r.Action) {
		return fmt.Errorf("rule: there is no action '%s'", r.Action)
	}
	if r.Nth == 0 {
		r.Nth = 1
	}
	if r.Count == 0 {
		r.Count = 1
	}
	if r.Status == 0 {
		r.Status = 503
	}
	if r.Action == "kill" && r.Pid <= 1 {
		return fmt.Errorf("rule: 'kill' needs the client's pid")
	}
	if r.Fault == "" && r.Action == "fault" {
		return fmt.Errorf("rule: 'fault' needs a type")
	}
	if r.Fault != "" {
		_, err := faultByName(r.Fault)
		return err
	}
	return nil
}

// match counts the call in every rule that it fits, and answers the first one
// whose turn it is. The caller holds the world.
func (s *server) match(method string, ref reference, target string) *rule {
	var due *rule
	for _, r := range s.rules {
		if r.Method != "" && r.Method != method {
			continue
		}
		if r.Target != "" && r.Target != target && r.Target != ref.Value {
			continue
		}
		r.matched++
		inTime := r.matched >= r.Nth && (r.Count < 0 || r.matched < r.Nth+r.Count)
		if due == nil && inTime {
			found := *r
			due = &found
		}
	}
	return due
}
