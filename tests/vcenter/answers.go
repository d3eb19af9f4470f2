// SPDX-License-Identifier: GPL-3.0-or-later

package main

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/vim25/xml"
)

const (
	xmlText  = "text/xml; charset=utf-8"
	xmlHead  = `<?xml version="1.0" encoding="UTF-8"?>`
	soapOpen = `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"` +
		` xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` +
		`<soapenv:Body>`
	soapClose = `</soapenv:Body></soapenv:Envelope>`
)

// answer sends the rule's own answer.
func (x *exchange) answer() {
	s, r, open := x.server, &x.rule, xmlHead+soapOpen+"<"+x.entry.Method+`Response xmlns="urn:vim25">`
	closing := "</" + x.entry.Method + "Response>" + soapClose
	switch r.Action {
	case "status":
		s.replace(x.writer, x.entry, r.Status, "text/plain", http.StatusText(r.Status))
	case "html":
		s.replace(x.writer, x.entry, http.StatusOK, "text/html", "<!DOCTYPE html><html><body><h1>It works</h1></body></html>")
	case "empty":
		s.replace(x.writer, x.entry, http.StatusOK, xmlText, "")
	case "garbage":
		s.replace(x.writer, x.entry, http.StatusOK, xmlText, garbage(r.Kind, open, closing))
	case "envelope":
		s.replace(x.writer, x.entry, http.StatusOK, xmlText, otherEnvelope(r.Kind))
	case "deep":
		s.replace(x.writer, x.entry, http.StatusOK, xmlText, open+strings.Repeat("<returnval>", r.Levels)+
			strings.Repeat("</returnval>", r.Levels)+closing)
	case "overlong":
		x.stream(open+"<returnval>", "</returnval>"+closing, x.writer)
	case "gzip":
		x.writer.Header().Set("Content-Encoding", "gzip")
		packed, _ := gzip.NewWriterLevel(x.writer, gzip.BestSpeed)
		x.stream(open+"<returnval>", "</returnval>"+closing, packed)
		_ = packed.Close()
	case "fault":
		s.replace(x.writer, x.entry, http.StatusInternalServerError, xmlText, s.faultReply(x.entry, r.Fault, r.NoDetail))
	}
}

// garbage is XML that a client must refuse.
func garbage(kind, open, closing string) string {
	switch kind {
	case "doctype":
		return strings.Replace(open, xmlHead, xmlHead+`<!DOCTYPE e [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>`, 1) +
			"<returnval>&b;</returnval>" + closing
	case "control":
		return open + "<returnval>\x01\x08\x7f</returnval>" + closing
	}
	return `<?xml version="1.0"?><soapenv:Envelope><broken`
}

// otherEnvelope is a whole answer, but not to this call or not of SOAP 1.1.
func otherEnvelope(kind string) string {
	text := xmlHead + soapOpen + `<AcquireMksTicketResponse xmlns="urn:vim25"><returnval>` +
		`<ticket>none</ticket></returnval></AcquireMksTicketResponse>` + soapClose
	if kind == "soap12" {
		return strings.ReplaceAll(text, "http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope")
	}
	return text
}

// stream sends an answer of very many bytes without holding them.
func (x *exchange) stream(open, closing string, to io.Writer) {
	x.writer.Header().Set("Content-Type", xmlText)
	chunk := bytes.Repeat([]byte("overlong "), 7000)
	_, err := io.WriteString(to, open)
	for left := x.rule.Bytes; left > 0 && err == nil; left -= int64(len(chunk)) {
		_, err = to.Write(chunk[:min(left, int64(len(chunk)))])
	}
	if err == nil {
		_, err = io.WriteString(to, closing)
	}
	x.entry.Delivered = err == nil
	x.server.calls.finish(x.entry)
}

// replace answers something else instead of the call's own reply.
func (s *server) replace(w http.ResponseWriter, e *entry, status int, kind, text string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, err := io.WriteString(w, text)
	e.Delivered = err == nil
	if e.Action == "fault" && !e.Executed {
		e.read(status, []byte(text))
	}
	s.calls.finish(e)
}

// faultReply is a whole SOAP answer with a fault of the named type.
func (s *server) faultReply(e *entry, name string, noDetail bool) string {
	detail, text := "", "A general error occurred: "+name+"."
	if fromTheFuture(name) {
		detail = "<" + name + `Fault xmlns="urn:vim25" xsi:type="` + name + `"><reason>later</reason></` + name + "Fault>"
	} else {
		detail, text = knownFault(e, name)
	}
	if detail = "<detail>" + detail + "</detail>"; noDetail {
		detail = ""
	}
	return xmlHead + soapOpen + `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>` + text +
		`</faultstring>` + detail + `</soapenv:Fault>` + soapClose
}

func knownFault(e *entry, name string) (string, string) {
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
	return detail.String(), sentence(f)
}
