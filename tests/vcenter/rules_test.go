// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// rules is what GET /rules answers.
func (b *bench) rules() []ruleView {
	b.Helper()
	reply, err := http.Get(b.running.control + "/rules")
	if err != nil {
		b.Fatal(err)
	}
	defer reply.Body.Close()
	var answer struct{ Rules []ruleView }
	if err := json.NewDecoder(reply.Body).Decode(&answer); err != nil {
		b.Fatal(err)
	}
	return answer.Rules
}

// requestSnapshot is one call, without waiting for its task: "" if it was
// answered, else the name of the fault, or "broken".
func (b *bench) requestSnapshot(vm string) string {
	_, err := methods.CreateSnapshot_Task(b.ctx, b.client, &types.CreateSnapshot_Task{
		This: b.vm(vm).Reference(), Name: "s",
	})
	switch {
	case err == nil:
		return ""
	case soap.IsSoapFault(err):
		if soap.ToSoapFault(err).VimFault() == nil {
			return "no type"
		}
		return nameOf(b.T, err)
	}
	return "broken"
}

func (b *bench) idle(vm string) {
	for b.seen(vm).BusyTask != "" {
		time.Sleep(time.Millisecond)
	}
}

func TestRulesOnTheWire(t *testing.T) {
	const ok, broken, no, yes = "", "broken", 0, 1
	for _, row := range []struct {
		rule   string
		answer string
		made   int
	}{
		{`"action":"delay","delayMs":30`, ok, yes},
		{`"action":"drop"`, broken, no},
		{`"action":"drop","reset":true`, broken, no},
		{`"action":"dropReply"`, broken, yes},
		{`"action":"dropReply","reset":true`, broken, yes},
		{`"action":"truncate"`, broken, yes},
		{`"action":"truncate","cut":0`, broken, yes},
		{`"action":"truncate","cut":7`, broken, yes},
		{`"action":"truncate","cut":-1`, broken, yes},
		{`"action":"truncate","cutHeaders":true`, broken, yes},
		{`"action":"truncate","cutHeaders":true,"cut":-1`, broken, yes},
		{`"action":"stall","stallMs":20`, broken, yes},
		{`"action":"trickle","delayMs":0`, ok, yes},
		{`"action":"status"`, broken, no},
		{`"action":"status","moment":"executed"`, broken, yes},
		{`"action":"html"`, broken, no},
		{`"action":"html","moment":"executed"`, broken, yes},
		{`"action":"empty"`, broken, no},
		{`"action":"empty","after":true`, broken, yes},
		{`"action":"garbage"`, broken, no},
		{`"action":"garbage","kind":"control","moment":"executed"`, broken, yes},
		{`"action":"gzip","bytes":100000`, ok, no}, // what a client makes of it is its own affair
		{`"action":"overlong","bytes":100000,"moment":"executed"`, ok, yes},
		{`"action":"badUtf8"`, broken, yes},
		{`"action":"fault","fault":"HostNotConnected"`, "HostNotConnected", no},
		{`"action":"fault","fault":"NoPermission","moment":"executed"`, "NoPermission", yes},
		{`"action":"fault","fault":"NoPermission","noDetail":true`, "no type", no},
		{`"action":"fault","fault":"FutureQuantumFault"`, "no type", no},
		{`"action":"endSession"`, "NotAuthenticated", no},
		{`"action":"endSession","moment":"executed"`, ok, yes},
		{`"action":"refuse"`, broken, no},
		{`"action":"refuse","moment":"executed"`, broken, yes},
		{`"action":"refuse","moment":"replied"`, ok, yes},
		{`"action":"restart"`, broken, no},
		{`"action":"freeze","ms":50`, ok, yes},
		{`"do":{"action":"task","vm":"avocado2","ms":500}`, ok, no}, // busy: ends with TaskInProgress
		{`"do":{"action":"power","vm":"avocado2","state":"off"},"moment":"executed"`, ok, yes},
	} {
		t.Run(row.rule, func(t *testing.T) {
			b := start(t, nil)
			b.do(`{"action":"rule","rule":{"method":"CreateSnapshot_Task",%s}}`, row.rule)
			expect(t, "answer", b.requestSnapshot("avocado2"), row.answer)
			b.idle("avocado2")
			expect(t, "snapshots", len(b.seen("avocado2").Snapshots), row.made)
			expect(t, "hits", b.rules()[0].Hits, 1)
			expect(t, "error", b.rules()[0].Error, "")
		})
	}
}

