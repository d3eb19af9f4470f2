// SPDX-License-Identifier: GPL-3.0-or-later

// Command upstream runs VMware's vCenter simulator as it is, with nothing of ours in it, so
// that the client is not tested against our own idea of a vCenter alone.
//
// It prints one JSON line, {"url": ..., "fingerprint": ..., "pid": ...}, and ends when its
// standard input does. The logon is user / pass.
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net"
	"net/url"
	"os"
	"time"

	"github.com/vmware/govmomi/simulator"
)

func certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "vcsim"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func main() {
	model := simulator.VPX()
	model.Datastore = 2
	model.Pod = 0
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}
	defer model.Remove()

	shown := certificate()
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{shown}}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: url.UserPassword("user", "pass")}
	server := model.Service.NewServer()
	defer server.Close()

	address := *server.URL
	address.User = nil
	digest := sha256.Sum256(shown.Certificate[0])
	if err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"url": address.String(), "fingerprint": hex.EncodeToString(digest[:]), "pid": os.Getpid(),
	}); err != nil {
		log.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
}
