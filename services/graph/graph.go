// Package graph reads the message centre of Microsoft 365 by Microsoft Graph:
// the posts that Microsoft marks as data privacy, since they may tell of a breach.
// Graph sends no notice of them, so they are asked for.
//
// Formats: learn.microsoft.com/graph/api/serviceannouncement-list-messages and
// learn.microsoft.com/graph/throttling; login: RFC 6749 section 4.4.
package graph

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Where Microsoft's global cloud is. National clouds have addresses of their own.
const (
	GlobalLogin = "https://login.microsoftonline.com"
	GlobalGraph = "https://graph.microsoft.com"
)

const (
	mostPages  = 200
	mostPage   = 8 << 20 // bytes
	pageOf     = 100     // posts that are asked for at once
	askWithin  = 30 * time.Second
	mostTries  = 4                // of one page
	longestNap = 30 * time.Second // waited within a look; longer ends it
)

// Options is how the message centre is reached.
type Options struct {
	Login string // GlobalLogin when empty
	Graph string // GlobalGraph when empty
	// Dial makes the connections; nil is the usual way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	Now  func() time.Time
	// Nap waits between two tries; nil waits by the clock.
	Nap func(ctx context.Context, d time.Duration) error
}

// Reader reads message centres. It is safe for many goroutines. Make it with New.
type Reader struct {
	opts   Options
	client *http.Client
	tokens tokens
}

// New returns a reader, fault.Invalid for addresses that cannot work.
func New(o Options) (*Reader, error) {
	if o.Login == "" {
		o.Login = GlobalLogin
	}
	if o.Graph == "" {
		o.Graph = GlobalGraph
	}
	for _, address := range []*string{&o.Login, &o.Graph} {
		*address = strings.TrimSuffix(*address, "/")
		if !safe(*address) {
			return nil, fault.New(fault.Invalid, "error.feed_address", "the addresses of Microsoft Graph begin with https:// and name a host alone")
		}
	}
	if o.Nap == nil {
		o.Nap = nap
	}
	return &Reader{opts: o, client: &http.Client{Timeout: askWithin,
		Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: o.Dial, DisableKeepAlives: true},
		// The secret and the token go to the host that was named, and to no other.
		CheckRedirect: func(*http.Request, []*http.Request) error { return errElsewhere }}}, nil
}

// safe reports whether an address is https, or http on this machine itself.
func safe(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Path != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// trouble is why a look ended early; wait is how long the supplier asks for.
type trouble struct {
	fault registry.FeedFault
	wait  time.Duration
	why   string // never anything of the answer
}

func (t *trouble) Error() string { return fmt.Sprintf("message centre: %s: %s", t.fault, t.why) }

func wrong(f registry.FeedFault, why string) error { return &trouble{fault: f, why: why} }

var errElsewhere = errors.New("the answer leads elsewhere")

// Read reads the posts that changed since an instant, page by page, and hands those
// about data privacy to keep, which says whether one is new. Its error is that of keep
// or of ctx; what is wrong with the message centre stands in the look.
func (r *Reader) Read(ctx context.Context, l registry.FeedLogin, since time.Time, keep func(context.Context, registry.FeedPost) (bool, error)) (registry.FeedLook, error) {
	look := registry.FeedLook{}
	visit := visit{r: r, login: l, keep: keep, look: &look, seen: map[string]bool{}}
	next := r.opts.Graph + "/v1.0/admin/serviceAnnouncement/messages?" +
		url.Values{"$filter": {"lastModifiedDateTime ge " + since.UTC().Format("2006-01-02T15:04:05Z")}}.Encode()
	for n := 0; next != ""; n++ {
		var err error
		if n == mostPages || visit.seen[next] {
			err = wrong(registry.FeedUnreadable, "the pages never end")
		} else {
			visit.seen[next] = true
			next, err = visit.page(ctx, next)
		}
		var t *trouble
		if errors.As(err, &t) {
			look.Fault, look.Wait = t.fault, t.wait
			return look, ctx.Err()
		}
		if err != nil {
			return look, err
		}
	}
	return look, nil
}

// visit is one look at one message centre.
type visit struct {
	r       *Reader
	login   registry.FeedLogin
	keep    func(context.Context, registry.FeedPost) (bool, error)
	look    *registry.FeedLook
	seen    map[string]bool // addresses of pages
	renewed bool            // a token that was refused has been replaced
}

// page reads one page, keeps what is on it, and returns where the next one is.
func (v *visit) page(ctx context.Context, address string) (string, error) {
	raw, err := v.ask(ctx, address)
	if err != nil {
		return "", err
	}
	p, err := decode(raw)
	if err != nil {
		return "", err
	}
	for _, post := range p.posts {
		fresh, err := v.keep(ctx, post)
		if err != nil {
			return "", fmt.Errorf("keep a post: %w", err)
		}
		if fresh {
			v.look.Kept++
		}
	}
	v.look.Seen, v.look.Odd = v.look.Seen+int64(p.seen), v.look.Odd+int64(p.odd)
	if p.newest.After(v.look.Mark) {
		v.look.Mark = p.newest
	}
	if p.next != "" && !v.r.ours(p.next) {
		return "", wrong(registry.FeedUnreadable, "the next page is somewhere else")
	}
	return p.next, nil
}

// ours reports whether the address of a next page is at Graph itself: a token goes
// nowhere else.
func (r *Reader) ours(next string) bool {
	to, err := url.Parse(next)
	from, fromErr := url.Parse(r.opts.Graph)
	return err == nil && fromErr == nil && to.Scheme == from.Scheme && strings.EqualFold(to.Host, from.Host) && to.User == nil
}

func nap(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
