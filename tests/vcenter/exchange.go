// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/soap"
)

// exchange is one call that a rule has its hand in.
type exchange struct {
	server   *server
	writer   http.ResponseWriter
	request  *http.Request
	body     []byte
	entry    *entry
	rule     rule  // a copy: the counters of the original move on
	original *rule // for what goes wrong
	answered bool
}

// run takes the call through its moments.
func (x *exchange) run() {
	if x.at(momentBefore); x.answered {
		return
	}
	reply := x.server.execute(x.request, x.body, x.entry)
	if x.rule.Action == "twice" {
		reply = x.again(reply)
	}
	if x.at(momentExecuted); x.answered {
		return
	}
	x.deliver(reply)
	x.at(momentReplied)
}

// again executes the call once more, as a call of its own, and answers the
// reply that the client is to get.
func (x *exchange) again(first *httptest.ResponseRecorder) *httptest.ResponseRecorder {
	other := x.server.calls.begin(x.body)
	other.Target, other.Action = x.entry.Target, x.entry.Action
	second := x.server.execute(x.request, x.body, other)
	if !x.rule.Second {
		return first
	}
	x.entry = other
	return second
}

func (x *exchange) deliver(reply *httptest.ResponseRecorder) {
	switch x.rule.Action {
	case "dropReply":
		x.cut()
	case "stall":
		x.stall()
	case "truncate":
		x.truncate(x.server.finished(reply, x.entry))
	case "trickle":
		x.trickle(x.server.finished(reply, x.entry))
	case "badUtf8":
		x.spoil(reply, invalidUTF8)
	case "wrongType":
		x.spoil(reply, wrongTypes)
	default:
		x.server.deliver(x.writer, reply, x.entry)
	}
}

// at does what the rule wants at this moment, if it is the rule's.
func (x *exchange) at(moment string) {
	if x.rule.Moment != moment {
		return
	}
	if moment == momentReplied {
		_ = http.NewResponseController(x.writer).Flush()
	}
	if x.rule.Action != "trickle" {
		time.Sleep(milliseconds(x.rule.DelayMs))
	}
	x.doOther()
	switch {
	case slices.Contains(answerActions, x.rule.Action):
		x.answer()
		x.answered = true
	case x.rule.Action == "drop":
		x.cut()
	case x.rule.Action == "endSession":
		if cookie, err := x.request.Cookie(soap.SessionCookieName); err == nil {
			x.server.endSession(strings.Trim(cookie.Value, `"`))
		}
	default:
		x.strike(moment)
	}
}

// strike sends a signal, or takes the server away.
func (x *exchange) strike(moment string) {
	s := x.server
	switch x.rule.Action {
	case "kill", "term", "stop":
		x.problem(s.signal(x.rule.Action, x.rule.Pid, x.rule.ContMs))
		if x.rule.Action != "kill" {
			return
		}
	case "refuse", "blackhole", "freeze", "restart":
		x.problem(s.goAway(x.rule.Action, x.rule.outage))
		if x.rule.Action == "freeze" {
			return
		}
	default:
		return
	}
	if moment != momentReplied {
		x.cut()
	}
}

// doOther carries out the control action of the rule: a second client.
func (x *exchange) doOther() {
	if len(x.rule.Do) > 0 {
		_, err := x.server.do(x.rule.Do)
		x.problem(err)
	}
}

// problem notes on the rule what could not be done.
func (x *exchange) problem(err error) {
	if err != nil {
		x.server.locked(func() { x.original.problem = err.Error() })
	}
}

// cut closes the connection without an answer, or without the rest of one.
func (x *exchange) cut() {
	x.server.calls.finish(x.entry)
	if x.rule.Reset {
		x.reset()
	}
	panic(http.ErrAbortHandler)
}

// reset ends the connection with a TCP reset instead of an orderly end.
func (x *exchange) reset() {
	connection, _, err := http.NewResponseController(x.writer).Hijack()
	if err != nil {
		return
	}
	if secure, ok := connection.(*tls.Conn); ok {
		connection = secure.NetConn()
	}
	if gated, ok := connection.(*gatedConnection); ok {
		connection = gated.Conn
	}
	if plain, ok := connection.(*net.TCPConn); ok {
		_ = plain.SetLinger(0)
	}
	_ = connection.Close()
}

func milliseconds(n int) time.Duration { return time.Duration(n) * time.Millisecond }
