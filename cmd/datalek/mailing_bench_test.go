package main_test

import (
	"context"
	"fmt"
	"log/slog"
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
	"datalek/services/record"
	"datalek/services/smtpmail"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web/casework"

	"github.com/google/uuid"
)

const benchConnections = 8

// house is the real parts of the program wired in this process, as serve wires
// them, with a mail server beside them.
type house struct {
	tb       testing.TB
	dir      string
	store    *sqlitestore.Store
	book     *playbooks.Book
	office   *casework.Office
	server   *devstack.SMTPServer
	sender   *smtpmail.Sender
	practice registry.Practice
}

func realNow() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// openHouse opens everything and lets the workers run until the test ends.
func openHouse(tb testing.TB) *house {
	tb.Helper()
	ctx, h := context.Background(), &house{tb: tb, dir: tb.TempDir()}
	keep := func(what string, err error) {
		tb.Helper()
		if err != nil {
			tb.Fatalf("%s: %v", what, err)
		}
	}
	var err error
	h.book, err = playbooks.Load("")
	keep("load playbooks", err)
	h.server, err = devstack.StartSMTP(devstack.SMTPOptions{Keep: 100})
	keep("start mail server", err)
	tb.Cleanup(func() { _ = h.server.Close() })
	h.store, err = sqlitestore.Open(ctx, h.dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(h.dir, "key"), keys)
	}})
	keep("open store", err)
	tb.Cleanup(func() { _ = h.store.Close() })
	server, err := natsbus.StartEmbedded(filepath.Join(h.dir, "nats"))
	keep("start bus", err)
	tb.Cleanup(func() { _ = server.Close() })
	bus, err := natsbus.Connect(ctx, natsbus.Options{Server: server})
	keep("connect bus", err)
	tb.Cleanup(func() { _ = bus.Close(ctx) })
	h.sender = h.newSender()
	workers := notifier.New(notifier.Options{Store: h.store, Bus: bus, Book: h.book, Sender: h.sender, Now: realNow, NewID: uuid.NewString, Log: slog.New(slog.DiscardHandler)})
	h.office = casework.New(casework.Options{Store: h.store, Book: h.book, Now: realNow, NewID: uuid.NewString, Nudge: workers.Nudge})
	h.run(workers)
	return h
}

// run lets the workers work until the test ends.
func (h *house) run(workers *notifier.Notifier) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = workers.Run(ctx) })
	h.tb.Cleanup(func() { cancel(); running.Wait() })
}

func (h *house) newSender() *smtpmail.Sender {
	h.tb.Helper()
	account, err := smtpmail.ParseURL("smtp://"+strings.Replace(h.server.Addr(), "127.0.0.1", "localhost", 1)+"?tls=none", "")
	if err != nil {
		h.tb.Fatal(err)
	}
	account.Now, account.Connections = realNow, benchConnections
	s := smtpmail.New(account)
	h.tb.Cleanup(func() { _ = s.Close(context.Background()) })
	return s
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

// tell approves a notice and waits until every mail is answered and recorded. It
// returns how long the approval took and how long all of it.
func (h *house) tell(n *incidents.Notice) (approval, all time.Duration) {
	h.tb.Helper()
	ctx, began := context.Background(), time.Now()
	_, err := h.office.Approve(ctx, h.practice, n.ID, casework.Approval{TextHash: n.TextHash, RecipientsHash: n.RecipientsHash, By: incidents.System()})
	if err != nil {
		h.tb.Fatal(err)
	}
	approval = time.Since(began)
	for {
		got, err := h.store.Notice(ctx, "p-1", n.ID)
		if err != nil {
			h.tb.Fatal(err)
		}
		if got.State == incidents.NoticeIsSent {
			return approval, time.Since(began)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// bare composes and sends the same messages in a bare loop over as many
// connections of its own.
func (h *house) bare(n *incidents.Notice, people int) time.Duration {
	h.tb.Helper()
	sender, bodies := h.newSender(), map[string]incidents.Mail{}
	for _, t := range n.Texts {
		t.Body = playbooks.Personalise(t.Body, "")
		bodies[t.Language] = incidents.Mail{Subject: t.Subject, Text: t.Body, HTML: playbooks.HTML(t), Language: t.Language}
	}
	from := h.practice.Details.Senders[0]
	todo := make(chan int, people)
	for i := range people {
		todo <- i
	}
	close(todo)
	began := time.Now()
	var all sync.WaitGroup
	for range benchConnections {
		all.Go(func() {
			for i := range todo {
				m := bodies[[]string{"nl", "en"}[i%2]]
				m.MessageID, m.At = fmt.Sprintf("bare-%d", i), realNow()
				m.From, m.To = incidents.Address{Name: from.Name, Email: from.Email}, incidents.Address{Email: fmt.Sprintf("m%05d@voorbeeldpost.example", i)}
				if a := sender.Send(context.Background(), m); a.Kind != incidents.Accepted {
					h.tb.Errorf("answer %s %d", a.Kind, a.Code)
				}
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

// BenchmarkMailingAgainstBareLoop tells 10,000 clients in one incident, again and
// again, each time after a bare loop that composes and sends the same messages
// with the same libraries to the same server over as many connections.
func BenchmarkMailingAgainstBareLoop(b *testing.B) {
	const people = 10_000
	h := openHouse(b)
	h.fill(people)
	var bare, ours, whole []float64
	for b.Loop() {
		n := h.draft()
		rate := func(d time.Duration) float64 { return people / d.Seconds() }
		bare = append(bare, rate(h.bare(n, people)))
		approval, all := h.tell(n)
		ours, whole = append(ours, rate(all-approval)), append(whole, rate(all))
		b.Logf("bare %.0f/s, ours %.0f/s after the approval (%.2f s), %.0f/s with it", bare[len(bare)-1], ours[len(ours)-1], approval.Seconds(), whole[len(whole)-1])
	}
	b.ReportMetric(median(bare), "bare-mails/s")
	b.ReportMetric(median(ours), "mails/s")
	b.ReportMetric(median(whole), "mails/s-with-approval")
	b.ReportMetric(100*median(ours)/median(bare), "%-of-bare")
	b.ReportMetric(float64(h.server.Connections()), "connections")
}

func median(list []float64) float64 {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[len(sorted)/2]
}
