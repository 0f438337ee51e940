package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/playbooks"
	"datalek/services/contract"
	"datalek/services/heartbeat"
	"datalek/services/mongostore"
	"datalek/services/natsbus"
	"datalek/services/openpgp"
	"datalek/services/processors"
	"datalek/services/record"
	"datalek/services/smtpmail"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web"
	"datalek/web/bundle"
	"datalek/web/casework"
	"datalek/web/mailbox"
	"datalek/web/page"

	"github.com/google/uuid"
)

// app is the whole program: the store, the bus, the workers and the web. What
// is started last is stopped first.
type app struct {
	cfg      config
	now      clockFunc
	log      *slog.Logger
	store    lockedStore
	keys     *vault.Vault
	bus      *natsbus.Bus
	book     *playbooks.Book
	office   *casework.Office
	notifier *notifier.Notifier
	returns  *notifier.Returns
	feeds    *notifier.Feeds
	// suppliers reads the folder of suppliers' mail; nil without one.
	suppliers *notifier.SupplierMail
	server    *web.Server
	listener  net.Listener
	demo      *page.Demo    // set in the demo alone
	mails     mailbox.Mails // and what it caught
	setup     string        // hash of the one-time set-up link's token
	// setupUntil is when that link ends.
	setupUntil time.Time
	stops      []func(context.Context) error
	running    sync.WaitGroup
	failed     chan error // what ended by itself
	look       looker     // whether all is well, for the page
	// reachable says that people elsewhere reach the server: readers of notices too.
	reachable bool
	beater    *heartbeat.Beater // nil without a monitor outside
	// heads publishes the heads of the registers' trees, which headKey checks.
	heads     *notifier.Heads
	headKey   string
	caseFiles *bundle.Maker // makes the files of cases for authorities
	heard     *tally        // of suppliers' messages
	// counts are the metrics that count what happens.
	counts counts
	// prove tries the return address, for the page.
	prove func(ctx context.Context, practice tenant.ID) error
}

const (
	stopWithin = 20 * time.Second
	// checkWithin is how long a start waits for the store's check, which a large
	// database needs longer for.
	checkWithin = 300 * time.Millisecond
)

