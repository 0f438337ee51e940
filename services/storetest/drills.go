package storetest

import (
	"context"
	"errors"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/contract"
)

// The drills of practice-anna.
const (
	oldDrill = "drill-old"
	newDrill = "drill-new"
)

func drillTests() []test {
	return []test{
		{"a drill goes with all its rows and its keys, and nothing else does", drillDropped},
		{"a real practice, and another one's drill, can never be dropped as a drill", realPracticeStays},
		{"what a drill's row tells the practice that rehearses waits for that practice's register, until it is marked", drillTells},
	}
}

func drillDropped(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	for _, id := range []string{oldDrill, newDrill} {
		makeDrill(ctx, t, s, anna, id)
	}
	before, kept := everything(ctx, t, s, w), drillRows(ctx, t, s, newDrill)
	ok(t, "drop", s.DropDrill(ctx, anna, oldDrill))

	same(t, "the practice that rehearsed", before, everything(ctx, t, s, w))
	same(t, "its other drill", kept, drillRows(ctx, t, s, newDrill))
	_, err := s.Practice(ctx, oldDrill)
	refused(t, "read the drill", err, fault.NotFound)
	for what, n := range drillRows(ctx, t, s, oldDrill) {
		same(t, what+" that are left of the drill", 0, n)
		if kept[what] == 0 {
			t.Errorf("the test makes no %s", what)
		}
	}
	same(t, "next number of a series", int64(1), answered[int64](t, "count")(s.NextNumber(ctx, oldDrill, "incidents-2027")))
	refused(t, "drop it again", s.DropDrill(ctx, anna, oldDrill), fault.NotFound)
	ok(t, "check the store", s.Check(ctx, true))
}

func realPracticeStays(ctx context.Context, t *testing.T, s Store) {
	w := fill(ctx, t, s, anna)
	makeDrill(ctx, t, s, anna, oldDrill)
	ok(t, "create practice", s.CreatePractice(ctx, practiceOf(bert)))
	before, drill := everything(ctx, t, s, w), drillRows(ctx, t, s, oldDrill)
	for _, wrong := range []struct {
		practice tenant.ID
		id       string
	}{
		{"", anna}, {anna, anna}, {bert, anna}, {oldDrill, anna}, {anna, bert}, {anna, ""}, {"", ""}, {bert, oldDrill}, {"", oldDrill}, {oldDrill, oldDrill}, {anna, "drill-nobody"},
	} {
		refused(t, "drop "+wrong.id+" as a drill of "+string(wrong.practice), s.DropDrill(ctx, wrong.practice, tenant.ID(wrong.id)), fault.NotFound)
	}
	same(t, "the real practice", before, everything(ctx, t, s, w))
	same(t, "the drill", drill, drillRows(ctx, t, s, oldDrill))
	answered[registry.Practice](t, "the other practice")(s.Practice(ctx, bert))
}

func drillTells(ctx context.Context, t *testing.T, s Store) {
	ok(t, "create practice", s.CreatePractice(ctx, practiceOf(anna)))
	p := practiceOf(oldDrill)
	p.Drill = registry.Drill{Of: anna, Playbook: "lost-device", Pace: 60, StartedAt: at(0)}
	ok(t, "create drill", s.CreatePractice(ctx, p))
	tell := func(home tenant.ID) {
		answered[registry.Practice](t, "end")(s.UpdatePractice(ctx, oldDrill, func(p *registry.Practice) error {
			incidents.Act{By: user(), At: at(1)}.Drill(p, incidents.DrillEnded, home, p.ID, nil)
			return nil
		}))
	}
	tell(anna)
	tell(oldDrill)
	own := pendingOfPractice(ctx, t, s, anna)
	same(t, "rows that tell the practice", 1, len(own))
	same(t, "what they tell", []incidents.EventKind{incidents.DrillEnded}, mapped(own[0].Events, func(e incidents.Event) incidents.EventKind { return e.Kind }))
	ok(t, "mark", s.MarkPublished(ctx, own[0]))
	none := pendingOfPractice(ctx, t, s, anna)
	same(t, "rows once marked", 0, len(none))
	same(t, "rows of the drill itself", 1, len(pendingOfPractice(ctx, t, s, oldDrill)))
}

