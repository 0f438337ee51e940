package smtpmail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"strconv"
	"time"

	"github.com/emersion/go-sasl"
)

// TLSMode says how the connection to the mail server is protected.
type TLSMode int

// The modes. The zero value asks for STARTTLS and refuses a server without it.
const (
	StartTLS    TLSMode = iota // plain greeting, then STARTTLS (RFC 3207), usually port 587
	ImplicitTLS                // TLS from the first byte (RFC 8314), usually port 465
	NoTLS                      // plain text; only to this machine itself
)

// Account is one mailbox at a mail server from which notices go out.
type Account struct {
	Host string
	Port int // 0: 587, or 465 with ImplicitTLS
	TLS  TLSMode

	Username string // empty: no login
	Password string

	// RootCAs signs the server's certificate; nil is the system's list.
	RootCAs *x509.CertPool
	// LocalName is said in EHLO. Empty says [127.0.0.1], which tells nothing.
	LocalName string

	Connections int     // at most this many at once; 0 is 4
	PerSecond   float64 // mails a second, spread evenly; 0 is unlimited

	// Dial makes the connection; nil is the usual way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ConnectTimeout time.Duration // network and TLS; 0 is 15 s
	CommandTimeout time.Duration // one command and its reply; 0 is 60 s
	// DataTimeout is for the message and the reply to it; 0 is 5 min. Too short
	// makes lost answers, and a lost answer makes a second mail.
	DataTimeout time.Duration
	IdleTimeout time.Duration // an unused connection is closed after it; 0 is 30 s

	// Now stamps the answers; nil leaves Answer.At zero.
	Now func() time.Time

	// DKIM signs what goes out; nil leaves that to the mail server.
	DKIM *DKIM

	// Tokens logs in by a token (OAuth2) instead of a password; nil does not.
	Tokens TokenLogin

	// Encrypt encrypts a mail for who asked for that, with his public key. Nil
	// refuses such mails: they never go out readable.
	Encrypt func(key string, plain []byte, now time.Time) ([]byte, error)
}

// TokenLogin makes the exchange of one login by a token (XOAUTH2, OAUTHBEARER).
type TokenLogin interface {
	// Login returns a nil client when the server offers no way it knows.
	Login(ctx context.Context, user string, offers func(mechanism string) bool) (client sasl.Client, token string, err error)
	// Refused notes that the server did not take a token.
	Refused(token string)
	// Final reports an error of Login that only a person can mend.
	Final(err error) bool
}

// withDefaults fills in what was left zero.
func (a Account) withDefaults() Account {
	if a.Port == 0 {
		a.Port = defaultPort(a.TLS)
	}
	if a.LocalName == "" {
		a.LocalName = "[127.0.0.1]"
	}
	if a.Connections <= 0 {
		a.Connections = 4
	}
	orDefault(&a.ConnectTimeout, 15*time.Second)
	orDefault(&a.CommandTimeout, time.Minute)
	orDefault(&a.DataTimeout, 5*time.Minute)
	orDefault(&a.IdleTimeout, 30*time.Second)
	return a
}

func orDefault(d *time.Duration, value time.Duration) {
	if *d <= 0 {
		*d = value
	}
}

func defaultPort(mode TLSMode) int {
	if mode == ImplicitTLS {
		return 465
	}
	return 587
}

// addr is host:port as dialled and as recorded in answers.
func (a Account) addr() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

func (a Account) tlsConfig() *tls.Config {
	return &tls.Config{
		ServerName:         a.Host,
		RootCAs:            a.RootCAs,
		MinVersion:         tls.VersionTLS12,
		ClientSessionCache: tls.NewLRUClientSessionCache(a.Connections),
	}
}

// ParseURL reads smtp://user@host:587 (STARTTLS required) or smtps://user@host
// (TLS from the first byte). Without a port it is 587 or 465. The password
// comes apart, since URLs end up in process lists. smtp://localhost:2525?tls=none
// goes without TLS and only to this machine.
func ParseURL(address, password string) (Account, error) {
	return parseURL(address, Account{Password: password})
}

// ParseTokenURL is ParseURL for an account that logs in by tokens.
func ParseTokenURL(address string, tokens TokenLogin) (Account, error) {
	a, err := parseURL(address, Account{Tokens: tokens})
	if err == nil && a.Username == "" {
		err = badURL("a login by token needs a user before the @")
	}
	return a, err
}

func parseURL(address string, a Account) (Account, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" {
		// The parse error repeats the URL, which may hold a password.
		return Account{}, badURL("write it as smtp://user@host:587 or smtps://user@host:465")
	}
	a.Host = u.Hostname()
	switch u.Scheme {
	case "smtp":
		a.TLS = StartTLS
	case "smtps":
		a.TLS = ImplicitTLS
	default:
		return Account{}, badURL("it begins with smtp:// or smtps://")
	}
	if u.Path != "" && u.Path != "/" || u.Fragment != "" {
		return Account{}, badURL("nothing follows the port but ?tls=none")
	}
	if err := a.readTLS(u.Query()); err != nil {
		return Account{}, err
	}
	if err := a.readLogin(u.User); err != nil {
		return Account{}, err
	}
	if a.Port, err = readPort(u.Port(), a.TLS); err != nil {
		return Account{}, err
	}
	return a, nil
}

func (a *Account) readTLS(query url.Values) error {
	for key, values := range query {
		if key != "tls" || len(values) != 1 || values[0] != "none" || a.TLS != StartTLS {
			return badURL("the only setting it takes is ?tls=none, with smtp://")
		}
		if !loopback(a.Host) {
			return badURL("?tls=none is only for this machine itself, such as localhost")
		}
		a.TLS = NoTLS
	}
	if a.Host == "" {
		return badURL("the host is missing")
	}
	return nil
}

func (a *Account) readLogin(user *url.Userinfo) error {
	if user != nil {
		if _, given := user.Password(); given {
			return badURL("give the password apart, in a file")
		}
		a.Username = user.Username()
	}
	if a.Username == "" && a.Password != "" {
		return badURL("there is a password but no user before the @")
	}
	if a.Username != "" && a.Password == "" && a.Tokens == nil {
		return badURL("there is a user but no password")
	}
	return nil
}

func readPort(port string, mode TLSMode) (int, error) {
	if port == "" {
		return defaultPort(mode), nil
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return 0, badURL("the port is a number from 1 to 65535")
	}
	return n, nil
}

func badURL(how string) error {
	return invalid("smtp", "error.smtp_url", "the mail server's address: "+how)
}

// loopback reports a host that can only be this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
