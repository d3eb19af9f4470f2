// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"log"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// exitPanic is the exit status after a panic: locks may be held for ever.
const exitPanic = 70

// server is one vCenter.
//
// Locking: world guards the whole inventory and every field below it. Calls
// that change something and the steps of tasks hold it; reads hold it shared.
// Whoever holds it may take an object's lock of the registry (through update),
// never the other way round.
type server struct {
	config   configuration
	service  *simulator.Service
	registry *simulator.Registry
	bell     *bell
	sessions *sessionTable
	calls    *callLog
	history  *history
	started  time.Time
	door     *door

	world       sync.RWMutex
	machines    map[reference]*machine
	datastores  map[reference]*account
	reserved    map[reservation]reference
	jobs        []*job
	orders      []*order
	denied      map[string]bool
	permissions *permissionTable
	rules       []*rule
	client      int // the process that signals go to
	skew        time.Duration
	// afterCancel is how long the work goes on after its task was reported as
	// cancelled, where it then succeeds.
	afterCancel time.Duration
	// forgottenAt is when the last restart forgot all tasks.
	forgottenAt time.Time
	events      []posted
	counter     int64
	vmFolder    *simulator.Folder
	hosts       map[string]*simulator.HostSystem
}

// reservation is a name in a folder that an invisible clone will take.
type reservation struct {
	folder reference
	name   string
}

func (s *server) locked(f func()) {
	s.world.Lock()
	defer s.world.Unlock()
	f()
}

// now is the time by the server's clock.
func (s *server) now() time.Time { return time.Now().UTC().Add(s.skew) }

// context makes an owner of object locks that no request shares.
func (s *server) context() *simulator.Context {
	c := *s.service.Context
	return &c
}

// update changes properties of an object and tells everyone who waits.
// Values of pointer fields are given without the pointer.
func (s *server) update(object mo.Reference, changes ...types.PropertyChange) {
	s.registry.AtomicUpdate(s.context(), object, changes)
	s.remember("changed", object)
}

func set(name string, value any) types.PropertyChange {
	return types.PropertyChange{Name: name, Val: value}
}

// next is a number that no other object of this server has.
func (s *server) next() int64 {
	s.counter++
	return 1000 + s.counter
}

func (s *server) newReference(kind, prefix string) reference {
	return reference{Type: kind, Value: fmt.Sprintf("%s-%d", prefix, s.next())}
}

// appended and without copy their list: what was handed out never changes.
func appended(list []reference, ref reference) []reference {
	return append(append(make([]reference, 0, len(list)+1), list...), ref)
}

func without(list []reference, ref reference) []reference {
	kept := make([]reference, 0, len(list))
	for _, r := range list {
		if r != ref {
			kept = append(kept, r)
		}
	}
	return kept
}

// guard ends the process after a panic; it is deferred wherever code runs.
func guard() {
	if reason := recover(); reason != nil {
		log.Printf("panic: %v\n%s", reason, debug.Stack())
		cleanUp()
		os.Exit(exitPanic)
	}
}

// bell wakes everyone who waits for a change of the inventory, and knows what
// changed when.
type bell struct {
	mutex   sync.Mutex
	channel chan struct{}
	count   int64
	changes map[reference]int64 // by the count of rings
}

func newBell() *bell { return &bell{channel: make(chan struct{}), changes: map[reference]int64{}} }

func (b *bell) ring(ref reference) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.count++
	b.changes[ref] = b.count
	close(b.channel)
	b.channel = make(chan struct{})
}

// rings is how often it has rung.
func (b *bell) rings() int64 {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.count
}

// silentSince tells whether none of the objects has changed after so many rings.
func (b *bell) silentSince(count int64, objects []types.ObjectSpec) bool {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for _, o := range objects {
		if b.changes[o.Obj] > count {
			return false
		}
	}
	return true
}

// next is closed at the next change.
func (b *bell) next() <-chan struct{} {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.channel
}

// watcher hears of every change of the registry.
type watcher struct{ server *server }

func (watcher) Reference() reference { return reference{Type: "Watcher", Value: "watcher"} }

func (w watcher) PutObject(_ *simulator.Context, object mo.Reference) {
	w.server.bell.ring(object.Reference())
}

func (w watcher) UpdateObject(_ *simulator.Context, object mo.Reference, _ []types.PropertyChange) {
	w.server.bell.ring(object.Reference())
}

// RemoveObject takes the wrapper of a removed object out of every session,
// else the object would stay readable there.
func (w watcher) RemoveObject(c *simulator.Context, ref reference) {
	switch ref.Type {
	case "VirtualMachine", "VirtualMachineSnapshot", "Folder", "Task":
		w.server.sessions.forget(ref)
		w.server.bell.ring(ref)
	}
}
