// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"slices"
	"time"
)

// outage says how the server goes away; a rule or a control action.
type outage struct {
	DownMs     int    `json:"downMs,omitempty"`
	Ms         int    `json:"ms,omitempty"`
	Answers503 bool   `json:"answers503,omitempty"`
	Copies     string `json:"copies,omitempty"`
	FullSize   bool   `json:"fullSize,omitempty"`
	NewCert    bool   `json:"newCert,omitempty"`
	WriteCert  string `json:"writeCert,omitempty"`
}

// What becomes of running copies at a restart.
const (
	copiesGoOn = "goOn"
	copiesLost = "lost"
	copiesHalf = "half"
)

func (o *outage) check() error {
	if o.Copies == "" {
		o.Copies = copiesGoOn
	}
	if !slices.Contains([]string{copiesGoOn, copiesLost, copiesHalf}, o.Copies) {
		return fmt.Errorf("copies: '%s' is none of goOn, lost, half", o.Copies)
	}
	return nil
}

// goAway takes the server away; without the world.
func (s *server) goAway(kind string, o outage) error {
	var err error
	s.locked(func() { err = s.depart(kind, o) })
	s.settle()
	return err
}

// depart is goAway for who holds the world.
func (s *server) depart(kind string, o outage) error {
	a := away{howLong: milliseconds(o.DownMs)}
	switch kind {
	case "freeze":
		s.door.gate.shut(milliseconds(o.Ms))
		return nil
	case "blackhole":
		a.silence = true
	case "restart":
		a.unavailable = o.Answers503
		if o.NewCert {
			pair, err := certificate(configuration{WriteCert: o.WriteCert})
			if err != nil {
				return err
			}
			a.pair = &pair
		}
		// Nobody gets in before all is forgotten.
		s.door.gate.shut(time.Hour)
		defer s.door.gate.shut(0)
		defer s.forgetEverything(o)
	}
	return s.door.leave(a)
}

// goesAway is the control action of that name.
func goesAway(kind string) func(*server, []byte) (answerMap, error) {
	return func(s *server, text []byte) (answerMap, error) {
		o, err := request[outage](text)
		if err == nil {
			err = o.check()
		}
		if err == nil {
			err = s.depart(kind, o)
		}
		return nil, err
	}
}
