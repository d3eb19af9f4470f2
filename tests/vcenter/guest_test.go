// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net"
	"strconv"
	"testing"
	"time"
)

func answers(g *guest, within time.Duration) bool {
	connection, err := net.DialTimeout("tcp4", net.JoinHostPort(guestAddress, strconv.Itoa(g.port())), within)
	if err == nil {
		_ = connection.Close()
	}
	return err == nil
}

func TestAFrozenGuestAnswersNothing(t *testing.T) {
	g, err := startGuest()
	if err != nil {
		t.Fatal(err)
	}
	if !answers(g, 30*time.Second) {
		t.Fatal("a guest that runs does not answer")
	}
	if err := g.freeze(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if answers(g, 300*time.Millisecond) {
		t.Error("a frozen guest answers")
	}
	if time.Since(began) < 300*time.Millisecond {
		t.Error("a frozen guest refuses")
	}
	if err := g.thaw(500 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	if time.Since(began) < 500*time.Millisecond {
		t.Error("it was frozen for less than it should")
	}
	if !answers(g, 30*time.Second) {
		t.Error("a guest that goes on does not answer")
	}
}
