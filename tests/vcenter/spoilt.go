// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"time"
)

// finished is the reply to a call as it goes out: status, headers and text.
type finishedReply struct {
	status int
	header http.Header
	text   []byte
}

func (s *server) finished(reply *httptest.ResponseRecorder, e *entry) finishedReply {
	text := reply.Body.Bytes()
	if e.Fault != "" {
		plain := []byte("<faultstring></faultstring>")
		if f, err := faultByName(e.Fault); err == nil && bytes.Contains(text, plain) {
			text = bytes.Replace(text, plain, []byte("<faultstring>"+sentence(f)+"</faultstring>"), 1)
		}
	}
	header := reply.Header().Clone()
	header.Set("Content-Type", xmlText)
	header.Set("Content-Length", strconv.Itoa(len(text)))
	return finishedReply{reply.Code, header, text}
}

// begin sends status and headers.
func (f finishedReply) begin(w http.ResponseWriter) {
	for name, values := range f.header {
		w.Header()[name] = values
	}
	w.WriteHeader(f.status)
}

func (s *server) deliver(w http.ResponseWriter, reply *httptest.ResponseRecorder, e *entry) {
	s.deliverText(w, s.finished(reply, e), e)
}

func (s *server) deliverText(w http.ResponseWriter, f finishedReply, e *entry) {
	f.begin(w)
	_, err := w.Write(f.text)
	e.Delivered = err == nil
	s.calls.finish(e)
}

// cutAt is where to cut a text of that length: at a byte from the start or,
// below zero, from the end; in the middle if nothing is said.
func cutAt(cut *int, length int) int {
	if cut == nil {
		return length / 2
	}
	if *cut < 0 {
		return max(length+*cut, 0)
	}
	return min(*cut, length)
}

// truncate promises the whole reply and sends a part.
func (x *exchange) truncate(f finishedReply) {
	if !x.rule.CutHeaders {
		f.begin(x.writer)
		_, _ = x.writer.Write(f.text[:cutAt(x.rule.Cut, len(f.text))])
		_ = http.NewResponseController(x.writer).Flush()
		x.cut()
	}
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", f.status, http.StatusText(f.status))
	_ = f.header.Write(&head)
	head.WriteString("\r\n")
	if connection, _, err := http.NewResponseController(x.writer).Hijack(); err == nil {
		_, _ = connection.Write(head.Bytes()[:cutAt(x.rule.Cut, head.Len())])
		_ = connection.Close()
	}
	x.cut()
}

// trickle sends the reply byte by byte.
func (x *exchange) trickle(f finishedReply) {
	f.begin(x.writer)
	for i := range f.text {
		if _, err := x.writer.Write(f.text[i : i+1]); err != nil {
			x.cut()
		}
		_ = http.NewResponseController(x.writer).Flush()
		select {
		case <-x.request.Context().Done():
			x.cut()
		case <-time.After(milliseconds(x.rule.DelayMs)):
		}
	}
	x.entry.Delivered = true
	x.server.calls.finish(x.entry)
}

// stall keeps the reply back until the client has gone, or for the given time.
func (x *exchange) stall() {
	var enough <-chan time.Time
	if x.rule.StallMs > 0 {
		enough = time.After(milliseconds(x.rule.StallMs))
	}
	select {
	case <-x.request.Context().Done():
	case <-enough:
	}
	x.cut()
}

// spoil changes the text of the reply.
func (x *exchange) spoil(reply *httptest.ResponseRecorder, change func([]byte) []byte) {
	f := x.server.finished(reply, x.entry)
	f.text = change(f.text)
	f.header.Set("Content-Length", strconv.Itoa(len(f.text)))
	x.server.deliverText(x.writer, f, x.entry)
}

// responseElement finds the outermost element of the answer.
var responseElement = regexp.MustCompile(`<((?:\w+:)?(?:\w+Response|Fault))([\s>])`)

var (
	typeAttribute = regexp.MustCompile(`xsi:type="[^"]*"`)
	returnValue   = regexp.MustCompile(`<returnval([\s>])`)
	firstText     = regexp.MustCompile(`>([^<\s][^<]*)</`)
)

// wrongTypes calls every value something that exists and that it is not; a
// reply without types gets one.
func wrongTypes(text []byte) []byte {
	const wrong = `xsi:type="VirtualMachineConfigSpec"`
	if typeAttribute.Match(text) {
		return typeAttribute.ReplaceAll(text, []byte(wrong))
	}
	space := ` xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` + wrong
	if returnValue.Match(text) {
		return returnValue.ReplaceAll(text, []byte("<returnval"+space+"$1"))
	}
	return responseElement.ReplaceAll(text, []byte("<$1"+space+"$2"))
}

// invalidUTF8 puts bytes into the first value that no UTF-8 text has.
func invalidUTF8(text []byte) []byte {
	bad := []byte("\xff\xfe\xc0\xaf")
	if at := firstText.FindSubmatchIndex(text); at != nil {
		return bytes.Join([][]byte{text[:at[3]], text[at[3]:]}, bad)
	}
	if at := bytes.Index(text, []byte("</")); at >= 0 {
		return bytes.Join([][]byte{text[:at], text[at:]}, bad)
	}
	return append(text, bad...)
}