// openApp opens everything that cfg names; on an error what was opened is closed.
func openApp(ctx context.Context, cfg config, now clockFunc, log *slog.Logger) (*app, error) {
	a := &app{cfg: cfg, now: now, log: log, failed: make(chan error, 4), heard: newTally(), counts: newCounts()}
	for _, step := range []func(context.Context) error{a.listen, a.openBook, a.openStore, a.openHeads, a.openBus, a.openHeartbeat, a.openNotifier, a.openReturns, a.openFeeds, a.openSupplierMail} {
		if err := step(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	return a, nil
}

// onStop remembers what to do when the program ends.
func (a *app) onStop(stop func(context.Context) error) { a.stops = append(a.stops, stop) }

// close undoes what was opened, newest first, each within its time.
func (a *app) close() error {
	var all error
	for _, stop := range slices.Backward(a.stops) {
		ctx, cancel := context.WithTimeout(context.Background(), stopWithin)
		all = errors.Join(all, stop(ctx))
		cancel()
	}
	a.stops = nil
	a.running.Wait()
	return all
}

// listen takes the port first: a second program on it fails before it touches anything.
func (a *app) listen(ctx context.Context) error {
	var err error
	if a.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.Addr); err != nil {
		return fmt.Errorf("listen on %s: %w", a.cfg.Addr, err)
	}
	a.onStop(func(context.Context) error {
		if err := a.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	a.reachable = fromElsewhere(a.cfg.BaseURL) // before it is filled in
	if a.cfg.BaseURL == "" {
		a.cfg.BaseURL = "http://" + a.listener.Addr().String()
		if name := a.cfg.name(); name != "" {
			a.cfg.BaseURL = "https://" + name
		} else if a.cfg.ownTLS() {
			a.cfg.BaseURL = "https://" + a.listener.Addr().String()
		}
	}
	a.cfg.BaseURL = strings.TrimSuffix(a.cfg.BaseURL, "/")
	return nil
}

func (a *app) openBook(context.Context) error {
	book, err := playbooks.LoadFrom(playbooks.Folders{Policies: a.cfg.Policies, Law: a.cfg.Law})
	if err != nil {
		return fmt.Errorf("load playbooks: %w", err)
	}
	a.book = book
	return nil
}

func (a *app) openStore(ctx context.Context) error {
	store, keys, err := openLocked(ctx, a.cfg.storeFlags, a.log)
	if err != nil {
		return err
	}
	keys.Now = a.now // another process may change them
	a.store, a.keys = store, keys
	a.onStop(func(context.Context) error { return store.Close() })
	return nil
}

// openStore opens the store that the flags name, sealed with their key.
func openStore(ctx context.Context, f storeFlags, log *slog.Logger) (contract.Store, error) {
	store, _, err := openLocked(ctx, f, log)
	return store, err
}

// lockedStore is a store whose keys can be changed.
type lockedStore interface {
	contract.Store
	contract.Keys
}

// openLocked is openStore with the vault that seals.
func openLocked(ctx context.Context, f storeFlags, log *slog.Logger) (lockedStore, *vault.Vault, error) {
	source, err := f.source()
	if err != nil {
		return nil, nil, err
	}
	var keys *vault.Vault
	seal := func(ctx context.Context, ring record.Keyring) (record.Sealer, error) {
		var err error
		keys, err = vault.OpenFrom(ctx, source, ring)
		return keys, err
	}
	if f.sqlite() {
		store, err := sqlitestore.Open(ctx, f.Data, sqlitestore.Options{Seal: seal, CheckWithin: checkWithin})
		if err != nil {
			return nil, nil, err
		}
		return store, keys, nil
	}
	password, err := secret(f.StorePasswordFile)
	if err != nil {
		return nil, nil, err
	}
	store, err := mongostore.Open(ctx, mongostore.Options{URI: f.Store, Password: password, Seal: seal, AllowStandalone: standalone(), Log: log})
	if err != nil {
		return nil, nil, err
	}
	return store, keys, nil
}

func (a *app) openNotifier(context.Context) error {
	account, err := a.cfg.mailAccount(a.store, a.now)
	if err != nil {
		return err
	}
	account.Connections = 8
	sender := smtpmail.New(account)
	a.onStop(sender.Close)
	a.openDoctor(sender, account.DKIM)
	a.notifier = notifier.New(notifier.Options{Store: a.store, Bus: a.bus, Book: a.book, Sender: sender, HostSender: hostSender(account), Retention: a.store, Reader: processors.Reader{}, Heard: a.heard.message,
		Now: a.now, NewID: uuid.NewString, Log: a.log, Envelope: a.envelope(),
		BaseURL: a.cfg.BaseURL, Escalation: a.cfg.EscalationEmail, Passed: a.passed, ReadingAt: a.readingAt, Dead: graves{a.bus}, Heads: a.heads, Rights: a.store})
	nudge := a.notifier.Nudge
	if a.cfg.Mode == "web" {
		nudge = nil // the workers are elsewhere and look for themselves
	}
	if a.caseFiles, err = newCaseFiles(a.store, a.book, a.heads.Signer, a.headKey, a.readingAt, a.now); err != nil {
		return err
	}
	a.office = casework.New(casework.Options{Store: a.store, Book: a.book, Now: a.now, NewID: uuid.NewString, Nudge: nudge, CheckKey: openpgp.Check, OpenList: openList, ReadMail: a.cfg.mailReader()})
	return nil
}

// hostSender is where warnings come from when all of a practice's own addresses
// are part of the breach: the mail account itself, when its name is an address.
func hostSender(account smtpmail.Account) registry.Sender {
	if !registry.ValidEmail(account.Username) {
		return registry.Sender{}
	}
	return registry.Sender{Email: account.Username, Name: "datalek"}
}

// start lets the workers and the web run.
func (a *app) start(ctx context.Context) error {
	proxies, err := networks(a.cfg.TrustedProxies)
	if err != nil {
		return err
	}
	protection, err := a.protection(ctx)
	if err != nil {
		return err
	}
	a.server, err = web.New(web.Options{
		Page: page.Options{Store: a.store, Now: a.now, Log: a.log, Secure: strings.HasPrefix(a.cfg.BaseURL, "https://"), BaseURL: a.cfg.BaseURL,
			TrustedProxies: proxies, Demo: a.demo, KeeperLives: func(ctx context.Context) bool { return a.keeperCheck().Run(ctx) == nil },
			NewDevice:  a.office.NewDevice,
			StoreKeeps: func(ctx context.Context) bool { return a.store.Ping(ctx) == nil }},
		Areas: a.areas(), Checks: a.checks(), TLS: protection, PolicyBroken: a.counts.policyBroken,
	})
	if err != nil {
		return fmt.Errorf("prepare the web: %w", err)
	}
	if a.cfg.Mode != "web" {
		a.runWorkers()
	}
	a.running.Go(func() {
		if err := a.server.Serve(a.listener); err != nil {
			a.failed <- err
		}
	})
	a.onStop(a.server.Shutdown)
	return a.startMetrics(ctx)
}

// runWorkers runs the workers until the program stops.
func (a *app) runWorkers() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	a.running.Go(func() {
		defer close(done)
		var back sync.WaitGroup
		defer back.Wait()
		back.Go(func() { a.returns.Run(ctx) })
		if a.suppliers != nil {
			back.Go(func() { a.suppliers.Run(ctx) })
		}
		back.Go(func() { a.feeds.Run(ctx) })
		back.Go(func() { ownSystems(ctx, a.store, a.office, a.log) })
		back.Go(func() { runImports(ctx, a.office, a.log) })
		back.Go(func() { a.turner().run(ctx) })
		if a.beater != nil {
			back.Go(func() { a.beater.Run(ctx) })
		}
		if err := a.notifier.Run(ctx); err != nil {
			a.failed <- fmt.Errorf("workers: %w", err)
		}
	})
	a.onStop(func(limit context.Context) error {
		cancel()
		select {
		case <-done:
			return nil
		case <-limit.Done():
			return fmt.Errorf("stop the workers: %w", limit.Err())
		}
	})
}

// checks are what /readyz asks.
func (a *app) checks() []web.Check {
	return []web.Check{
		{Name: "store", Run: a.store.Ping},
		{Name: "bus", Run: a.bus.Healthy},
		a.keeperCheck(),
	}
}

func (a *app) keeperCheck() web.Check { return web.KeeperCheck(a.lastBeat, a.now) }

// lastBeat reads when the keeper of the clocks was last heard of.
func (a *app) lastBeat(ctx context.Context) (time.Time, error) {
	raw, _, err := a.store.Setting(ctx, notifier.HeartbeatKey)
	if err != nil || len(raw) == 0 {
		return time.Time{}, err
	}
	return time.Parse(time.RFC3339, string(raw))
}

// wait blocks until ctx ends or a part of the program ends by itself, then
// stops everything.
func (a *app) wait(ctx context.Context) error {
	var err error
	select {
	case <-ctx.Done():
	case err = <-a.failed:
	}
	return errors.Join(err, a.close())
}

// networks reads a list of networks such as "10.0.0.0/8,192.168.1.4".
func networks(text string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if !strings.Contains(part, "/") {
			addr, err := netip.ParseAddr(part)
			if err != nil {
				return nil, fmt.Errorf("--trusted-proxies: %w", err)
			}
			list = append(list, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		network, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("--trusted-proxies: %w", err)
		}
		list = append(list, network)
	}
	return list, nil
}

// policyNamed returns a policy of the book, or says which there are.
func policyNamed(book *playbooks.Book, id string) (registry.Policy, error) {
	if p, known := book.Policy(id); known {
		return p, nil
	}
	var names []string
	for _, choice := range book.Policies() {
		names = append(names, choice.ID)
	}
	return registry.Policy{}, fmt.Errorf("policy %q is not known; choose from %s", id, strings.Join(names, ", "))
}
