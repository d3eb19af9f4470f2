// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net"
	"syscall"
	"time"
)

// guest is what runs in a VM, as the network sees it: a port of its own on the
// loopback that takes connections. While it is frozen not even its kernel
// answers: packets to the port are dropped.
type guest struct {
	listener *net.TCPListener
	frozen   time.Time // since when; zero: it runs
}

// Not the address of the vCenter: it is no guest of these.
const guestAddress = "127.0.0.2"

func startGuest() (*guest, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.ParseIP(guestAddress)})
	if err != nil {
		return nil, err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	return &guest{listener: listener}, nil
}

func (g *guest) port() int {
	if g == nil {
		return 0
	}
	return g.listener.Addr().(*net.TCPAddr).Port
}

// freeze stops it; what has frozen stays so.
func (g *guest) freeze() error {
	if g == nil || !g.frozen.IsZero() {
		return nil
	}
	nothing := []syscall.SockFilter{{Code: syscall.BPF_RET | syscall.BPF_K, K: 0}}
	err := g.control(func(socket int) error { return syscall.AttachLsf(socket, nothing) }) //nolint:staticcheck
	g.frozen = time.Now()
	return err
}

// thaw lets it go on, once it was frozen for so long.
func (g *guest) thaw(after time.Duration) error {
	if g == nil || g.frozen.IsZero() {
		return nil
	}
	time.Sleep(time.Until(g.frozen.Add(after)))
	err := g.control(func(socket int) error { return syscall.DetachLsf(socket) }) //nolint:staticcheck
	g.frozen = time.Time{}
	return err
}

func (g *guest) control(change func(socket int) error) error {
	raw, err := g.listener.SyscallConn()
	if err != nil {
		return err
	}
	var failure error
	err = raw.Control(func(descriptor uintptr) { failure = change(int(descriptor)) })
	if err != nil {
		return err
	}
	return failure
}

// startGuests gives every VM that runs a guest that can be reached.
func (s *server) startGuests() error {
	for _, m := range s.machines {
		if powerWord(m.vm.Runtime.PowerState) != "on" {
			continue
		}
		g, err := startGuest()
		if err != nil {
			return err
		}
		m.guest = g
		m.vm.Guest.IpAddress = guestAddress
	}
	return nil
}

// stunned lets time pass as spend does; in the last StunMs of it the guest is
// frozen, and it has been for all of them when the task ends.
func (s *server) stunned(j *job, m *machine, before func() int, step func(share float64) fault) fault {
	total := func() int { return before() + s.config.StunMs }
	var trouble error
	stun := 0
	failure := j.spend(total, func(share float64) fault {
		stun = s.config.StunMs
		if s.config.StunMs > 0 && share*float64(total()) >= float64(before()) && trouble == nil {
			trouble = m.guest.freeze()
		}
		return step(share)
	})
	if err := m.guest.thaw(time.Duration(stun) * time.Millisecond); trouble == nil {
		trouble = err
	}
	if trouble != nil {
		panic(trouble)
	}
	return failure
}
