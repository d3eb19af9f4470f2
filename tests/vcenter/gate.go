// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net"
	"sync"
	"time"
)

// gate lets nothing through for a while: the server is frozen.
type gate struct {
	mutex   sync.Mutex
	until   time.Time
	changed chan struct{}
}

// shut closes the gate for so long, from now; 0 opens it.
func (g *gate) shut(howLong time.Duration) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.until = time.Now().Add(howLong)
	if g.changed != nil {
		close(g.changed)
	}
	g.changed = make(chan struct{})
}

// pass waits until the gate is open, or for the end of who waits.
func (g *gate) pass(gone <-chan struct{}) {
	for {
		g.mutex.Lock()
		left, changed := time.Until(g.until), g.changed
		g.mutex.Unlock()
		if left <= 0 {
			return
		}
		select {
		case <-gone:
			return
		case <-changed:
		case <-time.After(left):
		}
	}
}

// gatedConnection sends and receives only while the gate is open.
type gatedConnection struct {
	net.Conn
	door *door
	once sync.Once
	gone chan struct{} // closed when it was cut
}

func (c *gatedConnection) cut() {
	c.once.Do(func() { close(c.gone) })
	_ = c.Conn.Close()
}

func (c *gatedConnection) Read(into []byte) (int, error) {
	n, err := c.Conn.Read(into)
	c.door.gate.pass(c.gone)
	return n, err
}

func (c *gatedConnection) Write(text []byte) (int, error) {
	c.door.gate.pass(c.gone)
	return c.Conn.Write(text)
}

func (c *gatedConnection) Close() error {
	c.door.forget(c)
	return c.Conn.Close()
}

// gatedListener hands out connections that the door knows.
type gatedListener struct {
	net.Listener
	door *door
}

func (l gatedListener) Accept() (net.Conn, error) {
	plain, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &gatedConnection{Conn: plain, door: l.door, gone: make(chan struct{})}
	l.door.remember(c)
	return c, nil
}
