// Package acmeserver is an authority that gives out certificates by ACME (RFC
// 8555), for tests: Let's Encrypt's own Pebble, with a name server for which every
// name is this machine. It is apart from devstack so that no program carries it.
package acmeserver

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"
)

// Server is an authority on a loopback port. Close it when done.
type Server struct {
	// Roots trusts what it gives out.
	Roots *x509.CertPool

	site    *httptest.Server
	names   *dns.Server
	running sync.WaitGroup
}

// Start serves an authority that asks whoever wants a certificate on these ports of
// this machine: over HTTP (HTTP-01) and over TLS (TLS-ALPN-01). Set
// PEBBLE_VA_NOSLEEP=1 before, or it takes its time.
func Start(httpPort, tlsPort int) (*Server, error) {
	s := &Server{Roots: x509.NewCertPool()}
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for DNS: %w", err)
	}
	s.names = &dns.Server{Listener: listener, Handler: dns.HandlerFunc(here)}
	s.running.Go(func() { _ = s.names.ActivateAndServe() })
	silent := log.New(io.Discard, "", 0)
	store := db.NewMemoryStore()
	authority := ca.New(silent, store, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {Description: "for tests"}})
	s.Roots.AddCert(authority.GetRootCert(0).Cert)
	front := wfe.New(silent, store, va.New(silent, httpPort, tlsPort, false, listener.Addr().String(), store), authority, []string{"here.example"}, false, false, 1, 1)
	s.site = httptest.NewTLSServer(front.Handler())
	return s, nil
}

// here answers that every name is this machine.
func here(w dns.ResponseWriter, q *dns.Msg) {
	a := new(dns.Msg).SetReply(q)
	if q.Question[0].Qtype == dns.TypeA {
		header := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
		a.Answer = append(a.Answer, &dns.A{Hdr: header, A: net.IPv4(127, 0, 0, 1)})
	}
	_ = w.WriteMsg(a)
}

// Directory is the address that clients begin at.
func (s *Server) Directory() string { return s.site.URL + wfe.DirectoryPath }

// Client trusts the authority's own site.
func (s *Server) Client() *http.Client { return s.site.Client() }

// Certificate is that of the authority's own site.
func (s *Server) Certificate() *x509.Certificate { return s.site.Certificate() }

// Close ends the server.
func (s *Server) Close() error {
	s.site.Close()
	err := s.names.Shutdown()
	s.running.Wait()
	return err
}
