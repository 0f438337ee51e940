package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

func importTests() []test {
	return []test{
		{"an import comes back word for word, and changes under its version", importComesBack},
		{"imports come newest first, page by page, of their own practice alone", importsPaged},
		{"the imports that a worker goes on with are found over all practices", importsWorking},
		{"a part is written once for each of its versions", partGuarded},
		{"parts go after thirty days, and when they are dropped", partsGo},
		{"removed people are gone, and the open cases are marked", clientsRemoved},
	}
}

func importOf(practice tenant.ID, id string, minute int) roster.Import {
	return roster.Import{ID: id, PracticeID: practice, Version: 1, Format: roster.CSV, State: roster.ImportRunning, By: "user-1", CreatedAt: at(minute),
		Mapping: roster.Mapping{roster.Name, "", roster.Email}, Columns: []roster.TakenColumn{{Name: "Naam van “iemand”", Field: roster.Name}, {Name: "BSN", Refused: roster.CitizenNumber}},
		Count: roster.ImportCount{Read: 3, Added: 1, Changed: 1, Refused: 1}, Faults: []roster.RowFault{{Line: 4, Field: "email", Key: "error.email", Message: "no"}},
		Parts: 2, Next: 1, Pass: 1, HeldUntil: at(minute + 1)}
}

func partOf(practice tenant.ID, importID string, number int) roster.Part {
	was := clientOf(practice, "client-9", "c-9")
	return roster.Part{PracticeID: practice, ImportID: importID, Number: number, CreatedAt: at(0),
		Lines:   []roster.Line{{Entry: roster.Entry{Line: 7, Client: clientOf(practice, "", "c-7"), Guardians: []string{"c-1"}, Born: 1970}, First: 3}},
		Waiting: []roster.Line{{Entry: roster.Entry{Line: 8}, Double: &roster.Likeness{Why: roster.NearName, With: "c-1", WithName: "José"}, Decision: roster.SameDouble}},
		Plan:    &roster.Plan{People: []roster.Planned{{Client: was, Line: 9, Before: &was}}, Count: roster.ImportCount{Changed: 1}},
		Made:    []roster.Made{{ID: "client-5", Line: 5, Born: 1999, Version: 1}}, Changed: []roster.Change{{Before: was, Version: 4}}}
}

func createImport(ctx context.Context, t testing.TB, s Store, v roster.Import) {
	t.Helper()
	ok(t, "create import", s.CreateImport(ctx, v))
}

func savePart(ctx context.Context, t testing.TB, s Store, p roster.Part) roster.Part {
	t.Helper()
	return answered[roster.Part](t, "save part")(s.SavePart(ctx, p))
}

func idOfImport(v roster.Import) string { return v.ID }

func importComesBack(ctx context.Context, t *testing.T, s Store) {
	want := importOf(anna, "import-1", 0)
	createImport(ctx, t, s, want)
	same(t, "import", want, answered[roster.Import](t, "read")(s.Import(ctx, anna, want.ID)))
	refused(t, "a known id", s.CreateImport(ctx, want), fault.Duplicate)
	got := answered[roster.Import](t, "update")(s.UpdateImport(ctx, anna, want.ID, func(v *roster.Import) error {
		v.End(at(5))
		return nil
	}))
	want.State, want.EndedAt, want.Version = roster.ImportDone, at(5), 2
	same(t, "changed", want, got)
	same(t, "changed and read", want, answered[roster.Import](t, "read")(s.Import(ctx, anna, want.ID)))
	_, err := s.Import(ctx, anna, "import-unknown")
	refused(t, "an unknown import", err, fault.NotFound)
	_, err = s.UpdateImport(ctx, anna, want.ID, func(*roster.Import) error { return fault.Invalid })
	refused(t, "a change that is refused", err, fault.Invalid)
}

func importsPaged(ctx context.Context, t *testing.T, s Store) {
	for n, minute := range []int{3, 9, 6, 6} {
		createImport(ctx, t, s, importOf(anna, fmt.Sprintf("import-%d", n), minute))
	}
	createImport(ctx, t, s, importOf(bert, "import-9", 20))
	page := func(after string, limit int) []string {
		return mapped(answered[[]roster.Import](t, "list")(s.Imports(ctx, anna, after, limit)), idOfImport)
	}
	same(t, "the first two", []string{"import-1", "import-3"}, page("", 2))
	same(t, "after them", []string{"import-2", "import-0"}, page("import-3", 5))
	same(t, "another practice's as a beginning", 0, len(page("import-9", 5)))
}

func importsWorking(ctx context.Context, t *testing.T, s Store) {
	createImport(ctx, t, s, importOf(bert, "import-2", 0))
	createImport(ctx, t, s, importOf(anna, "import-1", 1))
	working := func() []incidents.Key {
		return answered[[]incidents.Key](t, "working")(s.WorkingImports(ctx, 10))
	}
	same(t, "both", []incidents.Key{{PracticeID: anna, ID: "import-1"}, {PracticeID: bert, ID: "import-2"}}, working())
	answered[roster.Import](t, "end")(s.UpdateImport(ctx, bert, "import-2", func(v *roster.Import) error { v.End(at(2)); return nil }))
	same(t, "the other", []incidents.Key{{PracticeID: anna, ID: "import-1"}}, working())
	answered[roster.Import](t, "undo")(s.UpdateImport(ctx, bert, "import-2", func(v *roster.Import) error { v.TakeBack("user-1", at(3)); return nil }))
	same(t, "both again", 2, len(working()))
}

