// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"fmt"
	"maps"

	"github.com/vmware/govmomi/vim25/types"
)

// What is on a disk is a word "vm/address/version": the VM and the disk that
// it was written by, and how often that was written until then. A copy has the
// word of what it copied, until it is written itself.

// contentOf is what is on a disk of the VM now.
func (s *server) contentOf(m *machine, disk *types.VirtualDisk) string {
	if use := m.disks[disk.Key]; use != nil && use.content != "" {
		return use.content
	}
	return fmt.Sprintf("%s/%s/1", m.vm.Self.Value, slotOf(m.vm.Config.Hardware.Device, disk))
}

// freeze notes what the disks hold at the moment of a snapshot.
func (s *server) freeze(m *machine, snapshot reference) {
	contents := map[int32]string{}
	for _, disk := range disksOf(m.vm.Config.Hardware.Device) {
		contents[disk.Key] = s.contentOf(m, disk)
	}
	frozen := maps.Clone(m.frozen)
	if frozen == nil {
		frozen = map[reference]map[int32]string{}
	}
	frozen[snapshot] = contents
	m.frozen = frozen
}

// thaw is what going back to a snapshot does to the disks.
func (m *machine) thaw(snapshot reference) {
	for key, content := range m.frozen[snapshot] {
		if use := m.disks[key]; use != nil {
			use.content = content
		}
	}
}

// copiedContent is what a clone of the disk gets.
func (c *cloning) copiedContent(disk *types.VirtualDisk) string {
	if c.spec.Snapshot != nil {
		if content, ok := c.source.frozen[*c.spec.Snapshot][disk.Key]; ok {
			return content
		}
	}
	return c.server.contentOf(c.source, disk)
}

// doWrite lets the guest write to its disks, or to the one at an address.
func (s *server) doWrite(text []byte) (answerMap, error) {
	r, m, err := requestAbout[struct {
		named
		Disk string `json:"disk"`
	}](s, text)
	if err != nil {
		return nil, err
	}
	devices, written := m.vm.Config.Hardware.Device, answerMap{}
	for _, disk := range disksOf(devices) {
		slot, use := slotOf(devices, disk), m.disks[disk.Key]
		if use == nil || r.Disk != "" && r.Disk != slot {
			continue
		}
		use.version = max(use.version, 1) + 1
		use.content = fmt.Sprintf("%s/%s/%d", m.vm.Self.Value, slot, use.version)
		written[slot] = use.content
	}
	if len(written) == 0 {
		return nil, fmt.Errorf("'%s' has no such disk", r.VM)
	}
	return answerMap{"content": written}, nil
}
