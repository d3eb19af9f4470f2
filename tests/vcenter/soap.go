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

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
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
	x := &exchange{server: s, writer: w, request: r, body: body, entry: e}
	s.locked(func() {
		e.Target = s.targetName(e.ref)
		if x.original = s.match(e); x.original != nil {
			x.rule, e.Action = *x.original, x.original.Action
		}
	})
	s.calls.publish(e)
	if x.original == nil {
		s.deliver(w, s.execute(r, body, e), e)
		return
	}
	x.run()
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
		defer s.endWaitWithClient(r, e)()
		defer s.hold(e.Method)()
		s.service.ServeSDK(reply, request)
	}()
	e.read(reply.Code, reply.Body.Bytes())
	s.calls.publish(e)
	return reply
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
	if err := run(); err != nil && !errors.Is(err, net.ErrClosed) && !errors.Is(err, http.ErrServerClosed) {
		log.Printf("%s: %v", name, err)
		cleanUp()
		os.Exit(1)
	}
}
