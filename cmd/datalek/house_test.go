package main_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/notifier"
	"datalek/playbooks"
	"datalek/services/devstack"
	"datalek/services/natsbus"
	"datalek/services/processors"
	"datalek/services/record"
	"datalek/services/smtpmail"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web/casework"

	"github.com/google/uuid"
)

// connections is how many the program keeps to a mail server.
const connections = 8

// house is the real parts of the program wired in this process as serve wires
// them, on a folder that serve can open afterwards, with a mail server beside.
type house struct {
	tb       testing.TB
	dir      string
	store    *sqlitestore.Store
	book     *playbooks.Book
	office   *casework.Office
	server   *devstack.SMTPServer
	practice registry.Practice
	stop     func()   // stops the workers
	closes   []func() // newest last
}

func realNow() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// newHouse starts a mail server and opens the house in a fresh folder.
func newHouse(tb testing.TB, behave func(devstack.Event) devstack.Act) *house {
	tb.Helper()
	h := &house{tb: tb, dir: filepath.Join(tb.TempDir(), "data")}
	var err error
	if h.book, err = playbooks.Load(""); err != nil {
		tb.Fatal(err)
	}
	if h.server, err = devstack.StartSMTP(devstack.SMTPOptions{Keep: mailsKept(tb), Behave: behave}); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = h.server.Close() })
	tb.Cleanup(h.close)
	h.open()
	return h
}

// mailsKept is how many mails the server keeps: tests hold all of them against
// what is stored, and a benchmark would only measure how they are kept.
func mailsKept(tb testing.TB) int {
	if _, bench := tb.(*testing.B); bench {
		return 100
	}
	return 50_000
}

// open opens store and bus and lets the workers run.
func (h *house) open() { h.tb.Helper(); h.openWith(nil, nil) }

// openWith is open, with something done to the store before the workers run, and
// with a witness between them and it.
func (h *house) openWith(first func(*sqlitestore.Store), w *witness) {
	h.tb.Helper()
	ctx := context.Background()
	keep := func(what string, err error) {
		h.tb.Helper()
		if err != nil {
			h.tb.Fatalf("%s: %v", what, err)
		}
	}
	var err error
	h.store, err = sqlitestore.Open(ctx, h.dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(h.dir, "datalek.key"), keys)
	}})
	keep("open store", err)
	h.onClose(func() { _ = h.store.Close() })
	if first != nil {
		first(h.store)
	}
	if w == nil {
		w = &witness{fired: map[incidents.Key][]time.Duration{}}
	}
	w.Store = h.store
	server, err := natsbus.StartEmbedded(filepath.Join(h.dir, "nats"))
	keep("start bus", err)
	h.onClose(func() { _ = server.Close() })
	bus, err := natsbus.Connect(ctx, natsbus.Options{Server: server})
	keep("connect bus", err)
	h.onClose(func() { _ = bus.Close(ctx) })
	sender := h.newSender()
	h.onClose(func() { _ = sender.Close(ctx) })
	workers := notifier.New(notifier.Options{Store: w, Bus: bus, Book: h.book, Sender: sender, Reader: processors.Reader{}, Now: realNow, NewID: uuid.NewString, Connections: connections})
	h.office = casework.New(casework.Options{Store: h.store, Book: h.book, Now: realNow, NewID: uuid.NewString, Nudge: workers.Nudge})
	h.run(workers)
}

func (h *house) onClose(f func()) { h.closes = append(h.closes, f) }

// close stops the workers first, then the rest, so that another may open the folder.
func (h *house) close() {
	for _, f := range slices.Backward(h.closes) {
		f()
	}
	h.closes = nil
}

func (h *house) run(workers *notifier.Notifier) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = workers.Run(ctx) })
	h.stop = func() { cancel(); running.Wait() }
	h.onClose(h.stop)
}

func (h *house) newSender() *smtpmail.Sender {
	h.tb.Helper()
	account, err := smtpmail.ParseURL("smtp://"+strings.Replace(h.server.Addr(), "127.0.0.1", "localhost", 1)+"?tls=none", "")
	if err != nil {
		h.tb.Fatal(err)
	}
	account.Now, account.Connections = realNow, connections
	return smtpmail.New(account)
}

