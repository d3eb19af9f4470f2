// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/task"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func TestMain(m *testing.M) {
	if err := makeTemporary(); err != nil {
		panic(err)
	}
	code := m.Run()
	cleanUp()
	os.Exit(code)
}

// bench is a server with a client that has logged in.
type bench struct {
	*testing.T
	ctx     context.Context
	server  *server
	running *endpoints
	client  *govmomi.Client
	finder  *find.Finder
}

func start(t *testing.T, change func(*configuration)) *bench {
	t.Helper()
	config := defaultConfiguration()
	if change != nil {
		change(&config)
	}
	s, err := newServer(config)
	if err != nil {
		t.Fatal(err)
	}
	running, err := s.listen()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	b := &bench{T: t, ctx: ctx, server: s, running: running}
	b.client = b.login(config.Password)
	b.finder = find.NewFinder(b.client.Client, false)
	t.Cleanup(func() {
		_ = b.client.Logout(context.Background())
		cancel()
		_, _ = running.sdk.Close(), running.port.Close()
	})
	return b
}

func (b *bench) login(password string) *govmomi.Client {
	b.Helper()
	u, err := url.Parse(b.running.url)
	if err != nil {
		b.Fatal(err)
	}
	u.User = url.UserPassword(b.server.config.User, password)
	client, err := govmomi.NewClient(b.ctx, u, true)
	if err != nil {
		b.Fatal(err)
	}
	return client
}

func (b *bench) vm(name string) *object.VirtualMachine {
	b.Helper()
	b.server.world.RLock()
	defer b.server.world.RUnlock()
	m, err := b.server.find(name)
	if err != nil {
		b.Fatal(err)
	}
	return object.NewVirtualMachine(b.client.Client, m.vm.Self)
}

// do is an order to the control port.
func (b *bench) do(format string, values ...any) map[string]any {
	b.Helper()
	text := fmt.Sprintf(format, values...)
	reply, err := http.Post(b.running.control+"/do", "application/json", bytes.NewBufferString(text))
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	body, _ := io.ReadAll(reply.Body)
	if reply.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s", text, body)
	}
	var answer map[string]any
	if err := json.Unmarshal(body, &answer); err != nil {
		b.Fatal(err)
	}
	return answer
}

// seen is the view of one VM by the control port, nil when it has gone.
func (b *bench) seen(name string) *vmView {
	for _, v := range b.server.state().VMs {
		if v.Name == name {
			return &v
		}
	}
	return nil
}

func (b *bench) free(name string) int64 {
	for _, d := range b.server.state().Datastores {
		if d.Name == name {
			return d.Free
		}
	}
	b.Fatalf("there is no datastore %s", name)
	return 0
}

// run waits for a task and answers the name of its fault, or of the call's.
func (b *bench) run(t *object.Task, err error) (*types.TaskInfo, string) {
	b.Helper()
	if err != nil {
		return nil, nameOf(b.T, err)
	}
	info, err := t.WaitForResult(b.ctx, nil)
	if err != nil {
		return info, nameOf(b.T, err)
	}
	return info, ""
}

func nameOf(t *testing.T, err error) string {
	t.Helper()
	if failed, ok := err.(task.Error); ok {
		return typeName(failed.Fault())
	}
	if soap.IsSoapFault(err) {
		return typeName(soap.ToSoapFault(err).VimFault())
	}
	t.Fatalf("no fault: %v", err)
	return ""
}

func typeName(value any) string {
	kind := reflect.TypeOf(value)
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	return kind.Name()
}

func (b *bench) snapshot(vm *object.VirtualMachine, name string) reference {
	b.Helper()
	info, f := b.run(vm.CreateSnapshot(b.ctx, name, "", false, false))
	if f != "" {
		b.Fatal(f)
	}
	return info.Result.(reference)
}

// place is a clone's target: folder and specification.
func (b *bench) place(datastore, host string) (*object.Folder, types.VirtualMachineCloneSpec) {
	b.Helper()
	s := b.server
	s.world.RLock()
	defer s.world.RUnlock()
	folder, _ := s.findFolder("backup")
	store, pool := s.datastoreByName(datastore).datastore.Self, s.poolOf(s.hosts[host])
	machine := s.hosts[host].Self
	return object.NewFolder(b.client.Client, folder.Self), types.VirtualMachineCloneSpec{
		Location: types.VirtualMachineRelocateSpec{Datastore: &store, Pool: &pool, Host: &machine},
	}
}

func expect[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
