package outlet

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Gate makes connections to addresses on the internet, and into the house only
// where its operator said so. It looks at the address that a name leads to when the
// connection is made, so a name that leads elsewhere meanwhile changes nothing.
// It is safe for concurrent use. Make it with NewGate.
type Gate struct {
	allowed []netip.Prefix
	dialer  net.Dialer
}

// connectWithin bounds one attempt to connect.
const connectWithin = 15 * time.Second

var (
	errInside = errors.New("the name leads to a private address; allow its network by --outgoing-allow if that is meant")
	errPort   = errors.New("nobody serves mail or pages at this port; use its usual one, or one from 1024 up")
)

// NewGate returns a gate that lets through to the internet, into the allowed
// networks, and to the addresses that are written out in what the operator named:
// URLs such as smtp://10.0.0.5, whose host is no name that somebody else could lead
// elsewhere. The name localhost is this machine.
func NewGate(allowed []netip.Prefix, named ...string) *Gate {
	g := &Gate{allowed: slices.Clone(allowed)}
	for _, address := range named {
		u, err := url.Parse(address)
		if err != nil {
			continue // whoever uses it says so
		}
		if at, err := netip.ParseAddr(u.Hostname()); err == nil {
			at = at.Unmap().WithZone("")
			g.allowed = append(g.allowed, netip.PrefixFrom(at, at.BitLen()))
		} else if strings.EqualFold(u.Hostname(), "localhost") {
			g.allowed = append(g.allowed, netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128"))
		}
	}
	g.dialer = net.Dialer{Timeout: connectWithin, Control: g.control}
	return g
}

// Resolve asks another name server than the system's, for tests.
func (g *Gate) Resolve(by *net.Resolver) { g.dialer.Resolver = by }

// DialContext connects, as net.Dialer does.
func (g *Gate) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return g.dialer.DialContext(ctx, network, address)
}

// control looks at the address itself, just before the connection is made.
func (g *Gate) control(_, at string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(at)
	if err != nil || !reachable(to.Addr(), g.allowed) {
		return errInside
	}
	if usual := []uint16{25, 80, 143, 443, 465, 587, 993}; to.Port() < 1024 && !slices.Contains(usual, to.Port()) {
		return errPort
	}
	return nil
}

// reachable reports whether an address may be called.
func reachable(to netip.Addr, allowed []netip.Prefix) bool {
	to = to.Unmap().WithZone("")
	within := func(p netip.Prefix) bool { return p.Contains(to) }
	if slices.ContainsFunc(allowed, within) {
		return true
	}
	return to.IsGlobalUnicast() && !to.IsPrivate() && !slices.ContainsFunc(special(), within)
}

// special are the ranges that netip counts as global and that lead into a house, to
// nobody, or by a gateway to an IPv4 address that is not seen (IANA's registries of
// special-purpose addresses, RFC 6890).
func special() []netip.Prefix {
	var list []netip.Prefix
	for _, p := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}
