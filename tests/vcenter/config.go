// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

const gigabyte = int64(1) << 30

// configuration is what the JSON file can say; the package comment explains it.
type configuration struct {
	Listen    string `json:"listen"`
	Control   string `json:"control"`
	Cert      string `json:"cert"`
	Key       string `json:"key"`
	WriteCert string `json:"writeCert"`
	User      string `json:"user"`
	Password  string `json:"password"`
	accounts
	ESX        bool              `json:"esx"`
	Datacenter string            `json:"datacenter"`
	Hosts      []string          `json:"hosts"`
	Datastores []datastoreConfig `json:"datastores"`
	VMs        []vmConfig        `json:"vms"`
	Folders    []string          `json:"folders"`
	Bulk       int               `json:"bulk"`
	Guests     bool              `json:"guests"`
	speeds
	switches
}

// accounts are who else may log in.
type accounts struct {
	Admin         string `json:"admin"`
	AdminPassword string `json:"adminPassword"`
}

// speeds are durations in milliseconds.
type speeds struct {
	CopyMs     int `json:"copyMs"`
	CreateMs   int `json:"createMs"`
	RemoveMs   int `json:"removeMs"`
	ReconfigMs int `json:"reconfigMs"`
	DestroyMs  int `json:"destroyMs"`
	StunMs     int `json:"stunMs"`
}

// switches choose where the behaviour of real servers differs or is not known.
type switches struct {
	VisibleWhileCopying bool   `json:"visibleWhileCopying"`
	HonourExtraConfig   bool   `json:"honourExtraConfig"`
	Inherit             bool   `json:"inherit"`
	BusyAsFault         string `json:"busyAsFault"`
	QuiesceNeedsTools   bool   `json:"quiesceNeedsTools"`
	IdleSeconds         int    `json:"idleSeconds"`
	PageSize            int32  `json:"pageSize"`
	UpdatesPerSet       int    `json:"updatesPerSet"`
}

type datastoreConfig struct {
	Name       string `json:"name"`
	Host       string `json:"host"`
	CapacityGB int64  `json:"capacityGB"`
}

type vmConfig struct {
	Name         string  `json:"name"`
	Folder       string  `json:"folder"`
	Datastore    string  `json:"datastore"`
	Host         string  `json:"host"`
	DisksGB      []int64 `json:"disksGB"`
	UsedPercent  int64   `json:"usedPercent"`
	Power        string  `json:"power"`
	Tools        *bool   `json:"tools"`
	InstanceUUID string  `json:"instanceUuid"`
}

// defaultConfiguration is the small inventory without a file.
func defaultConfiguration() configuration {
	return configuration{
		Listen: "127.0.0.1:0", Control: "127.0.0.1:0",
		User: "backup@vsphere.local", Password: "VMware1!",
		Datacenter: "DC",
		Hosts:      []string{"esxi-1.example", "esxi-2.example"},
		Datastores: []datastoreConfig{
			{Name: "NFS_durian", CapacityGB: 2000},
			{Name: "NFS_mango", CapacityGB: 2000},
			{Name: "local-1", Host: "esxi-1.example", CapacityGB: 500},
			{Name: "local-2", Host: "esxi-2.example", CapacityGB: 500},
		},
		VMs: []vmConfig{
			{Name: "avocado2", Datastore: "NFS_mango", Host: "esxi-1.example", DisksGB: []int64{40, 10}},
			{Name: "avocado20", Datastore: "NFS_mango", Host: "esxi-1.example", DisksGB: []int64{20}},
			{Name: "papaya3", Datastore: "local-2", Host: "esxi-2.example", DisksGB: []int64{16}, Power: "off"},
			{Name: "support private", Datastore: "NFS_mango", Host: "esxi-2.example", DisksGB: []int64{8}},
			{Name: "日本語 VM", Datastore: "NFS_mango", Host: "esxi-2.example", DisksGB: []int64{12}},
			{Name: "web/100%", Datastore: "NFS_mango", Host: "esxi-1.example", DisksGB: []int64{10}},
			{Name: "vcenter", Datastore: "local-1", Host: "esxi-1.example", DisksGB: []int64{50, 25}},
		},
		Folders: []string{"backup"},
		switches: switches{
			VisibleWhileCopying: true, HonourExtraConfig: true, Inherit: true,
			BusyAsFault: "task", QuiesceNeedsTools: true, PageSize: 100, UpdatesPerSet: 100,
		},
	}
}

// readConfiguration overlays the built-in values with the named file. A list
// that the file gives replaces the built-in one as a whole. With hosts or
// datastores of its own, the file also has to give its VMs.
func readConfiguration(path string) (configuration, error) {
	config := defaultConfiguration()
	if path == "" {
		return config, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return config, err
	}
	var lists configuration
	if err := decodeStrictly(text, &lists); err != nil {
		return config, fmt.Errorf("%s: %w", path, err)
	}
	// A list is decoded into fresh elements, never into those of the default.
	if lists.Hosts != nil || lists.Datastores != nil || lists.ESX {
		config.VMs = nil
	}
	if lists.Hosts != nil {
		config.Hosts, config.Datastores = nil, nil
	}
	if lists.Datastores != nil {
		config.Datastores = nil
	}
	if lists.VMs != nil {
		config.VMs = nil
	}
	if lists.Folders != nil {
		config.Folders = nil
	}
	if err := decodeStrictly(text, &config); err != nil {
		return config, fmt.Errorf("%s: %w", path, err)
	}
	return config, config.check()
}

func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func (c *configuration) check() error {
	if c.BusyAsFault != "task" && c.BusyAsFault != "call" {
		return fmt.Errorf("busyAsFault: '%s' is neither 'task' nor 'call'", c.BusyAsFault)
	}
	if c.UpdatesPerSet < 1 {
		return fmt.Errorf("updatesPerSet: at least 1 is needed")
	}
	if (c.Cert == "") != (c.Key == "") {
		return fmt.Errorf("cert and key go together")
	}
	if c.ESX && len(c.Folders) > 0 {
		c.Folders = nil
	}
	if c.ESX {
		c.Hosts = []string{esxHost}
	}
	if len(c.Hosts) == 0 {
		return fmt.Errorf("hosts: at least one is needed")
	}
	return nil
}
