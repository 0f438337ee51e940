package casework_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
	"datalek/web/casework"
	"datalek/web/webtest"
)

// world is an office over the real store, with two practices.
type world struct {
	*webtest.World
	*casework.Office
	t     testing.TB
	store *sqlitestore.Store
}

func newWorld(t testing.TB) *world {
	t.Helper()
	made := webtest.NewWorld(t, time.Date(2027, 3, 8, 16, 42, 0, 0, time.UTC))
	w := &world{World: made, Office: made.Office, t: t, store: made.Store}
	w.World.Open(w.NewPractice("p1"), "anna")
	w.World.Open(w.NewPractice("p2"), "bert")
	return w
}

func (w *world) must(err error) { w.t.Helper(); w.Must(err) }

func anna() incidents.Actor { return incidents.Actor{Kind: register.ActorUser, ID: "anna"} }

// take imports a file into p1.
func (w *world) take(file string) casework.ImportResult {
	w.t.Helper()
	result, err := w.Import(w.t.Context(), w.Practice("p1"), strings.NewReader(file), casework.ImportHow{})
	w.must(err)
	return result
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
	inc, err := w.File(w.t.Context(), w.Practice("p1"), casework.NewCase{Source: incidents.FromForm, AwareAt: w.Now().Add(-time.Hour), Basis: "Ik zag het zelf.",
		Facts: incidents.Facts{Playbook: "phished-mailbox", DiscoveredAt: w.Now().Add(-time.Hour), BreachKinds: []incidents.BreachKind{incidents.Confidentiality}},
		Story: incidents.Story{Summary: "Iemand las mee."}}, anna())
	w.must(err)
	return inc.ID
}

// stored returns a case as it is stored.
func (w *world) stored(id string) *incidents.Incident {
	w.t.Helper()
	inc, err := w.store.Incident(w.t.Context(), "p1", id)
	w.must(err)
	return inc
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
