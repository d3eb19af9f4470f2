// SPDX-License-Identifier: GPL-3.0-or-later

// Command vcenter is the strict test vCenter of vmrotate: one process with an
// inventory in memory, reached by SOAP over TLS, and steered and observed over
// a second port. Start it as
//
//	vcenter [config.json]
//
// When it is ready it prints one line of JSON on stdout:
//
//	{"url":"https://127.0.0.1:PORT/sdk","control":"http://127.0.0.1:PORT","pid":N,"startMs":N}
//
// It logs to stderr, ends at the end of its stdin or on SIGTERM or SIGINT, and
// then removes its temporary folder. After a panic it ends with status 70.
//
// Sessions, views and the search index are those of govmomi's simulator. What
// changes something, what waits, and what a real server checks more strictly
// is written here: tasks run for a time that can be set, report progress and
// can be cancelled; a machine that a task holds refuses others; space is
// accounted for; names are stored escaped.
//
// # Configuration
//
// All fields are optional; an unknown field is an error. A list replaces the
// built-in one. Where hosts or datastores are given, the VMs must be given too.
//
//	listen, control   addresses; "127.0.0.1:0" takes a free port
//	cert, key         PEM files; without them a self-signed certificate is made
//	writeCert         file for that certificate, to be used as an authority
//	user, password    backup@vsphere.local, VMware1!
//	esx               poses as an ESXi host; its host is localhost.localdomain
//	datacenter, hosts[], folders[]    folders below the VM folder, "a/b" nests
//	datastores[]      {name, host ("" = NFS on all hosts), capacityGB}
//	vms[]             {name, folder, datastore, host, disksGB[], usedPercent (50),
//	                  power (on, off, suspended), tools (true), instanceUuid}
//	bulk              so many more VMs, bulk-00001 and on, powered off, on the
//	                  first host and datastore; they use no space
//	copyMs, createMs, removeMs, reconfigMs, destroyMs   durations of tasks
//	stunMs            added to the duration of creating and removing a snapshot
//	visibleWhileCopying (true)   a half-made clone is in its folder
//	honourExtraConfig (true)     a clone takes extraConfig and annotation of its spec
//	inherit (true)               a clone inherits both from its source
//	busyAsFault ("task")         TaskInProgress ends the task; "call": the call
//	quiesceNeedsTools (true)     quiescing a running VM without Tools fails
//	idleSeconds (0 = never)      a session idle for longer is not authenticated
//	pageSize (100, 0 = no cap)   objects per page whatever the client asks for
//
// Names in the configuration and on the control port are as people see them:
// "web/100%" is stored as "web%2f100%25". Folders are paths, either below the
// VM folder or whole ("/DC/vm/backup"), and answered as whole stored paths.
//
// # Control port
//
// Plain HTTP with JSON. Every error is status 400 and {"error": "..."}.
//
// GET /log?since=N&body=1 answers {"calls":[{seq, ms, method, this, target,
// fault, task, action, executed, delivered, body}]}: the calls after number N.
// target is the name of the object or of its VM. executed: the server answered
// without a fault. delivered: the answer was written to the socket. The body of
// a Login is never kept.
//
// GET /state answers vms, datastores, folders, sessions and tasks, all of one
// moment; see state.go. copied is how much of a disk's capacity has been copied.
//
// POST /do takes {"action": ...} and answers {"ok": true}, with "id" where
// something was made. "vm" is a name that only one VM has, or a reference.
//
//	add_vm          name, folder, datastore, host, disks[]{gb, mode, kind (flat,
//	                rdmPhysical, rdmVirtual), sharing, sharedBus, thick}, extraConfig,
//	                annotation, power, instanceUuid, template, tools, usedPercent
//	power           vm, state
//	rename          vm, name
//	move            vm, folder
//	destroy         vm
//	snapshot        vm, name, description
//	remove_snapshot vm, snapshot (name or id)
//	copy            vm, name, folder: a full clone at once that inherits everything
//	set             vm, extraConfig{} ("" removes), annotation, consolidationNeeded,
//	                tools, connection, instanceUuid, template
//	task            vm, ms: somebody else's task holds the VM
//	folder          path
//	datastore       name, freeGB, capacityGB, accessible, maintenance
//	host            name, connection, maintenance
//	next            method, vm: orders for the next such task, once: failAt (per cent)
//	                and fault with message; dropDisk (index), wrongDatastore (for the
//	                first disk), ignoreExtraConfig, leavesSnapshot,
//	                leavesConsolidation, keepsPartial, lateSuccess
//	speed           copyMs and so on, also for tasks under way
//	deny            methods[]: these give NoPermission, and the privileges that they
//	                need are not granted; the list replaces the last one
//	clock           offsetSeconds
//	end_sessions
//	rule            rule{action, method, target, nth (1), count (1, -1 = for ever),
//	                delayMs, status (503), fault, pid, after}; or flat, with the
//	                rule's action called "effect"
//	clear_rules
//
// A rule's action is delay, drop (not executed, connection closed), dropReply
// (executed, connection closed), truncate (half the answer), status, html,
// garbage, fault, endSession, or kill (SIGKILL to pid). delayMs comes with any
// action, before the execution or, with after, behind it; kill likewise.
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if len(os.Args) > 2 {
		fmt.Fprintln(os.Stderr, "usage: vcenter [config.json]")
		os.Exit(2)
	}
	path := ""
	if len(os.Args) == 2 {
		path = os.Args[1]
	}
	config, err := readConfiguration(path)
	if err != nil {
		fmt.Fprintln(os.Stderr, "vcenter:", err)
		os.Exit(2)
	}
	log.SetOutput(os.Stderr)
	if err := run(config); err != nil {
		cleanUp()
		fmt.Fprintln(os.Stderr, "vcenter:", err)
		os.Exit(1)
	}
	cleanUp()
}

