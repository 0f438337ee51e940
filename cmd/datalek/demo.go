package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/devstack"
	"datalek/services/sqlitestore"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/mailbox"
	"datalek/web/page"

	"github.com/google/uuid"
)

// demoCmd runs everything embedded: nothing to install, no mail leaves.
type demoCmd struct {
	Addr      string `help:"Address to listen on." default:"127.0.0.1:8080"`
	Data      string `help:"Folder of the demo's data; created when missing." default:"demo-data" placeholder:"FOLDER"`
	Fresh     bool   `help:"Throw the demo's data away and start over."`
	Empty     bool   `help:"One bare practice, without systems or clients."`
	ReadyFile string `help:"Write a JSON file with addresses and secrets here once ready." placeholder:"PATH"`
	DNSServer string `name:"dns-server" help:"DNS server, host:port, that is asked for the keys of signatures in suppliers' mail; empty asks the system's." placeholder:"ADDR"`
	lawFlags
}

const (
	demoProcessor = "microsoft-365"
	demoMark      = "demo.json" // in the data folder: this is a demo's, and how to get in
	readyWithin   = time.Minute
	nowhere       = "http://127.0.0.1:9" // nothing leaves the demo
)

// demoSecrets is what the demo prints again after a restart.
type demoSecrets struct {
	PracticeID tenant.ID `json:"practice_id"`
	Login      string    `json:"login"`
	Password   string    `json:"password"`
	APIToken   string    `json:"api_token"`
	Empty      bool      `json:"empty"`
	Made       bool      `json:"made"` // false until every row of the sample is saved
}

// readyFile is what scripts read; every key is always there.
type readyFile struct {
	BaseURL       string    `json:"base_url"`
	PracticeID    tenant.ID `json:"practice_id"`
	Login         string    `json:"login"`
	Password      string    `json:"password"`
	APIToken      string    `json:"api_token"`
	WebhookURL    string    `json:"webhook_url"`
	WebhookSecret string    `json:"webhook_secret"`
	MailboxURL    string    `json:"mailbox_url"`
	SMTPAddr      string    `json:"smtp_addr"`
}

// Run shows the demo until the process is asked to stop.
func (d *demoCmd) Run(ctx context.Context, t *terminal) error {
	if err := d.prepareFolder(); err != nil {
		return err
	}
	caught, err := devstack.StartSMTP(devstack.SMTPOptions{Folder: filepath.Join(d.Data, "mail"), Now: t.now})
	if err != nil {
		return fmt.Errorf("start the mail catcher: %w", err)
	}
	a, err := d.open(ctx, t, caught)
	if err != nil {
		return errors.Join(err, caught.Close())
	}
	a.stops = append([]func(context.Context) error{func(context.Context) error { return caught.Close() }}, a.stops...)
	ready, err := d.fill(ctx, a)
	if err == nil {
		err = a.start(ctx)
	}
	if err != nil {
		return errors.Join(err, a.close())
	}
	ready.SMTPAddr = caught.Addr()
	if err := d.announce(ctx, t, a, ready); err != nil {
		return errors.Join(err, a.close())
	}
	return a.wait(ctx)
}

