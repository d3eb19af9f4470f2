// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"crypto/tls"
	"log"
	"net"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// door is the port that clients come to. It can be closed and opened again: on
// the same port, which nobody else gets in the meantime.
type door struct {
	handler http.Handler
	gate    gate

	guests      sync.Mutex
	connections map[*gatedConnection]bool // nil while it is closed

	mutex       sync.Mutex
	address     string
	pair        tls.Certificate
	server      *http.Server // nil while it is closed
	listener    net.Listener
	placeholder *placeholder
	turn        int  // counts the closings: only the last one opens
	unavailable bool // the proxy in front answers 503
}

// openDoor listens at the address for the first time.
func openDoor(address string, handler http.Handler, pair tls.Certificate) (*door, error) {
	d := &door{address: address, handler: handler, pair: pair}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if err := d.open(); err != nil {
		return nil, err
	}
	d.address = d.listener.Addr().String() // from now on it stays
	return d, nil
}

// open listens and serves. The caller holds the mutex.
func (d *door) open() error {
	d.unavailable = false
	if d.server != nil {
		return nil
	}
	shared := net.ListenConfig{Control: shareable}
	listener, err := shared.Listen(context.Background(), "tcp", d.address)
	if err != nil {
		return err
	}
	d.placeholder.release()
	d.placeholder, d.listener = nil, listener
	d.cutConnections(true)
	secure := tls.NewListener(gatedListener{listener, d}, &tls.Config{
		GetCertificate: d.certificate, MinVersion: tls.VersionTLS12,
	})
	served := &http.Server{Handler: d}
	d.server = served
	go serve("sdk", func() error { return served.Serve(secure) })
	return nil
}

// certificate is the one of the moment.
func (d *door) certificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	pair := d.pair
	return &pair, nil
}

// shut stops listening and cuts all connections; the port stays taken. With
// silence, a new connection gets no answer at all, else it is refused.
func (d *door) shut(silence bool) error {
	if d.placeholder == nil {
		taken, err := holdPort(d.address)
		if err != nil {
			return err
		}
		d.placeholder = taken
	}
	if d.server != nil {
		_ = d.listener.Close()
		d.cutConnections(false)
		_ = d.server.Close()
		d.server = nil
	}
	if silence {
		return d.placeholder.swallow()
	}
	return nil
}

// away is how a door is closed.
type away struct {
	howLong     time.Duration // below 0: for ever
	silence     bool
	unavailable bool             // stays open, but answers 503
	pair        *tls.Certificate // from now on
}

// leave closes the door for a while, or only throws everybody out.
func (d *door) leave(a away) error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.turn++
	if a.pair != nil {
		d.pair = *a.pair
	}
	if a.howLong == 0 || a.unavailable {
		d.cutConnections(true)
		if err := d.open(); err != nil {
			return err
		}
		d.unavailable = a.unavailable && a.howLong != 0
	} else if err := d.shut(a.silence); err != nil {
		return err
	}
	if a.howLong > 0 {
		turn := d.turn
		time.AfterFunc(a.howLong, func() { d.comeBack(turn) })
	}
	return nil
}

// comeBack opens the door unless it was closed again in the meantime.
func (d *door) comeBack(turn int) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if turn != d.turn {
		return
	}
	if err := d.open(); err != nil {
		log.Printf("sdk: %v", err)
		cleanUp()
		os.Exit(1)
	}
}

// Close ends it for good.
func (d *door) Close() error {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.turn++
	err := d.shut(false)
	d.placeholder.release()
	return err
}

// ServeHTTP lets a call in when the gate is open.
func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.gate.pass(r.Context().Done())
	d.mutex.Lock()
	unavailable := d.unavailable
	d.mutex.Unlock()
	if unavailable {
		http.Error(w, "no healthy upstream", http.StatusServiceUnavailable)
		return
	}
	d.handler.ServeHTTP(w, r)
}

// cutConnections ends those that exist; more may come, or not.
func (d *door) cutConnections(more bool) {
	d.guests.Lock()
	defer d.guests.Unlock()
	for c := range d.connections {
		c.cut()
	}
	d.connections = nil
	if more {
		d.connections = map[*gatedConnection]bool{}
	}
}

func (d *door) remember(c *gatedConnection) {
	d.guests.Lock()
	defer d.guests.Unlock()
	if d.connections == nil {
		c.cut()
		return
	}
	d.connections[c] = true
}

func (d *door) forget(c *gatedConnection) {
	d.guests.Lock()
	defer d.guests.Unlock()
	delete(d.connections, c)
}

// reusePort is SO_REUSEPORT, which the package syscall lacks.
const reusePort = 0xf

// shareable lets the placeholder have the port of a listener.
func shareable(_, _ string, raw syscall.RawConn) error {
	var failure error
	err := raw.Control(func(fd uintptr) {
		failure = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, reusePort, 1)
	})
	if err != nil {
		return err
	}
	return failure
}
