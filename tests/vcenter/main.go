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
//	user, password    backup@vsphere.local, VMware1!; an account with all rights
//	admin, adminPassword   another account with all rights; the user then begins
//	                  with none, see Rights below
//	esx               poses as an ESXi host; its host is localhost.localdomain
//	datacenter, hosts[], folders[]    folders below the VM folder, "a/b" nests
//	datastores[]      {name, host ("" = NFS on all hosts), capacityGB}
//	vms[]             {name, folder, datastore, host, disksGB[], usedPercent (50),
//	                  power (on, off, suspended), tools (true), instanceUuid}
//	guests            true: each VM that runs at the beginning has a guest at 127.0.0.2 on
//	                  a TCP port of its own, guestPort in /state, that takes connections
//	bulk              so many more VMs, bulk-00001 and on, powered off, on the
//	                  first host and the datastore of the first VM; they use no
//	                  space
//	copyMs, createMs, removeMs, reconfigMs, destroyMs   durations of tasks
//	stunMs            added to the duration of creating and removing a snapshot; for so
//	                  long the guest is frozen
//	visibleWhileCopying (true)   a half-made clone is in its folder
//	honourExtraConfig (true)     a clone takes extraConfig and annotation of its spec
//	inherit (true)               a clone inherits both from its source
//	busyAsFault ("task")         TaskInProgress ends the task; "call": the call
//	quiesceNeedsTools (true)     quiescing a running VM without Tools fails
//	idleSeconds (0 = never)      a session idle for longer is not authenticated
//	pageSize (100, 0 = no cap)   objects per page whatever the client asks for
//	updatesPerSet (100)   objects per update set; more come truncated
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
// fault, task, action, executed, delivered, asked, answered, body}]}: the calls
// after number N.
// target is the name of the object or of its VM. executed: the server answered
// without a fault. delivered: the answer was written to the socket. asked and
// answered: the bytes of both bodies. The body of a Login is never kept.
//
// GET /state answers vms, datastores, folders, sessions and tasks, all of one
// moment; see state.go. Of a task, over says that nothing of it runs any more,
// forgotten that its object is gone; endMs is when it ended, by the clock of the
// log's ms, or -1.
//
// GET /history?since=N answers {"events":[{seq, ms, what, vm}]}: the VM of /state
// after each change of it ("changed") or just before it was deleted ("gone"),
// with the number of the last call that had come in; since skips N events.
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
//	                tools, connection, instanceUuid, template, attributes{}
//	                (custom ones; all that the VM has), address (of its guest)
//	task            vm, ms: somebody else's task holds the VM
//	folder          path
//	datastore       name, freeGB, capacityGB, accessible, maintenance
//	host            name, connection, maintenance; lost: it is gone at once, tasks
//	                there end with fault (HostNotConnected, HostCommunication), and
//	                copies stay half made, with fullSize as large as whole ones
//	write           vm, disk ("scsi0:0", "" = all): the guest writes to its disks
//	next            method, vm: orders for the next such task, once: end, see below,
//	                with failAt (per cent) and fault with message; dropDisk (index),
//	                wrongDatastore (for the first disk), ignoreExtraConfig,
//	                ignoreQuiesce,
//	                leavesSnapshot, leavesConsolidation, keepsPartial, lateSuccess
//	end_tasks       all tasks under way are given up: they undo what they have made
//	                and end with SystemError before the answer comes
//	forget_tasks    the objects of tasks that have ended are gone, as after ten
//	                minutes
//	speed           copyMs and so on, also for tasks under way
//	deny            methods[]: these give NoPermission, and the privileges that they
//	                need are not granted; the list replaces the last one
//	clock           offsetSeconds
//	end_sessions
//	client          pid: the process that rules send signals to
//	rule            rule{...}, see below; or flat, with the rule's action called
//	                "effect"
//	clear_rules     forgets all rules and their counters
//	refuse          downMs: the port refuses connections for so long, and those
//	                that exist are cut; -1 for ever, 0 opens the port again
//	blackhole       downMs: new connections hang, as behind a silent firewall
//	freeze          ms: the server takes connections and requests, and answers
//	                nothing for so long; copies go on
//	restart         downMs, copies, answers503, newCert, writeCert, fullSize: see
//	                below
//
// # Ends of tasks
//
// The end of a task that "next" orders is one of
//
//	error           with fault (SystemError) at failAt per cent; also without end
//	                where failAt or a fault is given
//	queuedForEver   until CancelTask, which works for any such task
//	runningForEver  stays at failAt per cent; CancelTask works where it always does
//	cancelIgnored   the same, but CancelTask succeeds and changes nothing, as where
//	                the host hangs
//	cancelledByUser somebody else cancels it at failAt per cent
//	cancelledThenSuccess   can be cancelled; then it ends with RequestCanceled, and
//	                300 ms later with success, and its work is done
//	taskVanishes    at failAt per cent the task object is gone; the work goes on
//	successNoResult success, and the work is done, but info.result is not set
//	successAbsent   success, also with a result, but the work is not done: no
//	                copy, no snapshot, nothing changed, nothing removed
//	errorPresent    the work is done, but the task ends with fault (SystemError)
//
// Until its end the task holds its VMs. Two more actions end what would last
// for ever: end_tasks and restart.
//
// # Restart
//
// After a restart nobody is logged in; property collectors, filters, views and
// tasks are gone, and so are recentTask and the history of tasks. Inventory and
// events stay. A WaitForUpdatesEx under way is cut. For downMs the port refuses
// connections or, with answers503, answers 503, which is not in the log; 0 only cuts those that exist.
// newCert: comes back with another certificate, written to the file writeCert.
// Tasks other than copies go on. Copies
//
//	goOn            end well, with their event, but without a task (the default)
//	lost            vanish with their space
//	half            stay half made: full capacity, but copied < bytes, no task, no
//	                event; with fullSize they take the space of whole ones
//
// # Rights
//
// The AuthorizationManager keeps roles, and permissions of users (not groups) on
// objects of the inventory. A call without the privilege that it needs, on the
// object that it needs it on (demands.go), is NoPermission with both; objects
// without System.View are left out of listings, those without System.Read come
// with missingSet. Who has no permission at all cannot log in. A permission on
// an object takes the place of inherited ones; a VM inherits from its folder and
// from its resource pool.
//
// # Truth about data
//
// In /state each disk has bytes, how many a whole copy has; copied, how many of
// them are there; and content, "vm/address/version" of what was copied: the
// disk of that VM, as it was after so many writes. A snapshot freezes it. A VM
// whose copy has not ended well, or not yet, has copying true.
//
// EventManager.QueryEvents answers VmBeingClonedEvent (vm: the source),
// VmClonedEvent (vm: the copy, sourceVm) only where a copy has ended well, and
// VmCloneFailedEvent (vm: the source); the oldest first, 1000 at most. It knows
// entity, time, userName, eventChainId, type, eventTypeId and maxCount.
//
// # Rules
//
// A rule acts on some calls on their way. It chooses them by
//
//	method          as in the log; "" is any
//	target          name or reference of the object, or of its VM; for a property
//	                read or a filter also of the objects that it names
//	contains        text that the request's body has, such as `type="Task"`
//	nth (1), count (1)   the nth call that matches, and so many; -1 = for ever
//
// and acts at a moment: "before" the execution (the default), "executed" (the
// call is executed, its reply is kept back; "after":true says the same), or
// "replied" (the reply was written to the client). At that moment it waits
// delayMs, carries out do, a control action as a second client would, and then
// its action:
//
//	delay           nothing more
//	do              nothing more; need not be said
//	drop            the connection is closed, the call not executed
//	dropReply       executed, the connection is closed
//	truncate        executed, the reply is cut at byte cut of its body; below 0
//	                counts from the end; half of it by default. cutHeaders: cut
//	                counts in status line and headers
//	stall           executed, no reply comes; cut after stallMs, 0 = never
//	trickle         executed, one byte of the body each delayMs
//	twice           executed twice; the client gets the first reply, or with
//	                second:true the second one
//	badUtf8         executed, the reply has bytes that are no UTF-8
//	wrongType       executed, the reply's values have a wrong xsi:type
//	status          another HTTP status, status (503)
//	html, empty     status 200 and a web page, or nothing
//	garbage         broken XML; kind "doctype": entities, "control": 0x01, 0x7F
//	envelope        a whole reply of another method; kind "soap12": of SOAP 1.2
//	overlong        an answer of bytes (300 MiB)
//	gzip            the same, packed
//	deep            levels (10001) of elements
//	fault           a fault, by type; noDetail: without its detail. A name that
//	                begins with Future is a type that no client knows
//	endSession      the session of the call ends
//	kill, term, stop     a signal to pid, 0 = the one of the action client; a
//	                stopped one gets SIGCONT after contMs, 0 = never. After kill
//	                the connection is closed
//	refuse, blackhole, freeze, restart   as on the control port; but for freeze
//	                the connection is closed
//
// From status to fault the answer comes instead of the execution, and at the
// moment "executed" instead of the reply. From dropReply to wrongType the call
// is executed; these and drop cannot come at the moment "replied". Where a
// connection is closed, reset:true does it by a TCP reset. Of several rules
// whose turn it is the oldest one acts.
//
// GET /rules answers {"rules":[{rule, matched, hits, error}], "orders":[...]}: how
// many calls the rule fitted, on how many it acted, and why its do or its signal
// failed; and the orders of "next" that no task has taken yet.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
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
