// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// esxHost is the name of the only host when the server poses as an ESXi host.
const esxHost = "localhost.localdomain"

// newServer makes the inventory that the configuration describes.
func newServer(config configuration) (*server, error) {
	model := simulator.VPX()
	if config.ESX {
		model = simulator.ESX()
	}
	model.Datacenter, model.Cluster, model.Host, model.Machine = 0, 0, 0, 0
	model.Datastore, model.Portgroup, model.Autostart = 0, 0, false
	if err := model.Create(); err != nil {
		return nil, err
	}
	s := &server{
		config: config, service: model.Service, registry: model.Service.Context.Map,
		bell: newBell(), sessions: newSessionTable(), started: time.Now(),
		machines: map[reference]*machine{}, datastores: map[reference]*account{},
		reserved: map[reservation]reference{}, denied: map[string]bool{},
		hosts: map[string]*simulator.HostSystem{}, permissions: newPermissionTable(),
		afterCancel: 300 * time.Millisecond,
	}
	s.calls, s.history = newCallLog(s.started), newHistory()
	client, err := vim25.NewClient(context.Background(), s.service)
	if err != nil {
		return nil, err
	}
	if err := s.makePlaces(client); err != nil {
		return nil, err
	}
	if err := s.makeContents(); err != nil {
		return nil, err
	}
	if config.Guests {
		if err := s.startGuests(); err != nil {
			return nil, err
		}
	}
	s.taskManager().MaxCollector = math.MaxInt32 // the simulator keeps those of dead sessions
	s.grantAccounts()
	s.registry.AddHandler(watcher{s})
	s.registry.Handler = s.handle
	return s, nil
}

// makePlaces makes the datacenter, hosts and datastores.
func (s *server) makePlaces(client *vim25.Client) error {
	ctx := context.Background()
	root := object.NewRootFolder(client)
	if !s.config.ESX {
		dc, err := root.CreateDatacenter(ctx, stored(s.config.Datacenter))
		if err != nil {
			return err
		}
		folders, err := dc.Folders(ctx)
		if err != nil {
			return err
		}
		for _, name := range s.config.Hosts {
			task, err := folders.HostFolder.AddStandaloneHost(ctx, types.HostConnectSpec{HostName: name}, true, nil, nil)
			if err == nil {
				_, err = task.WaitForResult(ctx, nil)
			}
			if err != nil {
				return fmt.Errorf("host %s: %w", name, err)
			}
		}
	}
	for _, entity := range s.registry.All("Datacenter") {
		s.vmFolder = s.registry.Get(entity.(*simulator.Datacenter).VmFolder).(*simulator.Folder)
	}
	for _, entity := range s.registry.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		s.hosts[host.Name] = host
		s.fillHost(host)
	}
	for _, d := range s.config.Datastores {
		if err := s.makeDatastore(client, d); err != nil {
			return fmt.Errorf("datastore %s: %w", d.Name, err)
		}
	}
	return nil
}

// fillHost sets what the simulator leaves empty.
func (s *server) fillHost(host *simulator.HostSystem) {
	host.Runtime.ConnectionState = types.HostSystemConnectionStateConnected
	host.Runtime.PowerState = types.HostSystemPowerStatePoweredOn
	capability := *host.Capability
	capability.CloneFromSnapshotSupported = types.NewBool(true)
	capability.DeltaDiskBackingsSupported = types.NewBool(true)
	host.Capability = &capability
}

func (s *server) makeDatastore(client *vim25.Client, d datastoreConfig) error {
	directory := filepath.Join(os.TempDir(), "datastore", d.Name)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	kind := types.HostFileSystemVolumeFileSystemTypeNFS
	for _, name := range s.config.Hosts {
		if d.Host != "" && d.Host != name {
			continue
		}
		host := s.hosts[name]
		if host == nil {
			return fmt.Errorf("there is no host '%s'", name)
		}
		system := object.NewHostDatastoreSystem(client, *host.ConfigManager.DatastoreSystem)
		var err error
		if d.Host == "" {
			_, err = system.CreateNasDatastore(context.Background(), types.HostNasVolumeSpec{
				RemoteHost: "nfs.example", RemotePath: "/" + d.Name, LocalPath: directory,
				AccessMode: string(types.HostMountModeReadWrite), Type: string(kind),
			})
		} else {
			kind = types.HostFileSystemVolumeFileSystemTypeVMFS
			_, err = system.CreateLocalDatastore(context.Background(), d.Name, directory)
		}
		if err != nil {
			return err
		}
	}
	return s.openAccount(d, kind)
}

