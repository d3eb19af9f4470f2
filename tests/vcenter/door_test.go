// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vmware/govmomi/vim25/methods"
)

// dial opens a connection and says what came of it.
func (b *bench) dial() string {
	connection, err := net.DialTimeout("tcp", b.running.sdk.address, 300*time.Millisecond)
	switch {
	case err == nil:
		_ = connection.Close()
		return "open"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "refused"
	case os.IsTimeout(err):
		return "nothing"
	}
	return err.Error()
}

func (b *bench) returns() {
	b.Helper()
	for end := time.Now().Add(30 * time.Second); b.dial() != "open"; {
		if time.Now().After(end) {
			b.Fatal("the port does not come back")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestPortIsAwayAndComesBack(t *testing.T) {
	for _, row := range []struct{ action, seen string }{
		{`"action":"refuse","downMs":3000`, "refused"},
		{`"action":"blackhole","downMs":3000`, "nothing"},
		{`"action":"restart","downMs":3000`, "refused"},
		{`"action":"restart","downMs":3000,"answers503":true`, "open"},
		{`"action":"refuse","downMs":-1`, "refused"},
	} {
		t.Run(row.action, func(t *testing.T) {
			t.Parallel()
			b := start(t, nil)
			address := b.running.sdk.address
			b.do(`{%s}`, row.action)
			expect(t, "during", b.dial(), row.seen)
			if strings.Contains(row.action, "503") {
				reply, _, err := b.content()
				expect(t, "answer", err == nil && reply.StatusCode == 503, true)
			}
			if strings.Contains(row.action, "-1") {
				b.do(`{"action":"refuse","downMs":0}`)
			}
			b.returns()
			expect(t, "address", b.running.sdk.address, address)
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
				_, err := methods.GetServiceContent(b.ctx, b.client)
				if err == nil {
					break
				}
				if time.Now().After(end) {
					t.Fatal(err)
				}
			}
			_, err := methods.GetCurrentTime(b.ctx, b.client)
			if restarted := strings.Contains(row.action, "restart"); restarted {
				expect(t, "session", nameOf(t, err), "NotAuthenticated")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func (b *bench) certificate() string {
	b.Helper()
	connection, err := tls.Dial("tcp", b.running.sdk.address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		b.Fatal(err)
	}
	defer connection.Close()
	return string(connection.ConnectionState().PeerCertificates[0].Raw)
}

func TestCertificateAfterRestart(t *testing.T) {
	b := start(t, nil)
	first := b.certificate()
	b.do(`{"action":"restart"}`)
	expect(t, "the same", b.certificate() == first, true)
	b.do(`{"action":"restart","newCert":true}`)
	second := b.certificate()
	expect(t, "another", second != first, true)
	b.do(`{"action":"restart"}`)
	expect(t, "it stays", b.certificate() == second, true)
}

func TestFrozenServer(t *testing.T) {
	b := start(t, nil)
	begun := time.Now()
	b.do(`{"action":"freeze","ms":400}`)
	expect(t, "connection", b.dial(), "open")
	if _, err := methods.GetCurrentTime(b.ctx, b.client); err != nil {
		t.Fatal(err)
	}
	expect(t, "it waited", time.Since(begun) >= 400*time.Millisecond, true)
	expect(t, "calls while frozen", len(b.server.calls.since(0, false)) > 0, true)
	b.do(`{"action":"freeze","ms":60000}`)
	b.do(`{"action":"freeze","ms":0}`)
	if _, err := methods.GetCurrentTime(b.ctx, b.client); err != nil {
		t.Fatal(err)
	}
}
