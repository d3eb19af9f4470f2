// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/vim25/mo"
)

// Moments of a call at which a rule acts.
const (
	momentBefore   = "before"
	momentExecuted = "executed"
	momentReplied  = "replied"
)

// rule is what happens to some calls on their way. It applies to the Nth to
// (Nth+Count-1)th call that matches; Count -1 has no end.
type rule struct {
	Method     string          `json:"method"`
	Target     string          `json:"target"`
	Contains   string          `json:"contains,omitempty"`
	Nth        int             `json:"nth"`
	Count      int             `json:"count"`
	Action     string          `json:"action"`
	Moment     string          `json:"moment"`
	After      bool            `json:"after,omitempty"`
	Do         json.RawMessage `json:"do,omitempty"`
	DelayMs    int             `json:"delayMs,omitempty"`
	Reset      bool            `json:"reset,omitempty"`
	Status     int             `json:"status,omitempty"`
	Fault      string          `json:"fault,omitempty"`
	NoDetail   bool            `json:"noDetail,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	Bytes      int64           `json:"bytes,omitempty"`
	Levels     int             `json:"levels,omitempty"`
	Cut        *int            `json:"cut,omitempty"`
	CutHeaders bool            `json:"cutHeaders,omitempty"`
	StallMs    int             `json:"stallMs,omitempty"`
	Second     bool            `json:"second,omitempty"`
	Pid        int             `json:"pid,omitempty"`
	ContMs     int             `json:"contMs,omitempty"`
	outage

	matched, hits int
	problem       string // why its `do` or its signal failed
}

// ruleView is a rule with what became of it.
type ruleView struct {
	Rule    rule   `json:"rule"`
	Matched int    `json:"matched"`
	Hits    int    `json:"hits"`
	Error   string `json:"error,omitempty"`
}

func (s *server) ruleViews() []ruleView {
	s.world.RLock()
	defer s.world.RUnlock()
	views := []ruleView{}
	for _, r := range s.rules {
		views = append(views, ruleView{*r, r.matched, r.hits, r.problem})
	}
	return views
}

// fits says whether the rule is about the call.
func (r *rule) fits(e *entry, targets []string) bool {
	if r.Method != "" && r.Method != e.Method {
		return false
	}
	if r.Contains != "" && !strings.Contains(e.Body, r.Contains) {
		return false
	}
	if r.Target == "" {
		return true
	}
	for _, target := range targets {
		if r.Target == target {
			return true
		}
	}
	return false
}

// match counts the call in every rule that it fits, and answers the first one
// whose turn it is. The caller holds the world.
func (s *server) match(e *entry) *rule {
	if len(s.rules) == 0 {
		return nil
	}
	targets := s.targetsOf(e)
	var due *rule
	for _, r := range s.rules {
		if !r.fits(e, targets) {
			continue
		}
		r.matched++
		inTime := r.matched >= r.Nth && (r.Count < 0 || r.matched < r.Nth+r.Count)
		if due == nil && inTime {
			r.hits++
			due = r
		}
	}
	return due
}

// readObject finds the objects that a property read or a filter is about.
var readObject = regexp.MustCompile(`<(?:\w+:)?obj(?:\s[^>]*)?>([^<]+)<`)

// targetsOf are the names and references that a rule may call the object of
// the call by; for a property read also the objects that are read.
func (s *server) targetsOf(e *entry) []string {
	targets := []string{e.ref.Value, e.Target}
	for _, found := range readObject.FindAllStringSubmatch(e.Body, -1) {
		targets = append(targets, found[1])
		if object := s.objectCalled(found[1]); object != nil {
			targets = append(targets, s.targetName(object.Reference()))
		}
	}
	return targets
}

// objectCalled finds an object whose type is not known.
func (s *server) objectCalled(value string) mo.Reference {
	for _, kind := range []string{"VirtualMachine", "VirtualMachineSnapshot", "Task", "Folder", "Datastore", "HostSystem"} {
		if object := s.registry.Get(reference{Type: kind, Value: value}); object != nil {
			return object
		}
	}
	return nil
}