func partGuarded(ctx context.Context, t *testing.T, s Store) {
	want := partOf(anna, "import-1", 3)
	first := savePart(ctx, t, s, want)
	want.Version = 1
	same(t, "saved", want, first)
	same(t, "read", want, answered[roster.Part](t, "read")(s.Part(ctx, anna, "import-1", 3)))
	_, err := s.SavePart(ctx, partOf(anna, "import-1", 3))
	refused(t, "a second new one", err, fault.Conflict)
	want.Lines, want.Plan = nil, nil
	second := savePart(ctx, t, s, want)
	want.Version = 2
	same(t, "replaced", want, second)
	same(t, "replaced and read", want, answered[roster.Part](t, "read")(s.Part(ctx, anna, "import-1", 3)))
	_, err = s.SavePart(ctx, first)
	refused(t, "a stale one", err, fault.Conflict)
	savePart(ctx, t, s, partOf(bert, "import-1", 3))
	_, err = s.Part(ctx, anna, "import-1", 4)
	refused(t, "an unknown part", err, fault.NotFound)
}

func partsGo(ctx context.Context, t *testing.T, s Store) {
	savePart(ctx, t, s, partOf(anna, "import-1", 0))
	savePart(ctx, t, s, partOf(bert, "import-1", 0))
	young := partOf(anna, "import-2", 0)
	young.CreatedAt = at(10)
	savePart(ctx, t, s, young)
	ok(t, "drop", s.DropParts(ctx, bert, "import-1"))
	ok(t, "drop again", s.DropParts(ctx, bert, "import-1"))
	_, err := s.Part(ctx, bert, "import-1", 0)
	refused(t, "a dropped part", err, fault.NotFound)
	ok(t, "expire", s.Expire(ctx, at(0).Add(roster.KeepImports-time.Second)))
	answered[roster.Part](t, "read before its time")(s.Part(ctx, anna, "import-1", 0))
	ok(t, "expire", s.Expire(ctx, at(0).Add(roster.KeepImports+time.Second)))
	_, err = s.Part(ctx, anna, "import-1", 0)
	refused(t, "an expired part", err, fault.NotFound)
	answered[roster.Part](t, "read a younger one")(s.Part(ctx, anna, "import-2", 0))
}

func clientsRemoved(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, bert} {
		answered[[]bool](t, "put")(s.PutClients(ctx, tenant.ID(practice), []registry.Client{clientOf(tenant.ID(practice), "client-1", "c-1"), clientOf(tenant.ID(practice), "client-2", "c-2")}))
	}
	inc := busyIncident(anna, "incident-1")
	createIncident(ctx, t, s, inc)
	ok(t, "remove", s.RemoveClients(ctx, anna, []string{"client-1", "client-unknown"}))
	ids := func(practice tenant.ID) []string {
		return mapped(answered[[]registry.Client](t, "list")(s.Clients(ctx, practice, "", 10)), func(c registry.Client) string { return c.ID })
	}
	same(t, "left", []string{"client-2"}, ids(anna))
	same(t, "another practice's", []string{"client-1", "client-2"}, ids(bert))
	same(t, "by number", 0, len(answered[[]registry.Client](t, "find")(s.ClientsByExternalIDs(ctx, anna, []string{"c-1"}))))
	got := answered[*incidents.Incident](t, "read case")(s.Incident(ctx, anna, "incident-1"))
	same(t, "marked", true, got.Assessment.Stale)
	answered[registry.Client](t, "the number is free")(s.CreateClient(ctx, clientOf(anna, "client-3", "c-1")))
	ok(t, "remove nobody", s.RemoveClients(ctx, anna, nil))
	same(t, "left", []string{"client-2", "client-3"}, ids(anna))
}

func importCalls() []call {
	return []call{
		does("CreateImport", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.CreateImport(ctx, importOf(p, "import-new", 5))
		}),
		gives("Import", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (roster.Import, error) {
			return s.Import(ctx, p, worldImport)
		}),
		gives("UpdateImport", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (roster.Import, error) {
			return s.UpdateImport(ctx, p, worldImport, func(v *roster.Import) error { v.More = true; return nil })
		}),
		gives("Imports", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]roster.Import, error) {
			return s.Imports(ctx, p, "", 10)
		}),
		gives("WorkingImports", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]incidents.Key, error) {
			return s.WorkingImports(ctx, 10)
		}),
		gives("SavePart", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) (roster.Part, error) {
			return s.SavePart(ctx, partOf(p, worldImport, 7))
		}),
		gives("Part", finds, func(ctx context.Context, s Store, p tenant.ID, _ world) (roster.Part, error) {
			return s.Part(ctx, p, worldImport, 0)
		}),
		does("DropParts", alters, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.DropParts(ctx, p, worldImport)
		}),
		does("RemoveClients", alters, func(ctx context.Context, s Store, p tenant.ID, w world) error {
			return s.RemoveClients(ctx, p, []string{w.client.ID})
		}),
	}
}
