// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"encoding/xml"
	"strings"
	"sync"
	"time"
)

// entry is one SOAP call as the control port shows it.
type entry struct {
	Seq       int    `json:"seq"`
	Ms        int64  `json:"ms"`
	Method    string `json:"method"`
	This      string `json:"this"`
	Target    string `json:"target"`
	Fault     string `json:"fault"`
	Task      string `json:"task"`
	Action    string `json:"action"`
	Executed  bool   `json:"executed"`
	Delivered bool   `json:"delivered"`
	Asked     int    `json:"asked"`
	Answered  int    `json:"answered"`
	Body      string `json:"body,omitempty"`
	ref       reference
	shared    entryView
}

// entryView is what the log shows of an entry; it changes under the log's lock.
type entryView struct {
	fault, task         string
	executed, delivered bool
	action, target      string
	answered            int
}

// callLog keeps all calls of the server's life.
type callLog struct {
	mutex   sync.Mutex
	started time.Time
	entries []*entry
}

func newCallLog(started time.Time) *callLog { return &callLog{started: started} }

func (l *callLog) count() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return len(l.entries)
}

func (l *callLog) age() time.Duration { return time.Since(l.started) }

// begin enters a call. A body with a password is not kept.
func (l *callLog) begin(body []byte) *entry {
	method, ref := addressee(body)
	e := &entry{Method: method, This: ref.Value, ref: ref, Body: string(body), Asked: len(body)}
	if method == "Login" {
		e.Body = ""
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e.Seq, e.Ms = len(l.entries)+1, time.Since(l.started).Milliseconds()
	l.entries = append(l.entries, e)
	return e
}

// publish shows what is known of a call so far.
func (l *callLog) publish(e *entry) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	e.shared = entryView{e.Fault, e.Task, e.Executed, e.Delivered, e.Action, e.Target, e.Answered}
}

func (l *callLog) finish(e *entry) { l.publish(e) }

// since answers the calls after the given number.
func (l *callLog) since(number int, bodies bool) []entry {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	list := []entry{}
	for _, e := range l.entries[min(max(number, 0), len(l.entries)):] {
		v := e.shared
		copied := entry{Seq: e.Seq, Ms: e.Ms, Method: e.Method, This: e.This}
		copied.Target, copied.Action, copied.Fault, copied.Task = v.target, v.action, v.fault, v.task
		copied.Executed, copied.Delivered = v.executed, v.delivered
		copied.Asked, copied.Answered = e.Asked, v.answered
		if bodies {
			copied.Body = e.Body
		}
		list = append(list, copied)
	}
	return list
}

// read takes fault and task out of the answer.
func (e *entry) read(status int, answer []byte) {
	e.Executed, e.Answered = status == 200, len(answer)
	if status != 200 {
		e.Fault = textBetween(answer, `xsi:type="`, `"`)
	} else if strings.HasSuffix(e.Method, "_Task") {
		e.Task = textBetween(answer, `<returnval type="Task">`, "<")
	}
}

func textBetween(text []byte, open, end string) string {
	_, rest, found := bytes.Cut(text, []byte(open))
	if !found {
		return ""
	}
	inside, _, _ := bytes.Cut(rest, []byte(end))
	return string(inside)
}

// addressee scans a request for its method and the object that it is about.
func addressee(body []byte) (string, reference) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	var method string
	inBody := false
	for {
		token, err := decoder.Token()
		if err != nil {
			return method, reference{}
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "Body":
			inBody = true
		case inBody && method == "":
			method = start.Name.Local
		case method != "" && start.Name.Local == "_this":
			ref := reference{}
			for _, attribute := range start.Attr {
				if attribute.Name.Local == "type" {
					ref.Type = attribute.Value
				}
			}
			if text, err := decoder.Token(); err == nil {
				if data, ok := text.(xml.CharData); ok {
					ref.Value = string(data)
				}
			}
			return method, ref
		}
	}
}
