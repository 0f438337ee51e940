package main

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/checkup"
	"datalek/services/imapmail"
	"datalek/services/natsbus"
	"datalek/services/record"
	"datalek/services/smtpmail"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web/doctor"
)

// checker knows what to look at, for the command and for the page.
type checker struct {
	cfg config
	now clockFunc
	dns *net.Resolver
	// roots sign the mailbox's certificate; nil is the system's list.
	roots *x509.CertPool
}

func newChecker(cfg config, now clockFunc) checker {
	return checker{cfg: cfg, now: now, dns: checkup.Resolver(cfg.DNSServer)}
}

// keyFile is where the key lies that wraps every other.
func (c storeFlags) keyFile() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return filepath.Join(c.Data, "datalek.key")
}

// machine are the checks of the machine the program runs on: its disk and clock.
func (k checker) machine(store any) []checkup.Check {
	disk := checkup.Disk(k.cfg.Data)
	if !k.cfg.sqlite() {
		disk.Run = said(checkup.Finding{State: checkup.Unchecked, Code: "disk_elsewhere"})
	}
	return []checkup.Check{disk, checkup.Clock(k.otherClock(store), k.now)}
}

// otherClock is a clock that is not this machine's: one that the operator names,
// the database's, or that of whoever gives out tokens; nil when there is none.
func (k checker) otherClock(store any) func(context.Context) (time.Time, error) {
	if k.cfg.TimeURL != "" {
		return checkup.TimeAt(k.cfg.TimeURL, k.cfg.gate().DialContext)
	}
	if s, ok := store.(interface {
		ServerTime(ctx context.Context) (time.Time, error)
	}); ok {
		return s.ServerTime
	}
	if k.cfg.SMTPOAuthTokenURL != "" {
		return checkup.TimeAt(k.cfg.SMTPOAuthTokenURL, k.cfg.gate().DialContext)
	}
	return nil
}

// domains looks at the records in DNS of every domain that mail comes from. sign
// is the own key, nil when the provider signs.
func (k checker) domains(names []string, sign *smtpmail.DKIM) []checkup.Check {
	var list []checkup.Check
	for _, domain := range names {
		name, record := "", ""
		if own := sign.Domain(domain); own != "" {
			name = sign.Name(own)
			record, _ = sign.TXT() // a key that signs has a public half
		}
		list = append(list, checkup.SPF(k.dns, domain), checkup.DKIM(k.dns, domain, name, record), checkup.DMARC(k.dns, domain))
	}
	return list
}

