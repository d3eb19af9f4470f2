// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"reflect"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
)

// happening is a VM as it stood after a change, or just before it was deleted.
type happening struct {
	Seq  int    `json:"seq"` // the last call that had come in
	Ms   int64  `json:"ms"`
	What string `json:"what"` // "changed", "gone"
	VM   vmView `json:"vm"`
}

// history keeps what became of each VM. Bulk VMs are in it once they change.
type history struct {
	mutex  sync.Mutex
	events []happening
	last   map[reference]vmView
}

func newHistory() *history { return &history{last: map[reference]vmView{}} }

// add enters what is not known yet.
func (h *history) add(ref reference, e happening) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if last, known := h.last[ref]; known && e.What == "changed" && reflect.DeepEqual(last, e.VM) {
		return
	}
	h.last[ref] = e.VM
	h.events = append(h.events, e)
}

// since answers what came after the given number of events.
func (h *history) since(number int) []happening {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	return append([]happening{}, h.events[min(max(number, 0), len(h.events)):]...)
}

// remember enters a VM as it is now. The caller holds the world.
func (s *server) remember(what string, object mo.Reference) {
	if _, isVM := object.(*simulator.VirtualMachine); !isVM {
		return
	}
	ref := object.Reference()
	m := s.machines[ref]
	if m == nil {
		return
	}
	s.history.add(ref, happening{s.calls.count(), s.calls.age().Milliseconds(), what, s.viewVM(m)})
}