// temporary is the folder that all temporary files of the process are in.
var temporary string

func makeTemporary() error {
	directory, err := os.MkdirTemp("", "vcenter-")
	if err != nil {
		return err
	}
	temporary = directory
	return os.Setenv("TMPDIR", directory)
}

func cleanUp() {
	if temporary != "" {
		_ = os.RemoveAll(temporary)
	}
}

// run serves until stdin ends or a signal comes.
func run(config configuration) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := makeTemporary(); err != nil {
		return err
	}
	s, err := newServer(config)
	if err != nil {
		return err
	}
	running, err := s.listen()
	if err != nil {
		return err
	}
	ready, err := json.Marshal(map[string]any{
		"url": running.url, "control": running.control, "pid": os.Getpid(),
		"startMs": int64(s.calls.age().Milliseconds()),
	})
	if err != nil {
		return err
	}
	fmt.Println(string(ready))
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		stop()
	}()
	<-ctx.Done()
	return nil
}

// endpoints are where a server listens.
type endpoints struct {
	url, control string
	sdk, port    net.Listener
}

// listen opens both ports and serves them.
func (s *server) listen() (*endpoints, error) {
	pair, err := certificate(s.config)
	if err != nil {
		return nil, err
	}
	e := &endpoints{}
	if e.sdk, err = net.Listen("tcp", s.config.Listen); err != nil {
		return nil, err
	}
	if e.port, err = net.Listen("tcp", s.config.Control); err != nil {
		return nil, err
	}
	s.service.Listen = &url.URL{
		Scheme: "https", Host: e.sdk.Addr().String(), Path: s.registry.Path,
		User: url.UserPassword(s.config.User, s.config.Password),
	}
	s.service.RegisterSDK(s.registry, s.registry.Path+"/vimService")
	mux := http.NewServeMux()
	mux.HandleFunc(s.registry.Path, s.serveSOAP)
	mux.HandleFunc(s.registry.Path+"/vimService", s.serveSOAP)
	mux.HandleFunc("/sdk/vimServiceVersions.xml", s.service.ServiceVersions)
	secure := tls.NewListener(e.sdk, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12})
	go serve("sdk", func() error { return (&http.Server{Handler: mux}).Serve(secure) })
	go serve("control", func() error { return (&http.Server{Handler: s.controlHandler()}).Serve(e.port) })
	e.url = "https://" + e.sdk.Addr().String() + s.registry.Path
	e.control = "http://" + e.port.Addr().String()
	return e, nil
}
