package outlet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"datalek/incidents/register"
)

// URL posts heads to an address on the web, as text. Make it with NewURL.
type URL struct {
	address string
	client  *http.Client
}

// postWithin bounds one call.
const postWithin = 10 * time.Second

// errInside says that a name leads to an address within the house.
var errInside = errors.New("the name leads to a private address; allow its network if that is meant")

// CheckURL says what is wrong with an address, nil for nothing, without repeating it.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("give an address that begins with https:// or http://")
	}
	return nil
}

// NewURL returns a URL. Addresses of private networks, of this machine and of
// none are refused when they are called, whatever name leads there, unless they
// are within an allowed network. No proxy is used and no redirect followed.
func NewURL(address string, allowed []netip.Prefix) (*URL, error) {
	if err := CheckURL(address); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: postWithin, Control: func(_, at string, _ syscall.RawConn) error {
		to, err := netip.ParseAddrPort(at)
		if err != nil || !reachable(to.Addr().Unmap(), allowed) {
			return errInside
		}
		return nil
	}}
	return &URL{address: address, client: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, DisableKeepAlives: true, TLSHandshakeTimeout: postWithin, ResponseHeaderTimeout: postWithin},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// shared is the range of providers' own networks (RFC 6598), which netip does not
// count as private.
const shared = "100.64.0.0/10"

// reachable reports whether an address may be called.
func reachable(to netip.Addr, allowed []netip.Prefix) bool {
	if slices.ContainsFunc(allowed, func(p netip.Prefix) bool { return p.Contains(to) }) {
		return true
	}
	return to.IsGlobalUnicast() && !to.IsPrivate() && !netip.MustParsePrefix(shared).Contains(to)
}

// Publish posts a head; every answer below 300 means that it was taken. Its errors
// never hold the address, whose path may be a secret.
func (u *URL) Publish(ctx context.Context, h register.SignedHead) error {
	ctx, cancel := context.WithTimeout(ctx, postWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.address, strings.NewReader(h.Note))
	if err != nil {
		return errors.New("the address cannot be called")
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	answer, err := u.client.Do(request)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		if errors.Is(err, errInside) {
			return errInside // the rest names the address
		}
		return fmt.Errorf("call: %w", err)
	}
	_ = answer.Body.Close() // nothing in it is read
	if answer.StatusCode >= 300 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}
