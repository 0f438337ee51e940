package outlet_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"

	"datalek/services/outlet"
)

func TestAddressesInTheHouseAreNotReachedHoweverTheyAreWritten(t *testing.T) {
	for address, want := range map[string]bool{
		"8.8.8.8": true, "2a02:898:52::1": true, "172.15.255.255": true, "172.32.0.1": true, "100.63.0.1": true, "100.128.0.1": true,
		"127.0.0.1": false, "127.255.0.9": false, "::1": false, "0.0.0.0": false, "::": false, "0.1.2.3": false,
		"10.1.2.3": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.1.1": false, "100.64.0.1": false, "169.254.169.254": false,
		"224.0.0.1": false, "239.1.2.3": false, "255.255.255.255": false, "240.0.0.1": false, "192.0.0.8": false, "198.18.0.1": false, "203.0.113.5": false,
		"fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd12:3456::1": false, "fec0::1": false, "ff02::1": false, "2001:db8::1": false,
		"::ffff:127.0.0.1": false, "::ffff:10.0.0.1": false, "::ffff:169.254.169.254": false, "::127.0.0.1": false, "::ffff:8.8.8.8": true,
		"64:ff9b::10.0.0.1": false, "64:ff9b::a9fe:a9fe": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2001:0:7f00:1::": false,
	} {
		if got := outlet.Reachable(netip.MustParseAddr(address), nil); got != want {
			t.Errorf("%s is reached: %t, want %t", address, got, want)
		}
	}
	here := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	for address, want := range map[string]bool{"10.9.8.7": true, "::ffff:10.9.8.7": true, "192.168.1.1": false, "64:ff9b::10.0.0.1": false} {
		if got := outlet.Reachable(netip.MustParseAddr(address), here); got != want {
			t.Errorf("%s is reached with 10.0.0.0/8 allowed: %t, want %t", address, got, want)
		}
	}
}

// leading is a name server that leads every name to one address, which may change.
func leading(t *testing.T, to *atomic.Value) *net.Resolver {
	t.Helper()
	packets, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	started := make(chan struct{})
	server := &dns.Server{PacketConn: packets, NotifyStartedFunc: func() { close(started) }, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, q *dns.Msg) {
		a := new(dns.Msg).SetReply(q)
		if q.Question[0].Qtype == dns.TypeA {
			header := dns.RR_Header{Name: q.Question[0].Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
			a.Answer = append(a.Answer, &dns.A{Hdr: header, A: net.ParseIP(to.Load().(string))})
		}
		_ = w.WriteMsg(a)
	})}
	go func() { _ = server.ActivateAndServe() }()
	<-started
	t.Cleanup(func() { _ = server.Shutdown() })
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", packets.LocalAddr().String())
	}}
}

func TestANameThatLeadsIntoTheHouseMeanwhileIsNotFollowed(t *testing.T) {
	allowed, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = allowed.Close() })
	_, port, _ := net.SplitHostPort(allowed.Addr().String())
	inside, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	var called atomic.Int32
	t.Cleanup(func() { _ = inside.Close() })
	go func() {
		for {
			c, err := inside.Accept()
			if err != nil {
				return
			}
			called.Add(1)
			_ = c.Close()
		}
	}()
	var to atomic.Value
	g := outlet.NewGate([]netip.Prefix{netip.MustParsePrefix("127.0.0.2/32")}, "https://buiten.example/")
	g.Resolve(leading(t, &to))
	for _, tt := range []struct {
		address string
		want    bool
	}{{"127.0.0.2", true}, {"127.0.0.1", false}, {"127.0.0.2", true}, {"169.254.169.254", false}} {
		to.Store(tt.address)
		c, err := g.DialContext(t.Context(), "tcp", "buiten.example:"+port)
		if err == nil {
			_ = c.Close()
		}
		if (err == nil) != tt.want || err != nil && !strings.Contains(err.Error(), "--outgoing-allow") {
			t.Errorf("a name that leads to %s: %v", tt.address, err)
		}
	}
	if called.Load() > 0 {
		t.Error("the address in the house was called")
	}
}

func TestWhatTheOperatorWritesOutIsReachedAtItsUsualPorts(t *testing.T) {
	server, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	for _, named := range []string{"smtp://post@127.0.0.1:2525?tls=none", "smtp://LOCALHOST:25"} {
		c, err := outlet.NewGate(nil, named).DialContext(t.Context(), "tcp", server.Addr().String())
		if err != nil {
			t.Errorf("%s: %v", named, err)
			continue
		}
		_ = c.Close()
	}
	_, err = outlet.NewGate(nil, "smtp://127.0.0.2").DialContext(t.Context(), "tcp", server.Addr().String())
	if err == nil || !strings.Contains(err.Error(), "--outgoing-allow") {
		t.Errorf("an address beside the one that is written out: %v", err)
	}
	for _, port := range []string{"22", "53", "111", "445"} {
		_, err := outlet.NewGate(nil, "https://127.0.0.1").DialContext(t.Context(), "tcp", "127.0.0.1:"+port)
		if err == nil || !strings.Contains(err.Error(), "1024") {
			t.Errorf("port %s: %v", port, err)
		}
	}
}
