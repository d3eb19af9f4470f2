// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
)

// processState is the letter that the system has for it: S, T, Z and so on.
func processState(pid int) string {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	return rest[:1]
}

func TestSignals(t *testing.T) {
	for _, row := range []struct {
		action, moment string
		answered       bool
		executed       int
		state          string
	}{
		{"kill", "before", false, 0, "Z"},
		{"kill", "executed", false, 1, "Z"},
		{"kill", "replied", true, 1, "Z"},
		{"term", "before", true, 1, "Z"},
		{"term", "executed", true, 1, "Z"},
		{"term", "replied", true, 1, "Z"},
		{"stop", "before", true, 1, "T"},
		{"stop", "executed", true, 1, "T"},
		{"stop", "replied", true, 1, "T"},
	} {
		t.Run(row.action+" "+row.moment, func(t *testing.T) {
			b := start(t, nil)
			victim := exec.Command("sleep", "60")
			if err := victim.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = victim.Process.Kill(); _ = victim.Wait() })
			b.do(`{"action":"client","pid":%d}`, victim.Process.Pid)
			b.do(`{"action":"rule","rule":{"method":"CreateSnapshot_Task","action":"%s","moment":"%s"}}`, row.action, row.moment)
			expect(t, "answered", b.requestSnapshot("avocado2") == "", row.answered)
			for end := time.Now().Add(30 * time.Second); processState(victim.Process.Pid) != row.state; {
				if time.Now().After(end) {
					t.Fatalf("state %s", processState(victim.Process.Pid))
				}
				time.Sleep(time.Millisecond)
			}
			b.idle("avocado2")
			expect(t, "executed", len(b.seen("avocado2").Snapshots), row.executed)
		})
	}
}

func TestStoppedClientGoesOn(t *testing.T) {
	b := start(t, nil)
	sleeper := exec.Command("sleep", "60")
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sleeper.Process.Kill(); _ = sleeper.Wait() })
	pid := sleeper.Process.Pid
	b.do(`{"action":"rule","rule":{"method":"CurrentTime","action":"stop","pid":%d,"contMs":500}}`, pid)
	begun := time.Now()
	if _, err := methods.GetCurrentTime(b.ctx, b.client); err != nil {
		t.Fatal(err)
	}
	var status syscall.WaitStatus // the system keeps it until somebody asks
	b.until("it goes on after a stop", func() bool {
		found, err := syscall.Wait4(pid, &status, syscall.WCONTINUED|syscall.WNOHANG, nil)
		return err == nil && found == pid
	})
	expect(t, "continued", status.Continued(), true)
	expect(t, "not before its time", time.Since(begun) >= 500*time.Millisecond, true)
}
