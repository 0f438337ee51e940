package certificate

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"sync/atomic"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"datalek/incidents/fault"
)

// Order is what is asked of an authority.
type Order struct {
	Domains []string // the names the server has; at least one
	Email   string   // whom the authority writes when something is wrong; may be empty
	// Directory is the authority's address; empty is Let's Encrypt's.
	Directory string
	// Client calls the authority; nil is the default one.
	Client *http.Client
}

// Check says what is wrong with an order, nil for nothing.
func (o Order) Check() error {
	if len(o.Domains) == 0 {
		return errors.New("name at least one domain")
	}
	for _, domain := range o.Domains {
		if !domainName.MatchString(domain) || net.ParseIP(domain) != nil {
			return fmt.Errorf("%q is no domain name such as datalek.example.nl", domain)
		}
	}
	if o.Directory == "" {
		return nil
	}
	u, err := url.Parse(o.Directory)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" {
		return errors.New("the authority's directory begins with https://")
	}
	return nil
}

var domainName = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$`)

// ACME gets certificates and renews them a month before their end. Its zero value
// is not usable; see NewACME.
type ACME struct {
	manager *autocert.Manager
	log     *slog.Logger
	last    atomic.Value // the failure that was logged last, as text
}

// NewACME returns an ACME that keeps its keys and certificates in store. Using it
// agrees to the authority's terms.
func NewACME(o Order, store Settings, log *slog.Logger) (*ACME, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	return &ACME{log: log, manager: &autocert.Manager{Prompt: autocert.AcceptTOS, Cache: &cache{store}, HostPolicy: autocert.HostWhitelist(o.Domains...), Email: o.Email,
		Client: &acme.Client{DirectoryURL: o.Directory, HTTPClient: o.Client, UserAgent: "datalek"}}}, nil
}

// Config returns what a server needs; it answers the authority's questions over
// TLS too (TLS-ALPN-01, RFC 8737).
func (a *ACME) Config() *tls.Config {
	c := a.manager.TLSConfig()
	c.MinVersion, c.GetCertificate = tls.VersionTLS12, a.get
	return c
}

// get logs why there is no certificate, once for each reason: who asks is not told.
// For names that are not ours anybody may ask.
func (a *ACME) get(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	made, err := a.manager.GetCertificate(hello)
	if err == nil {
		a.last.Store("")
		return made, nil
	}
	if a.manager.HostPolicy(hello.Context(), hello.ServerName) == nil && a.last.Swap(err.Error()) != err.Error() {
		a.log.Error("the authority gave no certificate", "error", err)
	}
	return nil, err
}

// Challenges answers the authority's questions over plain HTTP (HTTP-01) and
// sends everybody else to the same path below base.
func (a *ACME) Challenges(base string) http.Handler {
	return a.manager.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "use https", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, base+r.URL.RequestURI(), http.StatusMovedPermanently) // #nosec G710 -- base is ours, and a path follows
	}))
}

// Settings keeps values by their keys, sealed, with a version each.
type Settings interface {
	// Setting returns version 0 for what is not there.
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	// PutSetting writes a value over a version, else fault.Conflict.
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
	// RemoveSetting removes a version, else fault.Conflict.
	RemoveSetting(ctx context.Context, key string, version int64) error
}

// cache keeps what the library wants kept in the store: the account's key, the
// certificates with their keys, the answers to questions that are being asked.
// There they lie sealed, stand in every backup, and several processes share them.
type cache struct{ store Settings }

// Get returns a value.
func (c *cache) Get(ctx context.Context, name string) ([]byte, error) {
	value, version, err := c.store.Setting(ctx, key(name))
	if err == nil && version == 0 {
		return nil, autocert.ErrCacheMiss
	}
	return value, err
}

// Put keeps a value.
func (c *cache) Put(ctx context.Context, name string, value []byte) error {
	return c.change(ctx, name, func(version int64) error { return c.store.PutSetting(ctx, key(name), value, version) })
}

// Delete removes a value; one that is not there is no fault.
func (c *cache) Delete(ctx context.Context, name string) error {
	return c.change(ctx, name, func(version int64) error {
		if version == 0 {
			return nil
		}
		return c.store.RemoveSetting(ctx, key(name), version)
	})
}

// change acts on the newest version, however many processes do so at once.
func (c *cache) change(ctx context.Context, name string, act func(version int64) error) error {
	for {
		_, version, err := c.store.Setting(ctx, key(name))
		if err != nil {
			return err
		}
		if err := act(version); !errors.Is(err, fault.Conflict) {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// key is the setting's key of the library's name for a value.
func key(name string) string { return "acme/" + name }
