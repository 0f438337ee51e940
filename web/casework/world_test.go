package casework_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
	"datalek/web/casework"
)

// world is an office over the real store, with two practices.
type world struct {
	*casework.Office
	t     testing.TB
	store *sqlitestore.Store
	now   time.Time
	ids   int
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC)}
	dir := t.TempDir()
	store, err := sqlitestore.Open(t.Context(), filepath.Join(dir, "store"), sqlitestore.Options{
		Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
			return vault.Open(ctx, filepath.Join(dir, "key"), keys)
		}})
	w.must(err)
	t.Cleanup(func() { w.must(store.Close()) })
	book, err := playbooks.Load("")
	w.must(err)
	w.store = store
	w.Office = casework.New(casework.Options{Store: store, Book: book, Now: func() time.Time { return w.now }, NewID: func() string {
		w.ids++
		return fmt.Sprintf("id%06d", w.ids)
	}})
	for _, id := range []string{"p1", "p2"} {
		w.must(store.CreatePractice(t.Context(), registry.Practice{ID: id, PublicCode: "code" + id, Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam",
			Policy:  registry.Policy{ID: "refleact-48", ClientHours: 48, AuthorityHours: 72},
			Details: registry.Details{Name: "Praktijk Proef", WarnEmail: "anna@example.org"}, CreatedAt: w.now}))
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) practice(id string) registry.Practice {
	w.t.Helper()
	p, err := w.store.Practice(w.t.Context(), id)
	w.must(err)
	return p
}

func anna() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "anna"} }

// take imports a file into p1.
func (w *world) take(file string) casework.ImportResult {
	w.t.Helper()
	result, err := w.Import(w.t.Context(), w.practice("p1"), strings.NewReader(file), false, anna())
	w.must(err)
	return result
}

// numbered returns the client of p1 with a number, and fails when there is none.
func (w *world) numbered(number string) registry.Client {
	w.t.Helper()
	found, err := w.store.ClientsByExternalIDs(w.t.Context(), "p1", []string{number})
	w.must(err)
	if len(found) != 1 {
		w.t.Fatalf("%d clients have number %q, want 1", len(found), number)
	}
	return found[0]
}

func (w *world) count() int64 {
	w.t.Helper()
	n, err := w.store.CountClients(w.t.Context(), "p1")
	w.must(err)
	return n
}

// openCase files an incident in p1 and returns its id.
func (w *world) openCase() string {
	w.t.Helper()
	inc, err := w.File(w.t.Context(), w.practice("p1"), casework.NewCase{Source: incidents.FromForm, AwareAt: w.now.Add(-time.Hour), Basis: "Ik zag het zelf.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: w.now.Add(-time.Hour), BreachKinds: []incidents.BreachKind{incidents.Confidentiality}},
		Story: incidents.Story{Summary: "Iemand las mee."}}, anna())
	w.must(err)
	return inc.ID
}

// wanted returns which assessment of a case is wanted.
func (w *world) wanted(id string) int64 {
	w.t.Helper()
	inc, err := w.store.Incident(w.t.Context(), "p1", id)
	w.must(err)
	return inc.Assessment.Wanted
}

func day(text string) registry.Date {
	d, err := registry.ParseDate(text)
	if err != nil {
		panic("the test's own date: " + err.Error())
	}
	return d
}

func person(number string) registry.Client {
	return registry.Client{Language: "nl", Relation: registry.RelationClient, HoldingsByRule: true,
		Person:   registry.Person{ExternalID: number, Name: "Persoon " + number, Email: strings.ToLower(number) + "@voorbeeldpost.example"},
		Guidance: []registry.Guidance{{From: day("2025-03-01")}}}
}

// faulty fails unless err names this field and key, or only a key when field is "".
func faulty(t *testing.T, err error, field, key string) {
	t.Helper()
	if !slices.ContainsFunc(fault.Fields(err), func(f *fault.Error) bool { return f.Field == field && f.Key == key }) {
		t.Errorf("error = %v, want %s at field %q", err, key, field)
	}
}

func isNotFound(err error) bool { return errors.Is(err, fault.NotFound) }
