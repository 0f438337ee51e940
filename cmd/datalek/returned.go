package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/notifier"
	"datalek/services/imapmail"
	"datalek/services/returns"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// returnFlags say where mail that came back is found.
type returnFlags struct {
	IMAP                      string `name:"imap" help:"Mailbox in which returned mail lies, imaps://user@host/INBOX; it is only read. Empty reads none." env:"DATALEK_IMAP"`
	IMAPPasswordFile          string `name:"imap-password-file" help:"File with the mailbox's password." env:"DATALEK_IMAP_PASSWORD_FILE" placeholder:"FILE"`
	IMAPOAuthTokenURL         string `name:"imap-oauth-token-url" help:"Where tokens are asked for (OAuth2), to log in at the mailbox by a token. Empty, and without a password, takes the tokens of --smtp-oauth-token-url." env:"DATALEK_IMAP_OAUTH_TOKEN_URL" placeholder:"URL"`
	IMAPOAuthClientID         string `name:"imap-oauth-client-id" help:"Id of this installation as an app at whoever gives out tokens." env:"DATALEK_IMAP_OAUTH_CLIENT_ID" placeholder:"ID"`
	IMAPOAuthClientSecretFile string `name:"imap-oauth-client-secret-file" help:"File with the app's secret." env:"DATALEK_IMAP_OAUTH_CLIENT_SECRET_FILE" placeholder:"FILE"`
	IMAPOAuthRefreshTokenFile string `name:"imap-oauth-refresh-token-file" help:"File with the refresh token that consent gave; without one the app asks for itself." env:"DATALEK_IMAP_OAUTH_REFRESH_TOKEN_FILE" placeholder:"FILE"`
	IMAPOAuthScopes           string `name:"imap-oauth-scopes" help:"What tokens are asked for, joined with spaces or commas." env:"DATALEK_IMAP_OAUTH_SCOPES" placeholder:"SCOPES"`

	ReturnAddress string `help:"Address for returned mail, such as bounces@example.nl: each mail leaves under bounces+TOKEN@example.nl, once that is proven to pass." env:"DATALEK_RETURN_ADDRESS"`
	ReturnTrusted bool   `help:"The mail server is known to let --return-address pass; no proof is awaited." env:"DATALEK_RETURN_TRUSTED"`
}

// validate refuses what cannot work.
func (f returnFlags) validate() error {
	if f.IMAP == "" && f.IMAPPasswordFile != "" {
		return errors.New("--imap-password-file goes with --imap")
	}
	if err := f.oauth().validate("imap"); err != nil {
		return err
	}
	if f.IMAPOAuthTokenURL != "" && (f.IMAP == "" || f.IMAPPasswordFile != "") {
		return errors.New("--imap-oauth-token-url goes with --imap, and not with --imap-password-file")
	}
	if f.ReturnTrusted && f.ReturnAddress == "" {
		return errors.New("--return-trusted goes with --return-address")
	}
	if f.ReturnAddress == "" {
		return nil
	}
	sample := incidents.ReturnToken(make([]byte, 32), "", strings.Repeat("0", 24))
	if address := incidents.ReturnAddress(f.ReturnAddress, sample); !registry.ValidEmail(f.ReturnAddress) || address == "" {
		return errors.New("--return-address must be an address such as bounces@example.nl, with at most 22 characters before the @")
	}
	return nil
}

// oauth are the flags of the mailbox's own tokens.
func (f returnFlags) oauth() oauthFlags {
	return oauthFlags{f.IMAPOAuthTokenURL, f.IMAPOAuthClientID, f.IMAPOAuthClientSecretFile, f.IMAPOAuthRefreshTokenFile, f.IMAPOAuthScopes}
}

// box returns the mailbox of returned mail, nil when none is named.
func (c config) box(store settings, now clockFunc) (*imapmail.Box, error) {
	if c.IMAP == "" {
		return nil, nil
	}
	account, err := c.mailbox(store, now)
	if err != nil {
		return nil, err
	}
	return boxOf(account, store, now), nil
}

func boxOf(account imapmail.Account, store settings, now clockFunc) *imapmail.Box {
	return imapmail.New(account, imapmail.Options{Settings: store, Wanted: returns.Plausible, Now: now})
}

// mailbox is the account that the flags name. It logs in by its password, by tokens
// of its own, or else by those of the mail server.
func (c config) mailbox(store settings, now clockFunc) (imapmail.Account, error) {
	password, err := secret(c.IMAPPasswordFile)
	if err != nil {
		return imapmail.Account{}, err
	}
	account, err := imapmail.ParseURL(c.IMAP, password)
	if err != nil {
		return imapmail.Account{}, fmt.Errorf("--imap: %w", err)
	}
	account.Dial = c.gate().DialContext
	if password != "" {
		return account, nil
	}
	flags, prefix := c.returnFlags.oauth(), "imap"
	if flags.TokenURL == "" {
		flags, prefix = c.mailFlags.oauth(), "smtp"
	}
	source, err := flags.source(prefix, store, now, c.gate())
	if err != nil {
		return imapmail.Account{}, err
	}
	if source == nil {
		return imapmail.Account{}, errors.New("--imap: name the file with its password in --imap-password-file, or where tokens are asked for in --imap-oauth-token-url")
	}
	account.Tokens = source.Mailbox(account.Username)
	return account, nil
}

// envelope gives mails their own return address, nil when none is named.
func (a *app) envelope() *notifier.Envelope {
	if a.cfg.ReturnAddress == "" {
		return nil
	}
	return notifier.NewEnvelope(notifier.EnvelopeOptions{Settings: a.store, Address: a.cfg.ReturnAddress, Trusted: a.cfg.ReturnTrusted, Now: a.now, Log: a.log})
}

// openReturns prepares the worker of returned mail.
func (a *app) openReturns(context.Context) error {
	o := notifier.ReturnsOptions{Store: a.store, Read: returns.Read, Now: a.now, NewID: uuid.NewString, Nudge: a.notifier.Nudge, Log: a.log}
	box, err := a.cfg.box(a.store, a.now)
	if err != nil {
		return err
	}
	if box != nil {
		o.Box = box
	}
	a.returns = notifier.NewReturns(o)
	return nil
}

// returnsCmd works with mail that came back.
type returnsCmd struct {
	Address returnsAddressCmd `cmd:"" help:"Print the host's own address to which a mail server posts returned mail; made when there is none."`
}

// returnsAddressCmd prints the address for the mail of all practices of a host.
type returnsAddressCmd struct {
	storeFlags
	BaseURL string `name:"base-url" help:"Address under which the server is reached." env:"DATALEK_BASE_URL" placeholder:"URL" default:"http://127.0.0.1:8080"`
}

// Run prints the address.
func (r *returnsAddressCmd) Run(ctx context.Context, t *terminal) error {
	store, err := openStore(ctx, r.storeFlags, t.log())
	if err != nil {
		return err
	}
	office := casework.New(casework.Options{Store: store, Now: t.now, NewID: uuid.NewString})
	endpoint, err := office.Endpoint(ctx, "", registry.ReturnedMail)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	t.printf("%s/webhooks/mail/%s\n", strings.TrimSuffix(r.BaseURL, "/"), endpoint.Token)
	return nil
}