func TestRequestThatIsDeliveredTwice(t *testing.T) {
	for _, second := range []bool{false, true} {
		b := start(t, nil)
		b.do(`{"action":"rule","rule":{"method":"CreateSnapshot_Task","action":"twice","second":%t}}`, second)
		expect(t, "answer", b.requestSnapshot("avocado2"), "")
		var delivered []bool
		for _, call := range b.server.calls.since(0, false) {
			if call.Method == "CreateSnapshot_Task" {
				expect(t, "executed", call.Executed && call.Task != "", true)
				delivered = append(delivered, call.Delivered)
			}
		}
		expect(t, "calls", len(delivered), 2)
		expect(t, "delivered", delivered[0] != second && delivered[1] == second, true)
		expect(t, "tasks", len(b.server.state().Tasks), 2)
	}
}

func TestRulesAreRefused(t *testing.T) {
	b := start(t, nil)
	for _, row := range []struct{ rule, why string }{
		{`"action":"explode"`, "no action 'explode'"},
		{`"action":"drop","moment":"executed"`, "cannot come at the moment"},
		{`"action":"html","moment":"replied"`, "cannot come at the moment"},
		{`"action":"delay","moment":"later"`, "no moment 'later'"},
		{`"action":"do"`, "needs a control action"},
		{`"do":{"action":"explode"}`, "no action 'explode'"},
		{`"action":"fault"`, "needs a type"},
		{`"action":"fault","fault":"Fool"`, "no fault type"},
		{`"action":"kill","pid":1`, "nobody's pid"},
		{`"action":"restart","copies":"some"`, "none of goOn, lost, half"},
		{`"action":"delay","colour":"red"`, "unknown field"},
	} {
		_, err := b.server.do([]byte(`{"action":"rule","rule":{` + row.rule + `}}`))
		if err == nil || !strings.Contains(err.Error(), row.why) {
			t.Errorf("%s: %v", row.rule, err)
		}
	}
	expect(t, "rules", len(b.rules()), 0)
}

func TestRulesCountAndChoose(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"rule","rule":{"action":"fault","fault":"InvalidState","target":"avocado20","nth":2,"count":2}}`)
	b.do(`{"action":"rule","rule":{"action":"delay","method":"RetrievePropertiesEx","target":"papaya3"}}`)
	b.do(`{"action":"rule","rule":{"action":"delay","contains":"nothing like it"}}`)
	var faults []string
	for range 4 {
		faults = append(faults, b.requestSnapshot("avocado20"))
	}
	expect(t, "faults", strings.Join(faults, ","), ",InvalidState,InvalidState,")
	for _, name := range []string{"avocado2", "papaya3"} {
		if _, err := b.read("VirtualMachine", []string{"name"}, b.vm(name).Reference()); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{2, 1, 0} {
		expect(t, "hits", b.rules()[i].Hits, want)
	}
	expect(t, "matched", b.rules()[0].Matched, 4)
	b.do(`{"action":"clear_rules"}`)
	expect(t, "rules", len(b.rules()), 0)
}

func TestRuleTellsWhatFailed(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"rule","rule":{"method":"CreateSnapshot_Task","do":{"action":"destroy","vm":"nobody"}}}`)
	b.do(`{"action":"rule","rule":{"method":"CurrentTime","action":"term","moment":"executed"}}`)
	b.requestSnapshot("avocado2")
	if _, err := methods.GetCurrentTime(b.ctx, b.client); err != nil {
		t.Fatal(err)
	}
	expect(t, "do", b.rules()[0].Error, "destroy: there is no VM 'nobody'")
	expect(t, "signal", b.rules()[1].Error, "term: no client was named")
}