func (d *demoCmd) open(ctx context.Context, t *terminal, caught *devstack.SMTPServer) (*app, error) {
	cfg := config{storeFlags: storeFlags{Data: d.Data, Store: "sqlite"}, lawFlags: d.lawFlags, checkFlags: checkFlags{DNSServer: d.DNSServer}, Addr: d.Addr, Mode: "all",
		SMTP: "smtp://" + caught.Addr() + "?tls=none", feedFlags: feedFlags{GraphURL: nowhere, GraphLoginURL: nowhere, GraphProcessor: demoProcessor}}
	log := redacted(slog.NewTextHandler(t.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	a, err := openApp(ctx, cfg, t.now, log)
	if err != nil {
		return nil, err
	}
	a.demo, a.mails = &page.Demo{MailboxURL: "/mailbox"}, caughtMail{caught}
	return a, nil
}

// prepareFolder refuses to throw away, or to write into, a folder that is not
// a demo's.
func (d *demoCmd) prepareFolder() error {
	entries, err := os.ReadDir(d.Data)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look into the data folder: %w", err)
	}
	_, markErr := os.Stat(filepath.Join(d.Data, demoMark))
	if len(entries) > 0 && markErr != nil {
		return fmt.Errorf("%s holds something that is not a demo's; name an empty or new folder with --data", d.Data)
	}
	if d.Fresh && len(entries) > 0 {
		if err := sqlitestore.RefuseInUse(d.Data); err != nil {
			return err
		}
		if err := os.RemoveAll(d.Data); err != nil {
			return fmt.Errorf("throw the demo's data away: %w", err)
		}
	}
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if _, err := os.Stat(filepath.Join(d.Data, demoMark)); err == nil {
		return nil
	}
	return writeFile(filepath.Join(d.Data, demoMark), []byte("{}\n"))
}

// fill makes the sample practice on the first start and finds it on the next.
func (d *demoCmd) fill(ctx context.Context, a *app) (readyFile, error) {
	secrets, err := d.secrets()
	if err != nil {
		return readyFile{}, err
	}
	if !secrets.Made {
		if err := d.make(ctx, a, secrets); err != nil {
			return readyFile{}, fmt.Errorf("make the sample practice: %w", err)
		}
		secrets.Made = true
		if err := d.keep(secrets); err != nil {
			return readyFile{}, err
		}
	}
	if err := d.giveGrace(ctx, a, secrets.Login); err != nil {
		return readyFile{}, err
	}
	endpoint, err := a.office.Endpoint(ctx, "", demoProcessor)
	if err != nil {
		return readyFile{}, err
	}
	return readyFile{BaseURL: a.cfg.BaseURL, PracticeID: secrets.PracticeID, Login: secrets.Login, Password: secrets.Password, APIToken: secrets.APIToken,
		WebhookURL: a.cfg.BaseURL + "/webhooks/processors/" + endpoint.Token, WebhookSecret: endpoint.Secrets[0].Value, MailboxURL: a.cfg.BaseURL + "/mailbox"}, nil
}

// secrets reads how to get in, or makes it up and keeps it for the next start.
func (d *demoCmd) secrets() (demoSecrets, error) {
	path := filepath.Join(d.Data, demoMark)
	raw, err := os.ReadFile(path) // #nosec G304 -- the demo's own folder
	if err != nil {
		return demoSecrets{}, fmt.Errorf("read %s: %w", demoMark, err)
	}
	var s demoSecrets
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("read %s: %w", demoMark, err)
	}
	if s.PracticeID != "" {
		return s, nil
	}
	s = demoSecrets{PracticeID: tenant.ID(uuid.NewString()), Login: "anna@lindehof.example", Password: "demo-" + casework.Secret(9), APIToken: casework.NewToken(), Empty: d.Empty}
	return s, d.keep(s)
}

func (d *demoCmd) keep(s demoSecrets) error {
	raw, err := json.MarshalIndent(s, "", "  ") // #nosec G117 -- the made-up login of a demo, in a file of its owner alone
	if err != nil {
		return fmt.Errorf("write %s: %w", demoMark, err)
	}
	return writeFile(filepath.Join(d.Data, demoMark), raw)
}

// make saves the sample. A run that was cut off is made whole by the next: what
// is there already is left, or written over with the same.
func (d *demoCmd) make(ctx context.Context, a *app, s demoSecrets) error {
	policy, err := policyNamed(a.book, "refleact-48")
	if err != nil {
		return err
	}
	p := samplePractice(string(s.PracticeID), strings.ToLower(casework.Secret(12)), policy, a.now())
	if s.Empty {
		p = barePractice(string(s.PracticeID), p.PublicCode, policy, a.now())
	}
	if err := a.store.CreatePractice(ctx, p); err != nil && !errors.Is(err, fault.Duplicate) {
		return err
	}
	if err := a.office.KeepOwnSystem(ctx, p); err != nil {
		return err
	}
	if err := d.makeLogin(ctx, a, s); err != nil {
		return err
	}
	if s.Empty {
		_, _, err := a.office.SaveProcessor(ctx, registry.Processor{ID: demoProcessor, PracticeID: p.ID, Name: "Microsoft"})
		return err
	}
	return d.makeCatalogue(ctx, a, p)
}