// openAccount gives a datastore that exists its space.
func (s *server) openAccount(d datastoreConfig, kind types.HostFileSystemVolumeFileSystemType) error {
	for _, entity := range s.registry.All("Datastore") {
		ds := entity.(*simulator.Datastore)
		if ds.Name != d.Name {
			continue
		}
		capacity := d.CapacityGB * gigabyte
		ds.Summary.Type = string(kind)
		ds.Summary.MultipleHostAccess = types.NewBool(d.Host == "")
		s.datastores[ds.Self] = &account{datastore: ds, name: d.Name, capacity: capacity, free: capacity}
		s.publishSpace(s.datastores[ds.Self])
		return nil
	}
	return fmt.Errorf("'%s' is not a host", d.Host)
}

// makeContents makes the folders and VMs.
func (s *server) makeContents() error {
	for _, path := range s.config.Folders {
		if _, err := s.makeFolders(path); err != nil {
			return err
		}
	}
	for _, v := range s.config.VMs {
		if _, err := s.addConfigured(v); err != nil {
			return fmt.Errorf("VM '%s': %w", v.Name, err)
		}
	}
	return s.addBulk(s.config.Bulk)
}

func (s *server) folder(ref reference) *simulator.Folder {
	f, _ := s.registry.Get(ref).(*simulator.Folder)
	return f
}

func (s *server) pool(ref reference) *simulator.ResourcePool {
	p, _ := s.registry.Get(ref).(*simulator.ResourcePool)
	return p
}

func (s *server) hostOf(m *machine) *simulator.HostSystem {
	return s.registry.Get(*m.vm.Runtime.Host).(*simulator.HostSystem)
}

// poolOf is the root pool of the host's compute resource.
func (s *server) poolOf(host *simulator.HostSystem) reference {
	switch parent := s.registry.Get(*host.Parent).(type) {
	case *mo.ComputeResource:
		return *parent.ResourcePool
	case *simulator.ClusterComputeResource:
		return *parent.ResourcePool
	}
	return reference{}
}

// folderPrefix is the inventory path of the folder that holds all VMs.
func (s *server) folderPrefix() string { return s.pathOf(s.vmFolder.Self) }

// pathOf is the inventory path of a folder, with stored names.
func (s *server) pathOf(ref reference) string {
	var names []string
	for {
		entity, ok := s.registry.Get(ref).(mo.Entity)
		if !ok || entity.Entity().Parent == nil {
			break
		}
		names = append([]string{entity.Entity().Name}, names...)
		ref = *entity.Entity().Parent
	}
	return "/" + strings.Join(names, "/")
}

// findFolder takes a path below the VM folder, or a whole inventory path.
func (s *server) findFolder(path string) (*simulator.Folder, string) {
	folder := s.vmFolder
	rest := strings.TrimPrefix(path, s.folderPrefix())
	for _, name := range strings.Split(strings.Trim(rest, "/"), "/") {
		if name == "" {
			continue
		}
		child := s.child(folder, storedRequest(name))
		if child == nil || s.folder(*child) == nil {
			return folder, storedRequest(name)
		}
		folder = s.folder(*child)
	}
	return folder, ""
}

// makeFolders makes the folders of a path that do not exist yet.
func (s *server) makeFolders(path string) (*simulator.Folder, error) {
	for {
		folder, missing := s.findFolder(path)
		if missing == "" {
			return folder, nil
		}
		if _, f := s.makeFolder(folder, missing); f != nil {
			return nil, fmt.Errorf("folder '%s': %s", path, faultName(f))
		}
	}
}

func (s *server) makeFolder(parent *simulator.Folder, name string) (*simulator.Folder, fault) {
	if f := checkName(name); f != nil {
		return nil, f
	}
	if f := s.checkFree(parent, name, reference{}); f != nil {
		return nil, f
	}
	folder := &simulator.Folder{}
	folder.Self, folder.Name, folder.ChildType = s.newReference("Folder", "group-v"), name, parent.ChildType
	up := parent.Self
	folder.Parent = &up
	s.update(parent, set("childEntity", appended(parent.ChildEntity, folder.Self)))
	s.registry.Put(folder)
	return folder, nil
}

// child finds a direct child by its stored name.
func (s *server) child(folder *simulator.Folder, name string) *reference {
	for _, ref := range folder.ChildEntity {
		if entity, ok := s.registry.Get(ref).(mo.Entity); ok && entity.Entity().Name == name {
			return &ref
		}
	}
	return nil
}

// checkFree refuses a name that a child of the folder has, or that a clone
// under way will have; self may have it.
func (s *server) checkFree(folder *simulator.Folder, name string, self reference) fault {
	other := s.child(folder, name)
	if other == nil {
		if ref, ok := s.reserved[reservation{folder.Self, name}]; ok {
			other = &ref
		}
	}
	if other == nil || *other == self {
		return nil
	}
	return &types.DuplicateName{Name: name, Object: *other}
}
