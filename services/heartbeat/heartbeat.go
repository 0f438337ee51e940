// Package heartbeat tells a monitor outside that the keeper of the clocks lives:
// it calls an address after the keeper's passes, at most once a minute. When the
// calls stop, the monitor raises the alarm (as healthchecks.io and others do).
package heartbeat

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Options is what a Beater is made of. URL is required.
type Options struct {
	// URL is called with GET. Its path is a secret: whoever knows it can keep the
	// monitor quiet. It is never logged.
	URL string
	// Every is the least time between two calls; 0 is a minute.
	Every time.Duration
	// Within bounds one call; 0 is ten seconds.
	Within time.Duration
	Log    *slog.Logger // nil is silent
	// Dial makes the connection; nil is the usual way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Beater calls the monitor. Make it with New.
type Beater struct {
	opts   Options
	host   string
	client *http.Client
	bell   chan struct{}
}

// Check says what is wrong with an address, nil for nothing, without repeating it.
func Check(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("give an address that begins with https:// or http://")
	}
	return nil
}

// New returns a Beater; nothing is called before Run.
func New(o Options) (*Beater, error) {
	if err := Check(o.URL); err != nil {
		return nil, err
	}
	if o.Every <= 0 {
		o.Every = time.Minute
	}
	if o.Within <= 0 {
		o.Within = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	u, _ := url.Parse(o.URL) // it was checked
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true, DialContext: o.Dial}
	return &Beater{opts: o, host: u.Host, bell: make(chan struct{}, 1), client: &http.Client{Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Passed says that the keeper has just passed. It never blocks.
func (b *Beater) Passed() {
	select {
	case b.bell <- struct{}{}:
	default: // it rings already
	}
}

// Run calls the monitor after passes until ctx is done. The wait between two
// calls is of real time, whatever becomes of the machine's clock. Of a pass that
// happened while it waited it tells nothing: the keeper may have died since.
func (b *Beater) Run(ctx context.Context) {
	failing := false
	for b.passed(ctx) {
		err := b.call(ctx)
		if ctx.Err() != nil {
			return
		}
		if failed := err != nil; failed != failing {
			failing = failed
			b.tell(err)
		}
		if !rest(ctx, b.opts.Every) {
			return
		}
		select {
		case <-b.bell:
		default:
		}
	}
}

func (b *Beater) passed(ctx context.Context) bool {
	select {
	case <-b.bell:
		return true
	case <-ctx.Done():
		return false
	}
}

func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// tell logs that the monitor cannot be reached any more, or can be again.
func (b *Beater) tell(err error) {
	if err != nil {
		b.opts.Log.Warn("the outside monitor does not take the heartbeat", "host", b.host, "error", err)
		return
	}
	b.opts.Log.Info("the outside monitor takes the heartbeat again", "host", b.host)
}

// call makes one call. Its errors never hold the address.
func (b *Beater) call(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, b.opts.Within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, b.opts.URL, nil)
	if err != nil {
		return errors.New("the address cannot be called")
	}
	answer, err := b.client.Do(request)
	if err != nil {
		var withAddress *url.Error
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return fmt.Errorf("call: %w", err)
	}
	_ = answer.Body.Close() // nothing in it is read
	if answer.StatusCode >= 300 {
		return fmt.Errorf("it answered %d", answer.StatusCode)
	}
	return nil
}
