package notifier_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
	"datalek/playbooks"
	"datalek/services/processors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// monday is when the tests begin: 8 March 2027, 09.00 UTC.
var monday = time.Date(2027, 3, 8, 9, 0, 0, 0, time.UTC)

// loadBook reads the playbooks once for all tests.
var loadBook = sync.OnceValues(func() (*playbooks.Book, error) { return playbooks.Load("") })

// world is a store, a bus and a mail server that tests turn by hand.
type world struct {
	t      tester
	store  *memStore
	bus    *memBus
	sender *memSender
	book   *playbooks.Book
	mu     sync.Mutex
	now    time.Time
	began  time.Time // from when on the clock runs by itself; zero: never
	ids    int
	logs   slog.Handler
}

// tester is what the world needs of a test, rapid's included.
type tester interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func newWorld(t tester) *world {
	t.Helper()
	book, err := loadBook()
	if err != nil {
		t.Fatalf("load playbooks: %v", err)
	}
	return &world{t: t, store: newMemStore(), bus: newMemBus(), sender: &memSender{}, book: book, now: monday, logs: slog.DiscardHandler}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.began.IsZero() {
		return w.now.Add(time.Since(w.began)).Truncate(time.Millisecond)
	}
	return w.now
}

func (w *world) move(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) newID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ids++
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids)
}

func (w *world) notifier() *notifier.Notifier { return w.notifierWith(nil) }

// notifierWith is told of each supplier's message that is read.
func (w *world) notifierWith(heard func(incidents.MessageKind, string)) *notifier.Notifier {
	return notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Reader: processors.Reader{}, Now: w.clock, NewID: w.newID,
		Heard: heard, HostSender: registry.Sender{Email: "datalek@host.example", Name: "datalek"}, Log: slog.New(w.logs), BaseURL: "https://datalek.example"})
}

// practice adds a practice with two mailboxes, one of which is its main sender.
func (w *world) practice(id string) registry.Practice {
	policy, _ := w.book.Policy("refleact-48")
	p := registry.Practice{ID: tenant.ID(id), Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", Policy: policy,
		Details: registry.Details{Name: "Praktijk " + id, Contact: registry.ContactPerson{Name: "Anna", Phone: "+31 20 1234567", Email: "anna@praktijk.example"},
			Senders:   []registry.Sender{{Email: "anna@praktijk.example", Name: "Anna", System: "mailbox"}, {Email: "nood@anders.example", Name: "Anna"}},
			WarnEmail: "anna@praktijk.example", SecondEmail: "anna@thuis.example", StandInMail: "waarnemer@elders.example"}}
	w.store.practices[id] = p
	for _, s := range []string{"mailbox", "client-file"} {
		w.store.systems[key(tenant.ID(id), s)] = registry.System{ID: s, PracticeID: tenant.ID(id), Name: s, ProcessorID: map[string]string{"mailbox": "microsoft-365"}[s],
			Services: map[string][]string{"mailbox": {"mail"}}[s], Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified}
	}
	return p
}

// client adds a client in guidance whose data is in the mailbox.
func (w *world) client(practice tenant.ID, id, email, language string) registry.Client {
	c := registry.Client{ID: id, PracticeID: practice, Language: language, Relation: registry.RelationClient,
		Person:   registry.Person{ExternalID: "x-" + id, Name: "Cliënt " + id, Email: email, Phone: "+31 6 12345678"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 1}}},
		Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: at(-8000 * time.Hour)}}}
	w.store.clients[key(practice, id)] = c
	return c
}

func (w *world) clients(practice tenant.ID, n int) {
	for i := range n {
		id := fmt.Sprintf("c-%03d", i)
		w.client(practice, id, id+"@clienten.example", []string{"nl", "en"}[i%2])
	}
}

func at(d time.Duration) *time.Time {
	t := monday.Add(d)
	return &t
}

