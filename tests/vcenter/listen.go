// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"net"
	"net/http"
	"net/url"
)

// endpoints are where a server listens.
type endpoints struct {
	url, control string
	sdk          *door
	port         net.Listener
}

// listen opens both ports and serves them.
func (s *server) listen() (*endpoints, error) {
	pair, err := certificate(s.config)
	if err != nil {
		return nil, err
	}
	e := &endpoints{}
	if e.port, err = net.Listen("tcp", s.config.Control); err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	if e.sdk, err = openDoor(s.config.Listen, mux, pair); err != nil {
		return nil, err
	}
	s.door = e.sdk
	s.service.Listen = &url.URL{
		Scheme: "https", Host: e.sdk.address, Path: s.registry.Path,
		User: url.UserPassword(s.config.User, s.config.Password),
	}
	s.service.RegisterSDK(s.registry, s.registry.Path+"/vimService")
	mux.HandleFunc(s.registry.Path, s.serveSOAP)
	mux.HandleFunc(s.registry.Path+"/vimService", s.serveSOAP)
	mux.HandleFunc("/sdk/vimServiceVersions.xml", s.service.ServiceVersions)
	go serve("control", func() error { return (&http.Server{Handler: s.controlHandler()}).Serve(e.port) })
	e.url = "https://" + e.sdk.address + s.registry.Path
	e.control = "http://" + e.port.Addr().String()
	return e, nil
}
