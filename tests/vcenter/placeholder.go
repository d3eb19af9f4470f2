// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net"
	"syscall"
)

// placeholder keeps a port while nobody listens there, so that no other
// process is given it.
type placeholder struct {
	socket  int
	address syscall.SockaddrInet4
	waiting []int // connections that fill the queue
}

func holdPort(address string) (*placeholder, error) {
	where, err := net.ResolveTCPAddr("tcp4", address)
	if err != nil {
		return nil, err
	}
	p := &placeholder{address: syscall.SockaddrInet4{Port: where.Port}}
	copy(p.address.Addr[:], where.IP.To4())
	if p.socket, err = newSocket(); err != nil {
		return nil, err
	}
	for _, option := range []int{syscall.SO_REUSEADDR, reusePort} {
		if err := syscall.SetsockoptInt(p.socket, syscall.SOL_SOCKET, option, 1); err != nil {
			return nil, err
		}
	}
	return p, syscall.Bind(p.socket, &p.address)
}

func newSocket() (int, error) {
	return syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC|syscall.SOCK_NONBLOCK, 0)
}

// swallow makes new connections hang: the queue of a socket that nobody
// accepts from is full, so that the kernel drops what comes.
func (p *placeholder) swallow() error {
	if err := syscall.Listen(p.socket, 0); err != nil {
		return err
	}
	for range 2 {
		fill, err := newSocket()
		if err != nil {
			return err
		}
		p.waiting = append(p.waiting, fill)
		if err := syscall.Connect(fill, &p.address); err != nil && err != syscall.EINPROGRESS {
			return err
		}
	}
	return nil
}

func (p *placeholder) release() {
	if p == nil {
		return
	}
	for _, socket := range append(p.waiting, p.socket) {
		_ = syscall.Close(socket)
	}
}