func (d *demoCmd) makeLogin(ctx context.Context, a *app, s demoSecrets) error {
	hash, err := account.NewHasher(1).Hash(ctx, s.Password)
	if err != nil {
		return err
	}
	err = a.store.CreateUser(ctx, registry.User{ID: uuid.NewString(), Login: s.Login, Name: "Anna Voorbeeld", PasswordHash: hash, CreatedAt: a.now(),
		Memberships: []registry.Membership{{PracticeID: s.PracticeID, Role: registry.RoleOwner}}})
	if err != nil && !errors.Is(err, fault.Duplicate) {
		return err
	}
	err = a.store.CreateToken(ctx, registry.Token{ID: uuid.NewString(), PracticeID: s.PracticeID, Hash: casework.HashToken(s.APIToken), Name: "demo", CreatedAt: a.now(),
		Scopes: registry.AllScopes(), ExpiresAt: a.now().Add(registry.MostTokenLife)})
	if errors.Is(err, fault.Duplicate) {
		return nil
	}
	return err
}

// giveGrace lets each start of the demo be followed by days in which its login
// works without a second factor, for scripts that read the ready file.
func (d *demoCmd) giveGrace(ctx context.Context, a *app, login string) error {
	user, err := a.store.UserByLogin(ctx, login)
	if err != nil {
		return fmt.Errorf("find the demo's account: %w", err)
	}
	_, err = a.store.UpdateUser(ctx, user.ID, func(u *registry.User) error {
		u.Factors.GraceUntil = a.now().Add(registry.GraceForFactors)
		return nil
	})
	return err
}

func (d *demoCmd) makeCatalogue(ctx context.Context, a *app, p registry.Practice) error {
	for _, processor := range sampleProcessors(p.ID) {
		if _, _, err := a.office.SaveProcessor(ctx, processor); err != nil {
			return err
		}
	}
	for _, s := range sampleSystems(p.ID) {
		if _, _, err := a.office.SaveSystem(ctx, s); err != nil {
			return err
		}
	}
	_, _, err := a.office.SaveClients(ctx, p, sampleClients(a.now()))
	return err
}

// announce waits until everything is ready, writes the ready file and tells the
// person at the terminal where to go.
func (d *demoCmd) announce(ctx context.Context, t *terminal, a *app, r readyFile) error {
	if err := awaitReady(ctx, a); err != nil {
		return err
	}
	if d.ReadyFile != "" {
		raw, err := encodeReady(r)
		if err != nil {
			return err
		}
		if err := writeFile(d.ReadyFile, raw); err != nil {
			return fmt.Errorf("write the ready file: %w", err)
		}
	}
	t.printf("\ndatalek demo: all mail is caught, nothing leaves this machine.\n\n  Open      %s\n  Log in    %s\n  Password  %s\n  Mailbox   %s\n\nA processor reports a breach:\n\n%s\n", r.BaseURL, r.Login, r.Password, r.MailboxURL, sampleCurl(r, a.now()))
	return nil
}

func encodeReady(r readyFile) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // scripts may read the file with less than a JSON parser
	e.SetIndent("", "  ")
	if err := e.Encode(r); err != nil { // #nosec G117 -- scripts must log in to the demo
		return nil, fmt.Errorf("write the ready file: %w", err)
	}
	return b.Bytes(), nil
}

// awaitReady asks every check until all pass.
func awaitReady(ctx context.Context, a *app) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		var failed error
		for _, check := range a.checks() {
			failed = errors.Join(failed, check.Run(ctx))
		}
		if failed == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait until ready: %w", failed)
		case err := <-a.failed:
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// writeFile puts a file in place whole, readable by its owner alone.
func writeFile(path string, raw []byte) error {
	temp, err := os.CreateTemp(filepath.Dir(path), ".datalek-*") // mode 0600
	if err != nil {
		return err
	}
	_, err = temp.Write(raw)
	err = errors.Join(err, temp.Sync(), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// caughtMail shows the mail catcher's mail on the mailbox page.
type caughtMail struct{ server *devstack.SMTPServer }

// Mails returns caught mail, newest first.
func (c caughtMail) Mails(before string, limit int) []mailbox.Caught {
	var out []mailbox.Caught
	for _, m := range c.server.Messages(before, limit) {
		out = append(out, mailbox.Caught(m))
	}
	return out
}

// Mail returns one caught mail.
func (c caughtMail) Mail(id string) (mailbox.Caught, bool) {
	m, found := c.server.Message(id)
	return mailbox.Caught(m), found
}
