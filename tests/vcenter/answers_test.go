// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"compress/gzip"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// raw is one call as bytes: the status, and what came of the body.
func (b *bench) raw(method, this string) (*http.Response, string, error) {
	b.Helper()
	body := fmt.Sprintf(`<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><%s xmlns="urn:vim25">`+
		`<_this type="ServiceInstance">%s</_this></%s></Body></Envelope>`, method, this, method)
	request, err := http.NewRequestWithContext(b.ctx, http.MethodPost, b.running.url, strings.NewReader(body))
	if err != nil {
		b.Fatal(err)
	}
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true, DisableCompression: true,
	}
	reply, err := transport.RoundTrip(request)
	if err != nil {
		return nil, "", err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	return reply, string(text), err
}

func (b *bench) content() (*http.Response, string, error) {
	return b.raw("RetrieveServiceContent", "ServiceInstance")
}

func TestSpoiltAnswers(t *testing.T) {
	for _, row := range []struct{ rule, has string }{
		{`"action":"html"`, "<h1>It works</h1>"},
		{`"action":"status","status":502`, "Bad Gateway"},
		{`"action":"garbage"`, "<broken"},
		{`"action":"garbage","kind":"doctype"`, "<!DOCTYPE e [<!ENTITY"},
		{`"action":"garbage","kind":"control"`, "\x7f"},
		{`"action":"envelope"`, "AcquireMksTicketResponse"},
		{`"action":"envelope","kind":"soap12"`, "2003/05/soap-envelope"},
		{`"action":"deep","levels":3`, "<returnval><returnval><returnval></returnval>"},
		{`"action":"wrongType"`, `xsi:type="VirtualMachineConfigSpec"`},
		{`"action":"badUtf8"`, "\xff\xfe"},
		{`"action":"fault","fault":"FutureQuantumFault"`, `xsi:type="FutureQuantumFault"`},
		{`"action":"fault","fault":"NotFound","noDetail":true`, "</faultstring></soapenv:Fault>"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			b := start(t, nil)
			b.do(`{"action":"rule","rule":{"method":"RetrieveServiceContent",%s}}`, row.rule)
			_, text, err := b.content()
			if err != nil || !strings.Contains(text, row.has) {
				t.Errorf("%v: %.300q", err, text)
			}
			_, text, err = b.content()
			if err != nil || !strings.Contains(text, "<fullName>") {
				t.Errorf("the next call: %v: %.300q", err, text)
			}
		})
	}
}

func TestCutAnswers(t *testing.T) {
	b := start(t, nil)
	whole, text, err := b.content()
	if err != nil {
		t.Fatal(err)
	}
	length := len(text)
	for _, row := range []struct {
		cut  string
		left int
	}{
		{"", length / 2}, {`,"cut":0`, 0}, {`,"cut":9`, 9}, {`,"cut":-1`, length - 1}, {`,"cut":-100000`, 0},
	} {
		b.do(`{"action":"rule","rule":{"method":"RetrieveServiceContent","action":"truncate"%s}}`, row.cut)
		reply, part, err := b.content()
		if err == nil || reply == nil {
			t.Fatalf("%s: not cut: %v", row.cut, err)
		}
		expect(t, "promised", reply.ContentLength, whole.ContentLength)
		expect(t, "left"+row.cut, len(part), row.left)
	}
	b.do(`{"action":"rule","rule":{"method":"RetrieveServiceContent","action":"truncate","cutHeaders":true,"cut":20}}`)
	if reply, _, err := b.content(); err == nil || reply != nil {
		t.Errorf("headers are whole: %v", reply)
	}
}

func TestEndlessAnswers(t *testing.T) {
	b := start(t, nil)
	const size = 20 << 20
	b.do(`{"action":"rule","rule":{"method":"RetrieveServiceContent","action":"overlong","bytes":%d}}`, size)
	_, text, err := b.content()
	if err != nil || len(text) < size {
		t.Errorf("overlong: %d bytes, %v", len(text), err)
	}
	b.do(`{"action":"rule","rule":{"method":"RetrieveServiceContent","action":"gzip","bytes":%d}}`, size)
	reply, packed, err := b.content()
	if err != nil || len(packed) > size/50 || reply.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("gzip: %d bytes, %v", len(packed), err)
	}
	unpacked, err := gzip.NewReader(strings.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	n, err := io.Copy(io.Discard, unpacked)
	if err != nil || n < size {
		t.Errorf("unpacked: %d bytes, %v", n, err)
	}
}

func TestSlowAnswers(t *testing.T) {
	b := start(t, nil)
	b.do(`{"action":"rule","rule":{"method":"CurrentTime","action":"stall","stallMs":100}}`)
	begun := time.Now()
	if _, _, err := b.raw("CurrentTime", "ServiceInstance"); err == nil {
		t.Error("a stalled reply came")
	}
	expect(t, "it stalled", time.Since(begun) >= 100*time.Millisecond, true)
	b.do(`{"action":"rule","rule":{"method":"CurrentTime","action":"trickle","delayMs":1}}`)
	begun = time.Now()
	_, text, err := b.raw("CurrentTime", "ServiceInstance")
	if err != nil {
		t.Error(err)
	}
	expect(t, "a byte each ms", time.Since(begun) >= time.Duration(len(text))*time.Millisecond, true)
}
