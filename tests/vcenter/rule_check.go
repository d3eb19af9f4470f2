// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Actions by when they can act.
var (
	// answerActions answer something else than the server would.
	answerActions = []string{
		"status", "html", "empty", "garbage", "envelope", "overlong", "deep", "gzip", "fault",
	}
	// replyActions execute the call and spoil what comes back.
	replyActions = []string{"dropReply", "truncate", "stall", "trickle", "badUtf8", "wrongType", "twice"}
	// freeActions can come at any moment.
	freeActions = []string{
		"delay", "do", "endSession", "kill", "term", "stop", "refuse", "blackhole", "freeze", "restart",
	}
)

const (
	defaultBytes  = 300 << 20 // more than any client takes
	defaultLevels = 10001
)

func (r *rule) check() error {
	r.fillDefaults()
	all := slices.Concat(answerActions, replyActions, freeActions, []string{"drop"})
	if !slices.Contains(all, r.Action) {
		return fmt.Errorf("rule: there is no action '%s'", r.Action)
	}
	if err := r.checkMoment(); err != nil {
		return err
	}
	if err := r.checkDo(); err != nil {
		return err
	}
	if err := r.outage.check(); err != nil {
		return err
	}
	if r.Pid < 0 || r.Pid == 1 {
		return fmt.Errorf("rule: %d is nobody's pid", r.Pid)
	}
	return r.checkFault()
}

func (r *rule) fillDefaults() {
	if r.Nth == 0 {
		r.Nth = 1
	}
	if r.Count == 0 {
		r.Count = 1
	}
	if r.Status == 0 && r.Action == "status" {
		r.Status = 503
	}
	if r.Bytes == 0 {
		r.Bytes = defaultBytes
	}
	if r.Levels == 0 {
		r.Levels = defaultLevels
	}
	if r.Action == "" && len(r.Do) > 0 {
		r.Action = "do"
	}
	if r.Moment == "" {
		r.Moment = momentBefore
		if r.After {
			r.Moment = momentExecuted
		}
	}
}

func (r *rule) checkMoment() error {
	fits := true
	switch r.Moment {
	case momentBefore:
	case momentExecuted:
		fits = r.Action != "drop"
	case momentReplied:
		fits = slices.Contains(freeActions, r.Action)
	default:
		return fmt.Errorf("rule: there is no moment '%s'", r.Moment)
	}
	if !fits {
		return fmt.Errorf("rule: '%s' cannot come at the moment '%s'", r.Action, r.Moment)
	}
	return nil
}

func (r *rule) checkDo() error {
	if r.Action == "do" && len(r.Do) == 0 {
		return fmt.Errorf("rule: 'do' needs a control action")
	}
	if len(r.Do) == 0 {
		return nil
	}
	var head struct {
		Action string `json:"action"`
	}
	if err := json.Unmarshal(r.Do, &head); err != nil {
		return fmt.Errorf("rule: do: %w", err)
	}
	if _, known := actions()[head.Action]; !known {
		return fmt.Errorf("rule: do: there is no action '%s'", head.Action)
	}
	return nil
}

func (r *rule) checkFault() error {
	if r.Fault == "" && r.Action == "fault" {
		return fmt.Errorf("rule: 'fault' needs a type")
	}
	if r.Fault == "" || fromTheFuture(r.Fault) {
		return nil
	}
	_, err := faultByName(r.Fault)
	return err
}

// fromTheFuture says whether a fault's type is one that no client knows.
func fromTheFuture(name string) bool { return strings.HasPrefix(name, "Future") }
