// Package nameserver answers DNS questions from a table, for tests. It is apart
// from devstack so that no program carries it.
package nameserver

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Server answers questions for TXT records on a loopback port. Close it when done.
type Server struct {
	packets net.PacketConn
	server  *dns.Server
	running sync.WaitGroup
}

// Start answers from table: the records by name, without the dot at the end. Other
// names do not exist; those that end in "broken.example" make the server fail.
func Start(table map[string][]string) (*Server, error) {
	packets, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for DNS: %w", err)
	}
	started := make(chan struct{})
	s := &Server{packets: packets}
	s.server = &dns.Server{PacketConn: packets, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(
		func(w dns.ResponseWriter, q *dns.Msg) { _ = w.WriteMsg(answer(table, q)) })}
	s.running.Go(func() { _ = s.server.ActivateAndServe() })
	<-started
	return s, nil
}

// Addr is the host:port the server listens on.
func (s *Server) Addr() string { return s.packets.LocalAddr().String() }

// Close ends the server.
func (s *Server) Close() error {
	err := s.server.Shutdown()
	s.running.Wait()
	return err
}

func answer(table map[string][]string, q *dns.Msg) *dns.Msg {
	a := new(dns.Msg).SetReply(q)
	name := strings.TrimSuffix(q.Question[0].Name, ".")
	texts, known := table[strings.ToLower(name)]
	switch {
	case strings.HasSuffix(name, "broken.example"):
		a.Rcode = dns.RcodeServerFailure
	case !known:
		a.Rcode = dns.RcodeNameError
	}
	for _, text := range texts {
		header := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeTXT, Class: dns.ClassINET}
		a.Answer = append(a.Answer, &dns.TXT{Hdr: header, Txt: pieces(text)})
	}
	return a
}

// pieces cuts a record as DNS wants it: strings of 255 bytes at most.
func pieces(text string) []string {
	var list []string
	for len(text) > 255 {
		list, text = append(list, text[:255]), text[255:]
	}
	return append(list, text)
}
