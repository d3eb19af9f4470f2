// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// sessionTable knows the sessions that have called, and when they last did.
type sessionTable struct {
	mutex sync.Mutex
	known map[string]*knownSession
}

type knownSession struct {
	registry   *simulator.Registry
	last       time.Time
	collectors map[reference]*collector
}

func newSessionTable() *sessionTable {
	return &sessionTable{known: map[string]*knownSession{}}
}

// touch notes a call and says how long the session had been idle.
func (t *sessionTable) touch(session *simulator.Session) time.Duration {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	known, ok := t.known[session.Key]
	if !ok {
		known = &knownSession{
			registry: session.Registry, last: session.LoginTime,
			collectors: map[reference]*collector{},
		}
		t.known[session.Key] = known
	}
	idle := time.Since(known.last)
	known.last = time.Now()
	return idle
}

// refresh notes that a long call has just ended.
func (t *sessionTable) refresh(key string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if known := t.known[key]; known != nil {
		known.last = time.Now()
	}
}

// wrap puts an object into the session's registry, where calls look first.
func (t *sessionTable) wrap(session *simulator.Session, object mo.Reference) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	known := t.known[session.Key]
	if known == nil {
		return
	}
	if c, ok := object.(*collector); ok {
		if known.collectors[c.Reference()] != nil {
			return
		}
		known.collectors[c.Reference()] = c
	} else if known.registry.Get(object.Reference()) != nil {
		return
	}
	known.registry.Put(object)
}

// forget takes an object out of every session.
func (t *sessionTable) forget(ref reference) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, known := range t.known {
		if known.registry.Get(ref) != nil {
			known.registry.Remove(&simulator.Context{Map: known.registry}, ref)
		}
	}
}

// drop forgets a session and ends its waits.
func (t *sessionTable) drop(key string) {
	t.mutex.Lock()
	known := t.known[key]
	delete(t.known, key)
	t.mutex.Unlock()
	if known == nil {
		return
	}
	for _, c := range known.collectors {
		c.stop()
	}
}

// endWaitWithClient ends the wait of a client that goes away meanwhile, else
// its next one would stand behind it. The answer is called at the wait's end.
func (s *server) endWaitWithClient(r *http.Request, e *entry) func() {
	cookie, err := r.Cookie(soap.SessionCookieName)
	if err != nil || !strings.HasPrefix(e.Method, "WaitForUpdates") {
		return func() {}
	}
	stop := context.AfterFunc(r.Context(), func() {
		s.sessions.interrupt(strings.Trim(cookie.Value, `"`), e.ref)
	})
	return func() { stop() }
}

// interrupt ends the waits of one collector.
func (t *sessionTable) interrupt(key string, ref reference) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if known := t.known[key]; known != nil && known.collectors[ref] != nil {
		known.collectors[ref].stop()
	}
}

func (t *sessionTable) dropCollector(key string, ref reference) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if known := t.known[key]; known != nil {
		delete(known.collectors, ref)
	}
}

// stranger is a context with a session of its own that nobody logged in to.
func (s *server) stranger() *simulator.Context {
	c := s.context()
	c.Session = &simulator.Session{
		UserSession: types.UserSession{Key: "stranger", UserName: "stranger"},
		Registry:    simulator.NewRegistry(), Map: s.registry,
	}
	return c
}

// sessionList is who is logged in.
func (s *server) sessionList() []types.UserSession {
	c := s.stranger()
	manager := c.Session.Get(s.registry.SessionManager().Self)
	return manager.(*simulator.SessionManager).SessionList
}

// endSession makes every later call of the session NotAuthenticated.
func (s *server) endSession(key string) {
	manager := s.registry.SessionManager()
	manager.TerminateSession(s.stranger(), &types.TerminateSession{SessionId: []string{key}})
	s.sessions.drop(key)
}

func (s *server) endSessions() int {
	list := s.sessionList()
	for _, session := range list {
		s.endSession(session.Key)
	}
	return len(list)
}
