package webtest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	_ "time/tzdata" // practices have zones, and a test's machine may have none

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/services/contacts"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/suppliermail"
	"datalek/services/vault"
	"datalek/web"
	"datalek/web/casework"
	"datalek/web/page"
)

// World is the office of practices over the real store, in a folder of the
// test's own. It begins without a practice; see Open.
type World struct {
	*Clock
	Store  *sqlitestore.Store
	Office *casework.Office
	Book   *playbooks.Book

	t   testing.TB
	ids atomic.Int64
}

// builtIn is the book of the program itself. Nothing changes a book, so that all
// worlds share one.
var builtIn = sync.OnceValues(func() (*playbooks.Book, error) { return playbooks.Load("") })

// NewWorld returns a world at the time at. It ends with the test.
func NewWorld(t testing.TB, at time.Time) *World {
	t.Helper()
	w := &World{Clock: NewClock(at), t: t}
	folder := t.TempDir()
	var err error
	w.Store, err = sqlitestore.Open(t.Context(), filepath.Join(folder, "data"), sqlitestore.Options{
		Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
			return vault.Open(ctx, filepath.Join(folder, "key"), keys)
		}})
	w.Must(err)
	t.Cleanup(func() {
		if err := w.Store.Close(); err != nil {
			t.Errorf("close the store: %v", err)
		}
	})
	w.Book, err = builtIn()
	w.Must(err)
	w.Office = casework.New(casework.Options{Store: w.Store, Book: w.Book, Now: w.Now, NewID: w.NewID, OpenList: OpenList,
		ReadMail: suppliermail.New(suppliermail.Options{DNS: Names{}})})
	return w
}

// Names answers for names of DNS; nothing else exists.
type Names map[string][]string

// LookupTXT returns the records of a name.
func (n Names) LookupTXT(_ context.Context, name string) ([]string, error) {
	texts, known := n[name]
	if !known {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return texts, nil
}

// OpenList opens lists of people as the program does.
func OpenList(r io.Reader, format roster.Format) (casework.List, error) {
	return contacts.Open(r, format)
}

// Must ends the test when err is set.
func (w *World) Must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// NewID returns the next id; ids sort in the order in which they were made.
func (w *World) NewID() string {
	return fmt.Sprintf("00000000-0000-4000-8000-%012d", w.ids.Add(1))
}

// NewPractice returns a made-up practice with a promise of 48 hours, which a
// test may change before it opens it.
func (w *World) NewPractice(id string) registry.Practice {
	return registry.Practice{ID: tenant.ID(id), PublicCode: "code-" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", CreatedAt: w.Now(),
		Policy: registry.Policy{ID: "refleact-48", ClientHours: 48, AuthorityHours: 72},
		Details: registry.Details{Name: "Praktijk Lindehof", WarnEmail: "anna@lindehof.example",
			Contact: registry.ContactPerson{Name: "Anna Voorbeeld", Phone: "+31 6 12345678", Email: "anna@lindehof.example"}}}
}

// Open keeps a practice and a user, who owns it.
func (w *World) Open(p registry.Practice, user string) {
	w.t.Helper()
	w.Must(w.Store.CreatePractice(w.t.Context(), p))
	w.Must(w.Store.CreateUser(w.t.Context(), registry.User{ID: user, Login: user + "@example.org", Name: "Anna de Wit", CreatedAt: w.Now(),
		Memberships: []registry.Membership{{PracticeID: p.ID, Role: registry.RoleOwner}}}))
}

// Practice returns a practice as the store has it.
func (w *World) Practice(id tenant.ID) registry.Practice {
	w.t.Helper()
	p, err := w.Store.Practice(w.t.Context(), id)
	w.Must(err)
	return p
}

// Waiting returns what waits for the register of a practice, whatever row it waits in:
// the oldest first, and what happened at one instant as the rows are listed.
func (w *World) Waiting(practice tenant.ID) []incidents.Event {
	w.t.Helper()
	rows, err := w.Store.PendingEvents(w.t.Context(), 1_000)
	w.Must(err)
	var events []incidents.Event
	for _, p := range rows {
		if p.PracticeID == practice {
			events = append(events, p.Events...)
		}
	}
	slices.SortStableFunc(events, func(a, b incidents.Event) int { return a.At.Compare(b.At) })
	return events
}

// Numbered returns the client of a practice who has a number, and ends the
// test when there is none.
func (w *World) Numbered(practice tenant.ID, number string) registry.Client {
	w.t.Helper()
	found, err := w.Store.ClientsByExternalIDs(w.t.Context(), practice, []string{number})
	w.Must(err)
	if len(found) != 1 {
		w.t.Fatalf("%d clients of %s have number %q, want 1", len(found), practice, number)
	}
	return found[0]
}

// Assess does the assessor's work for a case, as the workers do, and returns the
// case as it then stands. It knows up to a thousand clients.
func (w *World) Assess(inc *incidents.Incident) *incidents.Incident {
	w.t.Helper()
	ctx := w.t.Context()
	inc, err := w.Store.Incident(ctx, inc.PracticeID, inc.ID)
	w.Must(err)
	p := w.Practice(inc.PracticeID)
	zone, err := p.Zone()
	w.Must(err)
	systems, err := w.Store.Systems(ctx, inc.PracticeID, "", 1000)
	w.Must(err)
	clients, err := w.Store.Clients(ctx, inc.PracticeID, "", 1000)
	w.Must(err)
	assessor := incidents.NewAssessor(inc, systems, p.Policy, zone)
	var rows []incidents.Affected
	var counts incidents.Counts
	for _, c := range clients {
		row := assessor.Assess(c)
		counts.Add(row)
		rows = append(rows, row)
	}
	w.Must(w.Store.SaveAffected(ctx, inc.PracticeID, rows))
	wanted := inc.Assessment.Wanted
	inc, err = w.Store.UpdateIncident(ctx, inc.PracticeID, inc.ID, func(i *incidents.Incident) error {
		i.Assessed(wanted, counts, len(rows), 0, w.Now())
		i.HeldRules = assessor.HeldRules()
		return nil
	})
	w.Must(err)
	return inc
}

// Serve serves a site of these areas and returns its address. Opts says what
// differs from a plain site; its Store and Now are the world's, and its log is
// the test's own when it names none.
func (w *World) Serve(opts page.Options, areas ...web.Area) string {
	w.t.Helper()
	opts.Store, opts.Now = w.Store, w.Now
	if opts.Log == nil {
		opts.Log = slog.New(slog.NewTextHandler(w.t.Output(), &slog.HandlerOptions{Level: slog.LevelError}))
	}
	server, err := web.New(web.Options{Page: opts, Areas: append([]web.Area{door{}}, areas...)})
	w.Must(err)
	site := httptest.NewServer(server.Handler())
	w.t.Cleanup(func() {
		server.Site().EndStreams()
		site.Close()
	})
	return site.URL
}

// door lets a visitor in without a password; see [Visitor.LogIn].
type door struct{}

func (door) Register(site *page.Site, e *echo.Echo) {
	site.Public(e).POST("/enter/:user/:practice", func(c echo.Context) error {
		if err := site.LogIn(c, c.Param("user"), tenant.ID(c.Param("practice"))); err != nil {
			return err
		}
		return c.NoContent(http.StatusNoContent)
	})
}
