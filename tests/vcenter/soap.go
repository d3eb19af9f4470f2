// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/xml"
)

// emptyAnnotation finds an annotation that a request gives as empty.
var emptyAnnotation = regexp.MustCompile(`<((?:\w+:)?annotation)(\s[^>]*)?(?:/>|></(?:\w+:)?annotation>)`)

// serveSOAP is the way of every call: matched by the rules, executed under the
// lock that its method needs, logged, answered.
func (s *server) serveSOAP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := s.calls.begin(body)
	s.world.Lock()
	e.Target = s.targetName(e.ref)
	due := s.match(e.Method, e.ref, e.Target)
	s.world.Unlock()
	if due != nil {
		e.Action = due.Action
	}
	s.calls.publish(e)
	if due == nil {
		s.deliver(w, s.execute(r, body, e), e, false)
		return
	}
	s.applyRule(w, r, body, e, due)
}

func (s *server) applyRule(w http.ResponseWriter, r *http.Request, body []byte, e *entry, due *rule) {
	pause := func() { time.Sleep(time.Duration(due.DelayMs) * time.Millisecond) }
	if !due.After {
		pause()
	}
	if s.replaced(w, e, due) {
		return
	}
	switch due.Action {
	case "drop":
		s.cut(e)
	case "endSession":
		if cookie, err := r.Cookie(soap.SessionCookieName); err == nil {
			s.endSession(strings.Trim(cookie.Value, `"`))
		}
	case "kill":
		if !due.After {
			kill(due.Pid)
			s.cut(e)
		}
	}
	reply := s.execute(r, body, e)
	if due.After {
		pause()
	}
	switch due.Action {
	case "dropReply":
		s.cut(e)
	case "kill":
		kill(due.Pid)
		s.cut(e)
	}
	s.deliver(w, reply, e, due.Action == "truncate")
}

// replaced answers for the rules that give another answer than the server's.
func (s *server) replaced(w http.ResponseWriter, e *entry, due *rule) bool {
	switch due.Action {
	case "status":
		s.replace(w, e, due.Status, "text/plain", http.StatusText(due.Status))
	case "html":
		s.replace(w, e, http.StatusOK, "text/html", "<!DOCTYPE html><html><body><h1>It works</h1></body></html>")
	case "garbage":
		s.replace(w, e, http.StatusOK, "text/xml", `<?xml version="1.0"?><soapenv:Envelope><broken`)
	case "fault":
		s.replace(w, e, http.StatusInternalServerError, "text/xml", s.faultReply(e, due.Fault))
	default:
		return false
	}
	return true
}

// kill ends the client under test at once.
func kill(pid int) {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		log.Printf("cannot kill %d: %v", pid, err)
	}
}

// cut closes the connection without an answer.
func (s *server) cut(e *entry) {
	s.calls.finish(e)
	panic(http.ErrAbortHandler)
}

func (s *server) execute(r *http.Request, body []byte, e *entry) *httptest.ResponseRecorder {
	defer guard()
	marked := body
	if e.Method == "ReconfigVM_Task" || e.Method == "CloneVM_Task" {
		marked = emptyAnnotation.ReplaceAll(body, []byte("<$1$2>"+emptyMark+"</$1>"))
	}
	request := r.Clone(r.Context())
	request.Body = io.NopCloser(bytes.NewReader(marked))
	reply := httptest.NewRecorder()
	func() {
		defer s.hold(e.Method)()
		s.service.ServeSDK(reply, request)
	}()
	e.read(reply.Code, reply.Body.Bytes())
	s.calls.publish(e)
	return reply
}

func (s *server) deliver(w http.ResponseWriter, reply *httptest.ResponseRecorder, e *entry, truncate bool) {
	text := reply.Body.Bytes()
	if e.Fault != "" {
		plain := []byte("<faultstring></faultstring>")
		if f, err := faultByName(e.Fault); err == nil && bytes.Contains(text, plain) {
			text = bytes.Replace(text, plain, []byte("<faultstring>"+sentence(f)+"</faultstring>"), 1)
		}
	}
	for name, values := range reply.Header() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(reply.Code)
	if truncate {
		_, _ = w.Write(text[:len(text)/2])
		s.cut(e)
	}
	_, err := w.Write(text)
	e.Delivered = err == nil
	s.calls.finish(e)
}

// replace answers something else instead of executing the call.
func (s *server) replace(w http.ResponseWriter, e *entry, status int, kind, text string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	e.Delivered = err == nil
	if e.Action == "fault" {
		e.read(status, []byte(text))
	}
	s.calls.finish(e)
}

// faultReply is a whole SOAP answer with a fault of the named type.
func (s *server) faultReply(e *entry, name string) string {
	f, err := faultByName(name)
	if err != nil {
		panic(err)
	}
	fillFault(f, "NFS", "[NFS] "+e.Target, e.ref)
	var detail bytes.Buffer
	start := xml.StartElement{Name: xml.Name{Local: name + "Fault"}, Attr: []xml.Attr{
		{Name: xml.Name{Local: "xmlns"}, Value: "urn:vim25"},
		{Name: xml.Name{Local: "xsi:type"}, Value: name},
	}}
	if err := xml.NewEncoder(&detail).EncodeElement(f, start); err != nil {
		panic(err)
	}
	return `<?xml version="1.0" encoding="UTF-8"?>` +
		`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<soapenv:Body><soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>` + sentence(f) +
		`</faultstring><detail>` + detail.String() + `</detail></soapenv:Fault></soapenv:Body></soapenv:Envelope>`
}

// targetName is the name of the object that a call is about, or of its VM.
func (s *server) targetName(ref reference) string {
	switch object := s.registry.Get(ref).(type) {
	case *simulator.VirtualMachineSnapshot:
		return s.targetName(object.Vm)
	case *simulator.Task:
		return shown(object.Info.EntityName)
	case mo.Entity:
		return shown(object.Entity().Name)
	}
	return ref.Value
}

// serve runs a server until its listener is closed.
func serve(name string, run func() error) {
	if err := run(); err != nil && !errors.Is(err, net.ErrClosed) {
		log.Printf("%s: %v", name, err)
		cleanUp()
		os.Exit(1)
	}
}
