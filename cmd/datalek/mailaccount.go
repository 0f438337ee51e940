package main

import (
	"fmt"
	"os"
	"strings"

	"datalek/services/smtpmail"
)

// mailFlags say how mail is signed, and how the mail server knows us when not by
// a password.
type mailFlags struct {
	DKIMKeyFile  string `name:"dkim-key-file" help:"File with the private key that signs outgoing mail (PEM; RSA of 2048 bits, or Ed25519). Only when the mail server does not sign." env:"DATALEK_DKIM_KEY_FILE" placeholder:"FILE"`
	DKIMSelector string `name:"dkim-selector" help:"Name of that key in DNS: SELECTOR._domainkey.DOMAIN." env:"DATALEK_DKIM_SELECTOR" placeholder:"SELECTOR"`
	DKIMDomain   string `name:"dkim-domain" help:"Domains whose mail is signed, joined with commas." env:"DATALEK_DKIM_DOMAIN" placeholder:"DOMAIN"`
}

// checkFlags say whom to ask when the program looks whether all is well.
type checkFlags struct {
	DNSServer string `name:"dns-server" help:"DNS server, host:port, that is asked about SPF, DKIM and DMARC; empty asks the system's." env:"DATALEK_DNS_SERVER" placeholder:"ADDR"`
	TimeURL   string `name:"time-url" help:"Web address on another machine, whose Date this machine's clock is compared with." env:"DATALEK_TIME_URL" placeholder:"URL"`
}

func (f mailFlags) validate() error {
	if some := f.DKIMKeyFile + f.DKIMSelector + f.DKIMDomain; some != "" && (f.DKIMKeyFile == "" || f.DKIMSelector == "" || f.DKIMDomain == "") {
		return fmt.Errorf("--dkim-key-file, --dkim-selector and --dkim-domain go together")
	}
	return nil
}

// dkim reads the key that signs; nil when none is named.
func (f mailFlags) dkim() (*smtpmail.DKIM, error) {
	if f.DKIMKeyFile == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(f.DKIMKeyFile) // #nosec G304 -- the operator names the file
	if err != nil {
		return nil, fmt.Errorf("read --dkim-key-file: %w", err)
	}
	key, err := smtpmail.NewDKIM(raw, f.DKIMSelector, strings.Split(f.DKIMDomain, ","))
	if err != nil {
		return nil, fmt.Errorf("--dkim-key-file, --dkim-selector or --dkim-domain: %w", err)
	}
	return key, nil
}

// mailAccount is the account that the flags name.
func (c config) mailAccount(now clockFunc) (smtpmail.Account, error) {
	password, err := secret(c.SMTPPasswordFile)
	if err != nil {
		return smtpmail.Account{}, err
	}
	account, err := smtpmail.ParseURL(c.SMTP, password)
	if err != nil {
		return smtpmail.Account{}, fmt.Errorf("--smtp: %w", err)
	}
	account.Now = now
	account.DKIM, err = c.dkim()
	return account, err
}
