package main

import (
	"errors"
	"net/http"
	"os"
	"time"

	"datalek/services/outlet"
)

// outgoingFlags say where the program may connect to in the house.
type outgoingFlags struct {
	OutgoingAllow string `name:"outgoing-allow" help:"Private networks in which mail servers, and web addresses of other flags, may be when they are given by name, such as 10.0.0.0/8, joined with commas." env:"DATALEK_OUTGOING_ALLOW" placeholder:"NETWORKS"`
}

func (f outgoingFlags) validate() error {
	if _, err := networks(f.OutgoingAllow); err != nil {
		return errors.New("--outgoing-allow must be networks such as 10.0.0.0/8, joined with commas")
	}
	return nil
}

// gate is the way out for all that flags name, more besides. Nobody but the
// operator can name an address that the program connects to; no page and no call
// takes one. The store and the bus have ways of their own.
func (c config) gate(more ...string) *outlet.Gate {
	allowed, _ := networks(c.OutgoingAllow) // validate said what is wrong
	named := append(more, c.SMTP, c.IMAP, c.TimeURL, c.SMTPOAuthTokenURL, c.IMAPOAuthTokenURL, c.ACMEDirectory, c.GraphURL, c.GraphLoginURL, c.EntraURL, c.GoogleURL)
	for _, proxy := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"} {
		named = append(named, os.Getenv(proxy))
	}
	return outlet.NewGate(allowed, named...)
}

// outgoingWithin bounds one call of the authority.
const outgoingWithin = 30 * time.Second

// client calls what the authority of certificates names, through the gate.
func (c config) client() *http.Client {
	return &http.Client{Timeout: outgoingWithin, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, DialContext: c.gate().DialContext, DisableKeepAlives: true}}
}