// file opens an incident over the mailbox.
func (w *world) file(practice tenant.ID, change func(*incidents.NewIncident)) *incidents.Incident {
	w.t.Helper()
	id := w.newID()
	n := incidents.NewIncident{ID: id, PracticeID: practice, Reference: "2027-" + id[len(id)-4:], Source: incidents.FromForm,
		AwareAt: w.clock(), AwareBasis: "Zelf gezien.", Policy: w.store.practices[string(practice)].Policy,
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: w.clock(), Systems: []string{"mailbox"}, OccurredFrom: at(-48 * time.Hour), OccurredUntil: at(-time.Hour),
			BreachKinds: []incidents.BreachKind{incidents.Confidentiality}, Unintelligible: incidents.UnintelligibleNo, Role: incidents.AsController},
		Story: incidents.Story{Summary: "Iemand kon in de mailbox."}}
	if change != nil {
		change(&n)
	}
	inc, err := incidents.Open(n, w.clock())
	if err != nil {
		w.t.Fatalf("open: %v", err)
	}
	if err := w.store.CreateIncident(w.t.Context(), inc); err != nil {
		w.t.Fatalf("create: %v", err)
	}
	return inc
}

func (w *world) incident(inc *incidents.Incident) *incidents.Incident {
	w.t.Helper()
	got, err := get(w.store.incidents, key(inc.PracticeID, inc.ID))
	if err != nil {
		w.t.Fatalf("incident: %v", err)
	}
	return got
}

// notice returns the one notice for an audience, nil when there is none.
func (w *world) notice(inc *incidents.Incident, audience incidents.Audience) *incidents.Notice {
	w.t.Helper()
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	var found *incidents.Notice
	for _, n := range w.store.notices {
		if n.IncidentID == inc.ID && n.Audience == audience && n.State != incidents.NoticeIsSuperseded {
			if found != nil {
				w.t.Fatalf("two notices for %s", audience)
			}
			found = clone(n)
		}
	}
	return found
}

// approve lets a notice go, as the desk does: deliveries first.
func (w *world) approve(inc *incidents.Incident, audience incidents.Audience, by ...incidents.Actor) *incidents.Notice {
	w.t.Helper()
	n := w.notice(inc, audience)
	if n == nil {
		w.t.Fatalf("no notice for %s", audience)
	}
	p := w.store.practices[string(inc.PracticeID)]
	readers, err := w.book.Recipients(w.t.Context(), w.store, p, w.incident(inc), audience)
	if err != nil {
		w.t.Fatalf("recipients: %v", err)
	}
	var rows []incidents.Delivery
	for _, r := range readers {
		rows = append(rows, incidents.NewDelivery(n, r))
	}
	if err := w.store.PutDeliveries(w.t.Context(), p.ID, rows); err != nil {
		w.t.Fatalf("put deliveries: %v", err)
	}
	n, err = w.store.UpdateNotice(w.t.Context(), p.ID, n.ID, func(n *incidents.Notice) error {
		a := incidents.Approval{TextHash: n.TextHash, RecipientsHash: incidents.HashRecipients(readers), Sender: p.Details.Senders[1]}
		for _, actor := range by {
			a.By = actor
		}
		return n.Approve(a, readers, inc.Facts, w.clock())
	})
	if err != nil {
		w.t.Fatalf("approve: %v", err)
	}
	return n
}

// settle lets the workers go on until nothing is left to do.
func (w *world) settle(workers ...*notifier.Notifier) {
	w.t.Helper()
	ctx := w.t.Context()
	for range 50 {
		before := w.store.writes()
		for _, n := range workers {
			for _, step := range []func(context.Context) error{n.Keep, n.Wake, n.Sweep, n.Relay, n.Recount} {
				if err := step(ctx); err != nil {
					w.t.Fatalf("step: %v", err)
				}
			}
			w.work(n)
			n.Local(ctx)
		}
		if w.bus.empty() && w.store.writes() == before && w.store.quiet() {
			return
		}
	}
	w.t.Fatal("the workers never come to rest")
}

// work does the jobs on the bus with one notifier.
func (w *world) work(n *notifier.Notifier) {
	w.t.Helper()
	for {
		j, some := w.bus.take()
		if !some {
			return
		}
		err := n.Handle(w.t.Context(), j.queue, j.data)
		var later interface{ RetryAfter() time.Duration }
		if err != nil && !errors.As(err, &later) && !errors.Is(err, fault.Unavailable) {
			w.t.Fatalf("job %s: %v", j.queue, err)
		}
	}
}

// mails returns what was accepted for each address.
func (w *world) mails() map[string]int {
	got := map[string]int{}
	for _, m := range w.sender.accepted() {
		got[m.To.Email]++
	}
	return got
}
