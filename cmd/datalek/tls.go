package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"datalek/services/certificate"
)

// tlsFlags say how the web proves its name, when no proxy does so before it.
type tlsFlags struct {
	TLSCert string `name:"tls-cert" help:"Certificate file, to serve TLS ourselves. It and the key are read anew when both have changed." env:"DATALEK_TLS_CERT" placeholder:"FILE"`
	TLSKey  string `name:"tls-key" help:"Key file of the certificate." env:"DATALEK_TLS_KEY" placeholder:"FILE"`

	ACMEDomain    string `name:"acme-domain" help:"Name of this server, several joined with commas, for which an authority gives a certificate by ACME; this agrees to its terms. It asks at port 443, or at port 80 by --acme-http-addr." env:"DATALEK_ACME_DOMAIN" placeholder:"DOMAIN"`
	ACMEEmail     string `name:"acme-email" help:"Address that the authority writes when something is wrong." env:"DATALEK_ACME_EMAIL" placeholder:"ADDRESS"`
	ACMEDirectory string `name:"acme-directory" help:"The authority's address; empty is Let's Encrypt." env:"DATALEK_ACME_DIRECTORY" placeholder:"URL"`
	ACMEHTTPAddr  string `name:"acme-http-addr" help:"Address such as :80 that answers the authority over plain HTTP, and sends everybody else to https." env:"DATALEK_ACME_HTTP_ADDR" placeholder:"ADDR"`
}

// ownTLS reports whether the program serves TLS itself.
func (f tlsFlags) ownTLS() bool { return f.TLSCert != "" || f.ACMEDomain != "" }

// domains are the names that certificates are asked for.
func (f tlsFlags) domains() []string {
	return strings.FieldsFunc(f.ACMEDomain, func(r rune) bool { return r == ',' || r == ' ' })
}

// name is the first of them, "" when there is none.
func (f tlsFlags) name() string {
	if list := f.domains(); len(list) > 0 {
		return list[0]
	}
	return ""
}

func (f tlsFlags) order(client *http.Client) certificate.Order {
	return certificate.Order{Domains: f.domains(), Email: f.ACMEEmail, Directory: f.ACMEDirectory, Client: client}
}

func (f tlsFlags) validate(mode string) error {
	if (f.TLSCert == "") != (f.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key go together")
	}
	if f.ACMEDomain == "" {
		if f.ACMEEmail+f.ACMEDirectory+f.ACMEHTTPAddr != "" {
			return errors.New("--acme-domain is missing: name the domain that a certificate is asked for")
		}
		return nil
	}
	switch {
	case f.TLSCert != "":
		return errors.New("--tls-cert and --acme-domain do not go together: the certificate comes from a file or from an authority")
	case mode == "worker":
		return errors.New("--acme-domain is for the web: a worker answers nobody by name")
	}
	if err := f.order(nil).Check(); err != nil {
		return fmt.Errorf("--acme-domain, --acme-directory: %w", err)
	}
	return nil
}

// protection is what the web serves TLS by; nil serves plain HTTP.
func (a *app) protection(ctx context.Context) (*tls.Config, error) {
	switch {
	case a.cfg.TLSCert != "":
		files, err := certificate.NewFiles(a.cfg.TLSCert, a.cfg.TLSKey, a.log)
		if err != nil {
			return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		return files.Config(), nil
	case a.cfg.ACMEDomain != "":
		authority, err := certificate.NewACME(a.cfg.order(a.cfg.client()), a.store, a.log)
		if err != nil {
			return nil, fmt.Errorf("--acme-domain: %w", err)
		}
		return authority.Config(), a.answerAuthority(ctx, authority)
	}
	return nil, nil
}

// answerAuthority answers over plain HTTP too, when an address for it is given.
func (a *app) answerAuthority(ctx context.Context, authority *certificate.ACME) error {
	if a.cfg.ACMEHTTPAddr == "" {
		return nil
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.ACMEHTTPAddr)
	if err != nil {
		return fmt.Errorf("listen for the authority: %w", err)
	}
	return a.serveBeside(ln, authority.Challenges(a.cfg.BaseURL), "plain HTTP")
}

// The limits of a connection beside the site's own.
const (
	besideTimeout = 10 * time.Second
	besideHeader  = 16 << 10
)

// serveBeside serves h on ln until the program stops.
func (a *app) serveBeside(ln net.Listener, h http.Handler, what string) error {
	server := &http.Server{Handler: http.MaxBytesHandler(h, besideHeader), ReadHeaderTimeout: besideTimeout, ReadTimeout: besideTimeout, WriteTimeout: 3 * besideTimeout,
		IdleTimeout: 6 * besideTimeout, MaxHeaderBytes: besideHeader, ErrorLog: log.New(io.Discard, "", 0)}
	a.running.Go(func() {
		if err := server.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			a.failed <- fmt.Errorf("serve %s: %w", what, err)
		}
	})
	a.onStop(server.Shutdown)
	return nil
}