// makeDrill gives a practice a drill with everything that is made up in one.
func makeDrill(ctx context.Context, t *testing.T, s Store, home tenant.ID, id string) {
	t.Helper()
	p := practiceOf(id)
	p.Drill = registry.Drill{Of: home, Incident: id + "-case", Playbook: "lost-device", Pace: 60, StartedAt: at(0)}
	ok(t, "create drill", s.CreatePractice(ctx, p))
	if err := keysOf(t, s).SaveKeys(ctx, tenant.ID(id), []byte("wrapped")); !errors.Is(err, fault.Duplicate) { // else what seals has made them
		ok(t, "save keys", err)
	}
	answered[bool](t, "put system")(s.PutSystem(ctx, systemOf(tenant.ID(id), worldSystem)))
	putClients(ctx, t, s, tenant.ID(id), clientOf(tenant.ID(id), id+"-client", "c-1"))
	inc := incidentOf(tenant.ID(id), p.Drill.Incident, at(0))
	createIncident(ctx, t, s, inc)
	ok(t, "save affected", s.SaveAffected(ctx, tenant.ID(id), []incidents.Affected{affectedOf(tenant.ID(id), inc.ID, 1, id+"-client")}))
	n := approvedNotice(inc, id+"-notice")
	createNotice(ctx, t, s, n)
	putDeliveries(ctx, t, s, deliveryOf(n, id+"-client"))
	appendEntries(ctx, t, s, tenant.ID(id), chainOf(register.Head{}, eventsOf(tenant.ID(id), inc.ID, 2)))
	saveDraft(ctx, t, s, draftOf(tenant.ID(id), id+"-draft", at(0)))
	answered[int64](t, "count")(s.NextNumber(ctx, tenant.ID(id), "incidents-2027"))
}

// drillRows counts what is stored of a drill.
func drillRows(ctx context.Context, t *testing.T, s Store, id string) map[string]int {
	t.Helper()
	rows := map[string]int{}
	count := func(what string, n int, err error) {
		t.Helper()
		ok(t, "list "+what, err)
		rows[what] = n
	}
	systems, err := s.Systems(ctx, tenant.ID(id), "", 10)
	count("systems", len(systems), err)
	clients, err := s.Clients(ctx, tenant.ID(id), "", 10)
	count("clients", len(clients), err)
	cases, err := s.Incidents(ctx, tenant.ID(id), "", 10)
	count("cases", len(cases), err)
	affected, err := s.AffectedPage(ctx, tenant.ID(id), id+"-case", 1, nil, "", 10)
	count("affected persons", len(affected), err)
	messages, err := s.NoticesOf(ctx, tenant.ID(id), id+"-case", "", 10)
	count("messages", len(messages), err)
	rowsOf, err := s.DeliveriesOf(ctx, tenant.ID(id), id+"-notice", nil, "", 10)
	count("deliveries", len(rowsOf), err)
	entries, err := s.Entries(ctx, tenant.ID(id), 0, 10)
	count("entries", len(entries), err)
	drafts, err := s.Drafts(ctx, tenant.ID(id), worldUser, 10)
	count("drafts", len(drafts), err)
	rows["events that wait"] = len(pendingOfPractice(ctx, t, s, tenant.ID(id)))
	if _, err := keysOf(t, s).LoadKeys(ctx, tenant.ID(id)); err == nil {
		rows["keys"] = 1
	} else {
		refused(t, "load keys", err, fault.NotFound)
		rows["keys"] = 0
	}
	return rows
}

func pendingOfPractice(ctx context.Context, t *testing.T, s Store, practice tenant.ID) (own []Pending) {
	t.Helper()
	for _, p := range pendingOf(ctx, t, s) {
		if p.PracticeID == practice {
			own = append(own, p)
		}
	}
	return own
}

// keysOf is the store as what keeps the practices' keys.
func keysOf(t *testing.T, s Store) contract.Keys {
	t.Helper()
	keys, some := s.(contract.Keys)
	if !some {
		t.Fatal("this store keeps no keys")
	}
	return keys
}
