package sqlitestore_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// form1 returns the folder of a database as the first version made it.
func form1(t *testing.T) string {
	t.Helper()
	parent := t.TempDir()
	dir := filepath.Join(parent, "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/form1.sql")
	if err != nil {
		t.Fatal(err)
	}
	key, err := os.ReadFile("testdata/form1.key")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(parent, "key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	db := raw(t, dir)
	do(t, db, string(script))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// What form1.sql holds besides the rows of fixtures_test.go.
func form1Practice() registry.Practice {
	return registry.Practice{ID: "p1", PublicCode: "code", Authority: registry.AP, Language: "nl", TimeZone: "Europe/Amsterdam", CreatedAt: noon(),
		Policy: registry.Policy{ID: "refleact-48", ClientHours: 48}, Details: registry.Details{Name: "Praktijk Proef", WarnEmail: "proef@example.org"}}
}

func form1Client() registry.Client {
	from := noon()
	return registry.Client{ID: "c1", PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, BirthYear: 1980, UpdatedAt: noon(),
		Person:   registry.Person{ExternalID: "1", Name: "Proef Persoon", Email: "Proef@example.org"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 5}}},
		Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified, From: &from}}}
}

// saysNoRevisions takes out of a case's events what was before and is after, which
// the first version did not tell.
func saysNoRevisions(i *incidents.Incident) {
	revision := func(name, _ string) bool {
		return strings.HasPrefix(name, "before/") || strings.HasPrefix(name, "after/")
	}
	for _, e := range i.Outbox.Pending {
		maps.DeleteFunc(e.Facts, revision)
		maps.DeleteFunc(e.Words, revision)
	}
}

func TestTheFirstVersionsDatabaseIsReadWhole(t *testing.T) {
	ctx, s := t.Context(), open(t, form1(t))
	practice, client, incident, delivery := form1Practice(), form1Client(), incidentOf("p1", "i1"), deliveryOf("n1", "d1")
	saysNoRevisions(incident)
	practice.Version, client.Version, incident.Version, delivery.Version = 1, 1, 1, 1
	got := reading{t}
	same(t, practice, must[registry.Practice](got)(s.Practice(ctx, "p1")))
	same(t, []registry.Client{client}, must[[]registry.Client](got)(s.ClientsByEmails(ctx, "p1", []string{"proef@EXAMPLE.org"})))
	same(t, incident, must[*incidents.Incident](got)(s.IncidentByCase(ctx, "p1", incident.CaseKey)))
	same(t, delivery, must[incidents.Delivery](got)(s.Delivery(ctx, "p1", "d1")))
	same(t, receiptOf("r1"), must[incidents.Receipt](got)(s.Receipt(ctx, "r1")))
	same(t, "Mailbox", must[registry.System](got)(s.System(ctx, "p1", "mailbox")).Name)
	same(t, "Proef", must[registry.User](got)(s.UserByLogin(ctx, "Proef@example.org")).Name)
	affected := must[[]incidents.Affected](got)(s.AffectedPage(ctx, "p1", "i1", 1, nil, "", 10))
	same(t, "proef@example.org", affected[0].Email)
	value, version, err := s.Setting(ctx, "greeting")
	if err != nil || string(value) != "hallo" || version != 1 {
		t.Errorf("setting %q, version %d, %v", value, version, err)
	}
	entries := must[[]register.Entry](got)(s.Entries(ctx, "p1", 0, 10))
	head, err := register.Verify(register.Head{}, entries)
	if err != nil {
		t.Error(err)
	}
	same(t, must[register.Head](got)(s.RegisterHead(ctx, "p1")), head)
}

func TestTheFirstVersionsDatabaseCanBeWrittenOn(t *testing.T) {
	ctx, dir := t.Context(), form1(t)
	s := open(t, dir)
	if _, err := s.UpdateIncident(ctx, "p1", "i1", func(i *incidents.Incident) error { i.Story.Summary = "anders"; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(ctx, true); err != nil {
		t.Error(err)
	}
}

// A database brought forward and a new one must not differ in what they are.
func TestMigrationEndsInTheFormOfANewDatabase(t *testing.T) {
	old, fresh := form1(t), filepath.Join(t.TempDir(), "data")
	for _, dir := range []string{old, fresh} {
		if err := open(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
	}
	same(t, schemaOf(t, fresh), schemaOf(t, old))
}

// schemaOf returns the form number and every table and index by name.
func schemaOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	db, found := raw(t, dir), map[string]string{}
	rows, err := db.QueryContext(t.Context(), `SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL
		UNION ALL SELECT 'form', user_version FROM pragma_user_version`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			t.Fatal(err)
		}
		found[name] = text
	}
	if err := rows.Err(); err != nil || len(found) < 20 {
		t.Fatalf("schema of %d things, %v", len(found), err)
	}
	return found
}

// reading ends the test when something cannot be read.
type reading struct{ t *testing.T }

func must[T any](r reading) func(T, error) T {
	return func(v T, err error) T {
		r.t.Helper()
		if err != nil {
			r.t.Fatal(err)
		}
		return v
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