// fill makes a practice with so many clients, all in its mailbox.
func (h *house) fill(clients int) {
	h.tb.Helper()
	ctx, now := context.Background(), realNow()
	policy, _ := h.book.Policy("refleact-48")
	h.practice = registry.Practice{ID: "p-1", PublicCode: "code", Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", Policy: policy, CreatedAt: now,
		Details: registry.Details{Name: "Praktijk Lindehof", Contact: registry.ContactPerson{Name: "Anna", Phone: "+31 6 12345678", Email: "anna@lindehof.example"},
			Senders: []registry.Sender{{Email: "bericht@lindehof-post.example", Name: "Anna Voorbeeld"}}, WarnEmail: "anna@lindehof.example"}}
	if err := h.store.CreatePractice(ctx, h.practice); err != nil {
		h.tb.Fatal(err)
	}
	system := registry.System{ID: "mailbox", PracticeID: "p-1", Name: "Mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified}
	if _, err := h.store.PutSystem(ctx, system); err != nil {
		h.tb.Fatal(err)
	}
	began := now.AddDate(-1, 0, 0)
	for start := 0; start < clients; start += 1000 {
		var list []registry.Client
		for i := start; i < min(start+1000, clients); i++ {
			list = append(list, registry.Client{ID: uuid.NewString(), PracticeID: "p-1", Language: []string{"nl", "en"}[i%2], Relation: registry.RelationClient,
				Person:   registry.Person{ExternalID: fmt.Sprintf("B-%05d", i), Name: fmt.Sprintf("Meetpersoon %05d", i), Email: fmt.Sprintf("m%05d@voorbeeldpost.example", i)},
				Guidance: []registry.Guidance{{From: registry.DateOf(began, time.UTC)}},
				Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &began}}})
		}
		if _, err := h.store.PutClients(ctx, "p-1", list); err != nil {
			h.tb.Fatal(err)
		}
	}
}

// draft files a case about everyone and waits for its notice.
func (h *house) draft() *incidents.Notice {
	h.tb.Helper()
	ctx, now := context.Background(), realNow()
	from, until := now.Add(-3*time.Hour), now.Add(-2*time.Hour)
	id := uuid.NewString()
	inc, err := incidents.Open(incidents.NewIncident{ID: id, PracticeID: "p-1", Reference: "2027-" + id[:8], Source: incidents.FromForm, AwareAt: now, AwareBasis: "Meting.", Policy: h.practice.Policy,
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: now, Systems: []string{"mailbox"}, OccurredFrom: &from, OccurredUntil: &until,
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Meting."}}, now)
	if err != nil {
		h.tb.Fatal(err)
	}
	if err := h.store.CreateIncident(ctx, inc); err != nil {
		h.tb.Fatal(err)
	}
	var found *incidents.Notice
	await(h.tb, "the draft", func() error {
		list, err := h.store.NoticesOf(ctx, "p-1", id, "", 10)
		if at := slices.IndexFunc(list, func(n *incidents.Notice) bool { return n.Audience == incidents.ToClients }); at >= 0 {
			found = list[at]
			return nil
		}
		return errNot("%d notices, %v", len(list), err)
	})
	return found
}

// approve approves a notice and returns how long that took.
func (h *house) approve(n *incidents.Notice) time.Duration {
	h.tb.Helper()
	began := time.Now()
	_, err := h.office.Approve(context.Background(), h.practice, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: incidents.System()})
	if err != nil {
		h.tb.Fatal(err)
	}
	return time.Since(began)
}

// awaitSent waits until every mail of a notice is answered and recorded, and
// returns how long that took.
func (h *house) awaitSent(n *incidents.Notice) time.Duration {
	h.tb.Helper()
	began := time.Now()
	for time.Since(began) < 5*time.Minute {
		got, err := h.store.Notice(context.Background(), "p-1", n.ID)
		if err != nil {
			h.tb.Fatal(err)
		}
		if got.State == incidents.NoticeIsSent {
			return time.Since(began)
		}
		time.Sleep(20 * time.Millisecond)
	}
	h.tb.Fatal("the mailing does not end")
	return 0
}