// domainsOf are the domains of addresses, each once, in order.
func domainsOf(addresses ...string) []string {
	var names []string
	for _, a := range addresses {
		if at := strings.LastIndexByte(a, '@'); at >= 0 && at < len(a)-1 {
			names = append(names, strings.ToLower(a[at+1:]))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func addressesOf(p registry.Practice) []string {
	var list []string
	for _, s := range p.Details.Senders {
		list = append(list, s.Email)
	}
	return list
}

// checkKeys looks whether the key file opens what the store holds.
func (k checker) checkKeys(store any) checkup.Check {
	keys, ok := store.(record.Keyring)
	if !ok {
		return checkup.Check{Name: "keys", Run: said(checkup.Finding{State: checkup.Unchecked, Code: "keys_away"})}
	}
	file := checkup.Keys(k.cfg.keyFile(), func(ctx context.Context) error {
		_, err := vault.Open(ctx, k.cfg.keyFile(), keys)
		return err
	})
	if k.cfg.KeyFrom == keyFromEnv || k.cfg.KeyFrom == keyFromPrompt {
		file.Run = said(checkup.Finding{State: checkup.Well, Code: "keys_given"}) // the store is open, so it fits
	}
	return checkup.Check{Name: "keys", Run: func(ctx context.Context) checkup.Finding {
		if f := file.Run(ctx); f.State != checkup.Well {
			return f
		}
		return turning(ctx, keys, file)
	}}
}

// turning says that keys are being changed, else what the check found.
func turning(ctx context.Context, keys record.Keyring, file checkup.Check) checkup.Finding {
	list, err := vault.Turning(ctx, keys)
	if err != nil {
		return checkup.Finding{State: checkup.Unwell, Code: "keys_turning_unknown", Detail: err.Error()}
	}
	if len(list) == 0 {
		return file.Run(ctx)
	}
	first := list[0].Since
	for _, t := range list {
		if t.Since.Before(first) {
			first = t.Since
		}
	}
	return checkup.Finding{State: checkup.Note, Code: "keys_turning", Blanks: []any{"count", len(list), "since", first.Format("2006-01-02 15:04") + " UTC"}}
}

// said is a check that was done before.
func said(f checkup.Finding) func(context.Context) checkup.Finding {
	return func(context.Context) checkup.Finding { return f }
}

// ofPractice are the checks of the page: the running parts, and the practice's
// own domains.
func (a *app) ofPractice(sender *smtpmail.Sender, sign *smtpmail.DKIM) func(context.Context, tenant.ID) ([]checkup.Check, error) {
	k := newChecker(a.cfg, a.now)
	return func(ctx context.Context, id tenant.ID) ([]checkup.Check, error) {
		p, err := a.store.Practice(ctx, id)
		if err != nil {
			return nil, err
		}
		list := []checkup.Check{checkup.Mail(sender)}
		if box, on := k.mailboxCheck(a.store); on {
			list = append(list, box)
		}
		if folder, on := k.supplierCheck(a.store); on && tenant.ID(a.supplierPractice(ctx)) == id {
			list = append(list, folder)
		}
		list = append(list, checkup.Check{Name: "envelope", Run: a.prover(sender, p).state})
		list = append(list, k.domains(domainsOf(addressesOf(p)...), sign)...)
		for _, check := range a.checks() {
			list = append(list, checkup.Whether(check.Name, check.Run))
		}
		return append(append(list, k.checkKeys(a.store)), k.machine(a.store)...), nil
	}
}

// looker returns what was found for a practice, and when.
type looker func(ctx context.Context, practice tenant.ID) (time.Time, []doctor.Finding, error)

// openDoctor lets the page look, with the mail account that notices leave through.
func (a *app) openDoctor(sender *smtpmail.Sender, sign *smtpmail.DKIM) {
	doc := checkup.NewDoctor(a.ofPractice(sender, sign), a.now)
	a.prove = func(ctx context.Context, practice tenant.ID) error {
		p, err := a.store.Practice(ctx, practice)
		if err != nil {
			return err
		}
		a.prover(sender, p).prove(ctx) // what was found stands on the page afterwards
		doc.Forget()
		return nil
	}
	a.look = func(ctx context.Context, practice tenant.ID) (time.Time, []doctor.Finding, error) {
		r, err := doc.Report(ctx, practice)
		return r.At, findings(r.Findings), err
	}
}

// mailboxCheck looks at the mailbox of returned mail, if one is named.
func (k checker) mailboxCheck(store settings) (checkup.Check, bool) {
	if k.cfg.IMAP == "" {
		return checkup.Check{}, false
	}
	account, err := k.cfg.mailbox(store, k.now)
	if err != nil {
		return checkup.Check{Name: "mailbox", Run: said(checkup.Finding{State: checkup.Unwell, Code: "mailbox_setup", Detail: err.Error()})}, true
	}
	account.RootCAs = k.roots
	box := boxOf(account, store, k.now)
	return checkup.Mailbox(func(ctx context.Context) (string, error) {
		err := box.Check(ctx)
		return imapmail.Place(err), err
	}), true
}

// prover proves the return address with the mail account that notices leave through.
func (a *app) prover(sender *smtpmail.Sender, p registry.Practice) prover {
	from := ""
	if first, some := p.Sender(""); some {
		from = first.Email
	}
	return newChecker(a.cfg, a.now).prover(a.store, from, sender.Send)
}

func (k checker) prover(store settings, from string, send func(context.Context, incidents.Mail) incidents.Answer) prover {
	p := prover{address: k.cfg.ReturnAddress, trusted: k.cfg.ReturnTrusted, store: store, now: k.now, from: from, send: send}
	if box, err := k.cfg.box(store, k.now); err == nil && box != nil {
		p.find = box.Find
	}
	return p
}

// envelopeAtRest proves the return address, if mail can be sent at all.
func (k checker) envelopeAtRest(store settings, addresses []string) checkup.Check {
	p := k.prover(store, "", nil)
	account, err := k.cfg.mailAccount(store, k.now)
	if err != nil || k.cfg.SMTP == "" || len(addresses) == 0 {
		return checkup.Check{Name: "envelope", Run: p.state}
	}
	return checkup.Check{Name: "envelope", Run: func(ctx context.Context) checkup.Finding {
		sender := smtpmail.New(account)
		p.from, p.send = addresses[0], sender.Send
		f := p.prove(ctx)
		_ = sender.Close(ctx) // it is a look, and the answer stands
		return f
	}}
}

func findings(list []checkup.Finding) []doctor.Finding {
	var out []doctor.Finding
	for _, f := range list {
		out = append(out, doctor.Finding{Check: f.Check, Subject: f.Subject, State: string(f.State), Code: f.Code, Blanks: f.Blanks, Detail: f.Detail})
	}
	return out
}

// atRest are the checks of the command, which runs beside a server or without one.
func (k checker) atRest(ctx context.Context, full bool, log *slog.Logger) ([]checkup.Check, func() error) {
	list := []checkup.Check{checkup.Whether("configuration", func(context.Context) error { return k.cfg.validate() })}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	store, err := openStore(ctx, k.cfg.storeFlags, log)
	if err != nil {
		mail, sign, address := k.mailAtRest(nil)
		list = append(list, checkup.Check{Name: "store", Run: said(k.notOpen(err))}, k.keysAlone(err), mail)
		list = append(list, k.domains(domainsOf(append([]string{address}, k.signed()...)...), sign)...)
		if box, on := k.mailboxCheck(nil); on {
			list = append(list, box)
		}
		if folder, on := k.supplierCheck(nil); on {
			list = append(list, folder)
		}
		return append(append(list, k.busAtRest(log)), k.machine(nil)...), func() error { return nil }
	}
	mail, sign, address := k.mailAtRest(store)
	damage := store.Check(ctx, full) // here, since reading all of it may take longer than a check may
	list = append(list, checkup.Whether("store", func(context.Context) error { return damage }), k.checkKeys(store), mail)
	addresses, err := senders(ctx, store)
	if err != nil {
		list = append(list, checkup.Check{Name: "senders", Run: said(checkup.Finding{State: checkup.Unchecked, Code: "senders_none", Detail: err.Error()})})
	}
	if box, on := k.mailboxCheck(store); on {
		list = append(list, box)
	}
	if folder, on := k.supplierCheck(store); on {
		list = append(list, folder)
	}
	list = append(list, k.envelopeAtRest(store, addresses))
	addresses = append(append(addresses, address), k.signed()...)
	list = append(list, k.domains(domainsOf(addresses...), sign)...)
	return append(append(list, k.busAtRest(log)), k.machine(store)...), store.Close
}

// signed are the domains that the own key signs for, each as an address.
func (k checker) signed() []string {
	var list []string
	for name := range strings.SplitSeq(k.cfg.DKIMDomain, ",") {
		list = append(list, "@"+strings.TrimSpace(name))
	}
	return list
}

// senders are the addresses of every practice.
func senders(ctx context.Context, store interface {
	Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error)
}) ([]string, error) {
	const page = 100
	var list []string
	for after := ""; ; {
		some, err := store.Practices(ctx, after, page)
		if err != nil {
			return list, err
		}
		for _, p := range some {
			if !p.IsDrill() { // made up: nobody asks for such a domain
				list = append(list, addressesOf(p)...)
			}
			after = string(p.ID)
		}
		if len(some) < page {
			return list, nil
		}
	}
}

// notOpen says why the store could not be opened.
func (k checker) notOpen(err error) checkup.Finding {
	f := checkup.Finding{State: checkup.Unwell, Code: "store_down", Detail: err.Error()}
	if k.cfg.sqlite() && errors.Is(sqlitestore.RefuseInUse(k.cfg.Data), fault.Unavailable) {
		f.Code = "store_busy"
	}
	return f
}

// keysAlone looks at the key file when the store could not be opened for err.
func (k checker) keysAlone(err error) checkup.Check {
	if errors.Is(err, vault.ErrWrongKey) {
		return checkup.Check{Name: "keys", Run: said(checkup.Finding{State: checkup.Unwell, Code: "keys_wrong", Blanks: []any{"file", k.cfg.keyFile()}})}
	}
	if k.cfg.KeyFrom == keyFromEnv || k.cfg.KeyFrom == keyFromPrompt {
		return checkup.Check{Name: "keys", Run: said(checkup.Finding{State: checkup.Unchecked, Code: "keys_away"})}
	}
	if _, missing := os.Stat(k.cfg.keyFile()); missing != nil {
		return checkup.Keys(k.cfg.keyFile(), func(context.Context) error { return nil })
	}
	return checkup.Check{Name: "keys", Run: said(checkup.Finding{State: checkup.Unchecked, Code: "keys_away"})}
}

// mailAtRest is the check of the mail account that the flags name, its key that
// signs, and its address.
func (k checker) mailAtRest(store settings) (checkup.Check, *smtpmail.DKIM, string) {
	if k.cfg.SMTP == "" {
		return checkup.Check{Name: "mail", Run: said(checkup.Finding{State: checkup.Unwell, Code: "mail_none"})}, nil, ""
	}
	account, err := k.cfg.mailAccount(store, k.now)
	if err != nil {
		return checkup.Check{Name: "mail", Run: said(checkup.Finding{State: checkup.Unwell, Code: "mail_setup", Detail: err.Error()})}, nil, ""
	}
	return checkup.Check{Name: "mail", Run: func(ctx context.Context) checkup.Finding {
		sender := smtpmail.New(account)
		f := checkup.Mail(sender).Run(ctx)
		_ = sender.Close(ctx) // it is a look, and the answer stands
		return f
	}}, account.DKIM, account.Username
}

// busAtRest connects to the bus that the flags name.
func (k checker) busAtRest(log *slog.Logger) checkup.Check {
	if k.cfg.Nats == "" {
		return checkup.Check{Name: "bus", Run: said(checkup.Finding{State: checkup.Unchecked, Code: "bus_own"})}
	}
	return checkup.Whether("bus", func(ctx context.Context) error {
		bus, err := natsbus.Connect(ctx, natsbus.Options{URL: k.cfg.Nats, CredentialsFile: k.cfg.NatsCredentialsFile, Log: log})
		if err != nil {
			return err
		}
		return errors.Join(bus.Healthy(ctx), bus.Close(ctx))
	})
}
