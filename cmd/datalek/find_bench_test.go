package main_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// BenchmarkFindAffected reads the 10,000 clients of a practice from the default
// store and finds for each whether he is affected, and why: what the assessor
// does before it writes the findings down.
func BenchmarkFindAffected(b *testing.B) {
	const people = 10_000
	ctx, dir := context.Background(), b.TempDir()
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(dir, "key"), keys)
	}})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	noon := time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC)
	for start := 0; start < people; start += 1000 {
		if _, err := store.PutClients(ctx, "p", manyClients(start, 1000, noon)); err != nil {
			b.Fatal(err)
		}
	}
	from, until := noon.Add(-48*time.Hour), noon.Add(-time.Hour)
	inc := &incidents.Incident{ID: "i", PracticeID: "p", Aware: []incidents.Finding{{AwareAt: noon}},
		Facts: incidents.Facts{OccurredFrom: &from, OccurredUntil: &until, Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Contact}}}
	for b.Loop() {
		if found := findAffected(b, ctx, store, inc); found != people/2 {
			b.Fatalf("found %d in scope, want %d", found, people/2)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/10000-clients")
}

func findAffected(b *testing.B, ctx context.Context, store *sqlitestore.Store, inc *incidents.Incident) int {
	b.Helper()
	assessor := incidents.NewAssessor(inc, nil, registry.Policy{}, time.UTC)
	inScope, after := 0, ""
	for {
		clients, err := store.MatchableClients(ctx, "p", after, 10_000)
		if err != nil {
			b.Fatal(err)
		}
		if len(clients) == 0 {
			return inScope
		}
		for _, c := range clients {
			if assessor.Assess(c).InScope {
				inScope++
			}
		}
		after = clients[len(clients)-1].ID
	}
}

// manyClients are in the mailbox and the agenda; every other one's data in the
// mailbox was destroyed long ago.
func manyClients(start, n int, noon time.Time) []registry.Client {
	began, gone := noon.AddDate(-1, 0, 0), noon.AddDate(0, -6, 0)
	list := make([]registry.Client, n)
	for i := range list {
		mail := registry.Holding{System: "mailbox", Categories: []registry.Category{registry.Name, registry.Contact}, Identifiability: registry.Identified, From: &began}
		if i%2 == 1 {
			mail.DestroyedAt = &gone
		}
		list[i] = registry.Client{ID: fmt.Sprintf("c-%05d", start+i), PracticeID: "p", Language: "nl", Relation: registry.RelationClient,
			Person:   registry.Person{ExternalID: fmt.Sprintf("B-%05d", start+i), Name: "Meetpersoon", Email: fmt.Sprintf("m%05d@voorbeeldpost.example", start+i)},
			Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 1}}},
			Holdings: []registry.Holding{mail, {System: "agenda", Categories: []registry.Category{registry.Appointments}, Identifiability: registry.Identified, From: &began}}}
	}
	return list
}
