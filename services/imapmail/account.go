// Package imapmail reads one folder of a mailbox over IMAP (RFC 9051), for the
// mail that came back. It changes nothing there: the folder is opened for
// reading only, and no message gets a flag. A cursor in the store says how far
// it has read.
package imapmail

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-sasl"

	"datalek/incidents/fault"
)

// Account is a mailbox at a mail server. TLS is required, from the first byte
// (RFC 8314, usually port 993).
type Account struct {
	Host     string
	Port     int // 0: 993
	Folder   string
	Username string
	Password string
	// Tokens logs in by a token (OAuth2) instead of the password; nil does not.
	Tokens TokenLogin
	// RootCAs signs the server's certificate; nil is the system's list.
	RootCAs *x509.CertPool

	// Dial makes the connection; nil is the usual way.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)

	ConnectTimeout time.Duration // network, TLS and greeting; 0 is 15 s
	CommandTimeout time.Duration // one command and its answer; 0 is 60 s
}

// TokenLogin makes the exchange of a login by a token (XOAUTH2, OAUTHBEARER).
type TokenLogin interface {
	// Login returns a nil client when the server offers no way it knows.
	Login(ctx context.Context, offers func(mechanism string) bool) (sasl.Client, error)
	// Refused notes that the server did not take the token.
	Refused()
}

const standardPort = 993

func (a Account) withDefaults() Account {
	if a.Port == 0 {
		a.Port = standardPort
	}
	if a.Folder == "" {
		a.Folder = "INBOX"
	}
	if a.ConnectTimeout <= 0 {
		a.ConnectTimeout = 15 * time.Second
	}
	if a.CommandTimeout <= 0 {
		a.CommandTimeout = time.Minute
	}
	return a
}

func (a Account) addr() string { return net.JoinHostPort(a.Host, strconv.Itoa(a.Port)) }

func (a Account) tls() *tls.Config {
	return &tls.Config{ServerName: a.Host, RootCAs: a.RootCAs, MinVersion: tls.VersionTLS12}
}

// key names the folder in the store, without telling whose it is.
func (a Account) key() string {
	sum := sha256.Sum256([]byte(strings.Join([]string{a.addr(), a.Username, a.Folder}, "\x00")))
	return "imap/" + hex.EncodeToString(sum[:12])
}

// ParseURL reads imaps://user@host:993/INBOX. Without a port it is 993, without
// a folder INBOX. An @ in the user's name is written as %40, or as it is. The
// password comes apart, since addresses end up in process lists.
func ParseURL(address, password string) (Account, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Opaque != "" {
		// The parse error repeats the address, which may hold a password.
		return Account{}, badURL("write it as imaps://user@host/INBOX")
	}
	if u.Scheme != "imaps" {
		return Account{}, badURL("it begins with imaps://, since a mailbox is read over TLS only")
	}
	if u.RawQuery != "" || u.Fragment != "" {
		return Account{}, badURL("nothing follows the folder")
	}
	a := Account{Host: u.Hostname(), Folder: strings.Trim(u.Path, "/"), Password: password}
	if u.User != nil {
		if _, given := u.User.Password(); given {
			return Account{}, badURL("give the password apart, in a file")
		}
		a.Username = u.User.Username()
	}
	if a.Username == "" || a.Host == "" {
		return Account{}, badURL("the user before the @, or the host after it, is missing")
	}
	if port := u.Port(); port != "" {
		if a.Port, err = strconv.Atoi(port); err != nil || a.Port < 1 || a.Port > 65535 {
			return Account{}, badURL("the port is a number from 1 to 65535")
		}
	}
	return a.withDefaults(), nil
}

func badURL(how string) error {
	return &fault.Error{Code: fault.Invalid, Field: "imap", Key: "error.imap_url", Message: "the mailbox's address: " + how}
}
