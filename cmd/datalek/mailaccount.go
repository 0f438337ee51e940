package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"datalek/services/oauth"
	"datalek/services/openpgp"
	"datalek/services/outlet"
	"datalek/services/smtpmail"
)

// mailFlags say how mail is signed, and how the mail server knows us when not by
// a password.
type mailFlags struct {
	DKIMKeyFile  string `name:"dkim-key-file" help:"File with the private key that signs outgoing mail (PEM; RSA of 2048 bits, or Ed25519). Only when the mail server does not sign." env:"DATALEK_DKIM_KEY_FILE" placeholder:"FILE"`
	DKIMSelector string `name:"dkim-selector" help:"Name of that key in DNS: SELECTOR._domainkey.DOMAIN." env:"DATALEK_DKIM_SELECTOR" placeholder:"SELECTOR"`
	DKIMDomain   string `name:"dkim-domain" help:"Domains whose mail is signed, joined with commas." env:"DATALEK_DKIM_DOMAIN" placeholder:"DOMAIN"`

	SMTPPerMinute int `name:"smtp-per-minute" help:"At most so many mails a minute leave through the account, spread evenly, as the provider wants; 0 is unlimited." env:"DATALEK_SMTP_PER_MINUTE" placeholder:"N"`

	SMTPOAuthTokenURL         string `name:"smtp-oauth-token-url" help:"Where tokens are asked for (OAuth2), to log in at the mail server by a token instead of a password." env:"DATALEK_SMTP_OAUTH_TOKEN_URL" placeholder:"URL"`
	SMTPOAuthClientID         string `name:"smtp-oauth-client-id" help:"Id of this installation as an app at whoever gives out tokens." env:"DATALEK_SMTP_OAUTH_CLIENT_ID" placeholder:"ID"`
	SMTPOAuthClientSecretFile string `name:"smtp-oauth-client-secret-file" help:"File with the app's secret." env:"DATALEK_SMTP_OAUTH_CLIENT_SECRET_FILE" placeholder:"FILE"`
	SMTPOAuthRefreshTokenFile string `name:"smtp-oauth-refresh-token-file" help:"File with the refresh token that consent gave; without one the app asks for itself." env:"DATALEK_SMTP_OAUTH_REFRESH_TOKEN_FILE" placeholder:"FILE"`
	SMTPOAuthScopes           string `name:"smtp-oauth-scopes" help:"What tokens are asked for, joined with spaces or commas." env:"DATALEK_SMTP_OAUTH_SCOPES" placeholder:"SCOPES"`
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
	if f.SMTPPerMinute < 0 {
		return fmt.Errorf("--smtp-per-minute is how many mails may leave in a minute, 0 for no limit")
	}
	return f.oauth().validate("smtp")
}

// oauth are the flags of the mail server's tokens.
func (f mailFlags) oauth() oauthFlags {
	return oauthFlags{f.SMTPOAuthTokenURL, f.SMTPOAuthClientID, f.SMTPOAuthClientSecretFile, f.SMTPOAuthRefreshTokenFile, f.SMTPOAuthScopes}
}

// oauthFlags say who gives out tokens, and to whom.
type oauthFlags struct{ TokenURL, ClientID, ClientSecretFile, RefreshTokenFile, Scopes string }

// validate refuses half a set of flags; of is what they begin with.
func (f oauthFlags) validate(of string) error {
	if f.TokenURL == "" && f != (oauthFlags{}) {
		return fmt.Errorf("--%s-oauth-token-url is missing: name where tokens are asked for", of)
	}
	return nil
}

// settings is where tokens are kept.
type settings interface {
	Setting(ctx context.Context, key string) (value []byte, version int64, err error)
	PutSetting(ctx context.Context, key string, value []byte, version int64) error
}

// source is what gives tokens to log in by; nil when the flags name nobody.
func (f oauthFlags) source(of string, store settings, now clockFunc, gate *outlet.Gate) (*oauth.Source, error) {
	if f.TokenURL == "" {
		return nil, nil
	}
	if store == nil {
		return nil, fmt.Errorf("a login by token needs the store, which could not be opened")
	}
	clientSecret, err := secret(f.ClientSecretFile)
	if err != nil {
		return nil, fmt.Errorf("--%s-oauth-client-secret-file: %w", of, err)
	}
	refresh, err := secret(f.RefreshTokenFile)
	if err != nil {
		return nil, fmt.Errorf("--%s-oauth-refresh-token-file: %w", of, err)
	}
	return oauth.New(oauth.Account{TokenURL: f.TokenURL, ClientID: f.ClientID, ClientSecret: clientSecret, RefreshToken: refresh,
		Scopes: strings.FieldsFunc(f.Scopes, func(r rune) bool { return r == ' ' || r == ',' }), Now: now, Dial: gate.DialContext}, store)
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

// mailAccount is the account that the flags name. Its tokens, if it has any, are
// kept in store.
func (c config) mailAccount(store settings, now clockFunc) (smtpmail.Account, error) {
	account, err := c.login(store, now)
	if err != nil {
		return smtpmail.Account{}, err
	}
	account.Now, account.Encrypt, account.Dial = now, openpgp.Encrypt, c.gate().DialContext
	account.PerSecond = float64(c.SMTPPerMinute) / 60
	account.DKIM, err = c.dkim()
	return account, err
}

func (c config) login(store settings, now clockFunc) (smtpmail.Account, error) {
	password, err := secret(c.SMTPPasswordFile)
	if err != nil {
		return smtpmail.Account{}, err
	}
	source, err := c.mailFlags.oauth().source("smtp", store, now, c.gate())
	if err != nil {
		return smtpmail.Account{}, err
	}
	var account smtpmail.Account
	if source != nil {
		account, err = smtpmail.ParseTokenURL(c.SMTP, source)
	} else {
		account, err = smtpmail.ParseURL(c.SMTP, password)
	}
	if err != nil {
		return smtpmail.Account{}, fmt.Errorf("--smtp: %w", err)
	}
	return account, nil
}
