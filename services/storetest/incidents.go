package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

func incidentTests() []test {
	return []test{
		{"a case comes back with all that happened in it", incidentComesBack},
		{"not known and none stay apart in the facts", incidentNilOrEmpty},
		{"a known id, reference or case key is a duplicate", incidentTwice},
		{"cases without a case key do not get in each other's way", incidentsWithoutCase},
		{"a case is found by its case key", incidentByCase},
		{"cases are listed newest first, in pages", incidentsNewestFirst},
		{"open cases come by nearest deadline, those without one after", incidentsOpen},
		{"cases with something to do come by its last day, closed ones too, in pages", incidentsMeasured},
		{"paging over 1,000 cases loses and doubles none", incidentsPaged},
		{"a case is due at the instant of its threshold until it fired", incidentsDue},
		{"what falls due soon is listed by its instant, in pages", incidentsUpcoming},
		{"a case waits for its assessment until the wanted one is done", incidentsUnassessed},
		{"armed cases are listed by key across practices", incidentsArmed},
		{"an alarm counts as a threshold does", alarmsCount},
	}
}

func createIncident(ctx context.Context, t testing.TB, s Store, list ...*incidents.Incident) {
	t.Helper()
	for _, inc := range list {
		ok(t, "create incident", s.CreateIncident(ctx, inc))
	}
}

func idOfIncident(i *incidents.Incident) string { return i.ID }

func incidentComesBack(ctx context.Context, t *testing.T, s Store) {
	want := busyIncident(anna, "incident-1")
	created := busyIncident(anna, "incident-1")
	createIncident(ctx, t, s, created)
	want.Version = 1
	same(t, "what was created", want, created)
	same(t, "incident", want, answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "incident-1")))
	_, err := s.Incident(ctx, anna, "incident-unknown")
	refused(t, "an unknown incident", err, fault.NotFound)
}

func incidentNilOrEmpty(ctx context.Context, t *testing.T, s Store) {
	unknown, none := incidentOf(anna, "unknown", at(0)), incidentOf(anna, "none", at(0))
	unknown.Facts.Systems, unknown.Facts.Categories, unknown.ReportIDs = nil, nil, nil
	none.Facts.Systems, none.Facts.Categories, none.ReportIDs = []string{}, []registry.Category{}, []string{}
	none.Facts.BreachKinds, none.Outbox.Pending, none.Facts.OccurredFrom = []incidents.BreachKind{}, []incidents.Event{}, nil
	createIncident(ctx, t, s, unknown, none)
	unknown.Version, none.Version = 1, 1
	same(t, "not known", unknown, answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "unknown")))
	same(t, "none", none, answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "none")))
}

func incidentTwice(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	for _, tt := range []struct {
		name string
		make func(*incidents.Incident)
	}{
		{"id", func(i *incidents.Incident) { i.ID = "incident-1" }},
		{"reference", func(i *incidents.Incident) { i.Reference = "2027-incident-1" }},
		{"case key", func(i *incidents.Incident) { i.CaseKey = "microsoft-365 incident-1" }},
	} {
		twin := incidentOf(anna, "incident-2", at(1))
		tt.make(twin)
		refused(t, "the same "+tt.name, s.CreateIncident(ctx, twin), fault.Duplicate)
	}
	list := answered[[]*incidents.Incident](t, "list")(s.Incidents(ctx, anna, "", 10))
	same(t, "incidents", []string{"incident-1"}, mapped(list, idOfIncident))
	theirs := incidentOf(bert, "incident-b", at(1))
	theirs.Reference, theirs.CaseKey = "2027-incident-1", "microsoft-365 incident-1"
	createIncident(ctx, t, s, theirs)
}

func incidentsWithoutCase(ctx context.Context, t *testing.T, s Store) {
	for n := range 3 {
		inc := incidentOf(anna, fmt.Sprintf("incident-%d", n), at(n))
		inc.CaseKey = ""
		createIncident(ctx, t, s, inc)
	}
	_, err := s.IncidentByCase(ctx, anna, "")
	refused(t, "no case key finds nothing", err, fault.NotFound)
	list := answered[[]*incidents.Incident](t, "list")(s.Incidents(ctx, anna, "", 10))
	same(t, "incidents", 3, len(list))
}

func incidentByCase(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)), incidentOf(anna, "incident-2", at(0)))
	got := answered[*incidents.Incident](t, "by case")(s.IncidentByCase(ctx, anna, "microsoft-365 incident-2"))
	same(t, "id", "incident-2", got.ID)
	_, err := s.IncidentByCase(ctx, anna, "microsoft-365 incident-3")
	refused(t, "an unknown case", err, fault.NotFound)
}

func incidentsNewestFirst(ctx context.Context, t *testing.T, s Store) {
	for _, v := range []struct {
		id      string
		created int
	}{{"b", 1}, {"e", 4}, {"a", 3}, {"d", 0}, {"c", 2}} {
		createIncident(ctx, t, s, incidentOf(anna, v.id, at(v.created)))
	}
	createIncident(ctx, t, s, incidentOf(bert, "theirs", at(2)))
	got := walk(t, 2, idOfIncident, func(after string, limit int) ([]*incidents.Incident, error) {
		return s.Incidents(ctx, anna, after, limit)
	}, func() { createIncident(ctx, t, s, incidentOf(anna, "newer", at(9))) })
	same(t, "ids", []string{"e", "a", "c", "b", "d"}, got)
}

func incidentsOpen(ctx context.Context, t *testing.T, s Store) {
	quiet := policyOf()
	quiet.ClientHours = 0
	opened := func(id string, opened int, policy registry.Policy) *incidents.Incident {
		return incidentUnder(anna, id, at(opened), policy)
	}
	filed := opened("filed", 0, quiet) // no promise, and filed: no deadline stands
	ok(t, "file", filed.File(incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at(1), By: user()}, at(1)))
	closed := busyIncident(anna, "closed")
	closed.Clock(incidents.ClientClock).EndedAt = at(8)
	ok(t, "close", closed.Close("klaar", at(9), user()))
	createIncident(ctx, t, s, opened("due-in-72", 10, quiet), filed, opened("due-late", 30, policyOf()), opened("due-first", 0, policyOf()), closed)
	createIncident(ctx, t, s, incidentOf(bert, "theirs", at(2)))
	got := walk(t, 2, idOfIncident, func(after string, limit int) ([]*incidents.Incident, error) {
		return s.OpenIncidents(ctx, anna, after, limit)
	}, nil)
	same(t, "ids", []string{"due-first", "due-late", "due-in-72", "filed"}, got)
}

func incidentsMeasured(ctx context.Context, t *testing.T, s Store) {
	measured := func(practice tenant.ID, id string, days ...int) *incidents.Incident {
		inc := incidentOf(practice, id, at(0))
		for _, day := range days {
			m := incidents.Measure{Text: "doen", By: user()}
			if day > 0 {
				m.DueOn = registry.Date{Year: 2027, Month: 4, Day: day}
			}
			ok(t, "add", inc.AddMeasure(m, at(1)))
		}
		return inc
	}
	closed := measured(anna, "closed", 9)
	for n := range closed.Clocks {
		closed.Clocks[n].EndedAt = at(8)
	}
	ok(t, "close", closed.Close("klaar", at(9), user()))
	createIncident(ctx, t, s, measured(anna, "none"), measured(anna, "undated-b", 0), measured(anna, "undated-a", 0), measured(anna, "late", 0, 20), closed,
		measured(anna, "first", 12, 3), measured(bert, "theirs", 1))
	list := func() []string {
		return walk(t, 2, idOfIncident, func(after string, limit int) ([]*incidents.Incident, error) {
			return s.MeasuredIncidents(ctx, anna, after, limit)
		}, nil)
	}
	same(t, "ids", []string{"first", "closed", "late", "undated-a", "undated-b"}, list())
	_, err := s.UpdateIncident(ctx, anna, "first", func(i *incidents.Incident) error { return i.EndMeasure("m2", "", false, at(10), user()) })
	ok(t, "done", err)
	_, err = s.UpdateIncident(ctx, anna, "closed", func(i *incidents.Incident) error { return i.EndMeasure("m1", "niet nodig", true, at(10), user()) })
	ok(t, "dropped", err)
	same(t, "ids after some are done", []string{"first", "late", "undated-a", "undated-b"}, list())
}

func incidentsPaged(ctx context.Context, t *testing.T, s Store) {
	const many = 1_010 // as many at one instant as will lie on one page
	var want []string
	for n := range many {
		inc := incidentOf(anna, fmt.Sprintf("incident-%04d", n), at(n/100))
		want = append(want, inc.ID)
		createIncident(ctx, t, s, inc)
	}
	for name, list := range map[string]func(context.Context, tenant.ID, string, int) ([]*incidents.Incident, error){
		"all": s.Incidents, "open": s.OpenIncidents,
	} {
		got := walk(t, 64, idOfIncident, func(after string, limit int) ([]*incidents.Incident, error) { return list(ctx, anna, after, limit) }, nil)
		slices.Sort(got)
		same(t, name, want, got)
	}
}

func incidentsDue(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)), incidentOf(bert, "incident-2", at(60)))
	first := at(24 * 60) // half of the promise, and the authority's first warning
	due := func(want ...Key) {
		t.Helper()
		list := answered[[]Key](t, "due")(s.DueIncidents(ctx, first, 10))
		sameList(t, "due", want, list)
	}
	none, err := s.DueIncidents(ctx, first.Add(-1e6), 10)
	empty(t, "a millisecond before", none, err)
	due(Key{PracticeID: anna, ID: "incident-1"})
	same(t, "at most one", 1, len(answered[[]Key](t, "due")(s.DueIncidents(ctx, at(100*60), 1))))
	same(t, "both later", 2, len(answered[[]Key](t, "due")(s.DueIncidents(ctx, at(100*60), 10))))
	_, err = s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { i.Fire(first); return nil })
	ok(t, "fire", err)
	due()
}

func incidentsUpcoming(ctx context.Context, t *testing.T, s Store) {
	var want []string
	for _, minute := range []int{3, 1, 1, 2, 1, 9} { // three at one instant, one too late
		practice := []string{anna, bert}[len(want)%2]
		inc := incidentOf(tenant.ID(practice), fmt.Sprintf("incident-%d", len(want)), at(minute))
		createIncident(ctx, t, s, inc)
		want = append(want, inc.ID)
	}
	until := at(24*60 + 3) // the first warnings come after 24 hours
	var got []string
	var last incidents.Upcoming
	for {
		page := answered[[]incidents.Upcoming](t, "upcoming")(s.UpcomingIncidents(ctx, until, last, 2))
		for _, u := range page {
			if u.At.Before(last.At) || u.At.After(until) {
				t.Errorf("%s comes after %s", u.At, last.At)
			}
			got, last = append(got, u.ID), u
		}
		if len(page) < 2 {
			break
		}
	}
	same(t, "the last two", []string{want[3], want[0]}, got[len(got)-2:])
	slices.Sort(got)
	same(t, "all but the late one, each once", want[:5], got)
	first := answered[[]incidents.Upcoming](t, "upcoming")(s.UpcomingIncidents(ctx, until, incidents.Upcoming{}, 1))
	same(t, "the first instant", at(24*60+1), first[0].At)
}

func incidentsUnassessed(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)), incidentOf(bert, "incident-2", at(0)))
	waiting := func(want ...Key) {
		t.Helper()
		list := answered[[]Key](t, "unassessed")(s.UnassessedIncidents(ctx, 10))
		slices.SortFunc(list, compareKeys)
		sameList(t, "unassessed", want, list)
	}
	one, two := Key{PracticeID: anna, ID: "incident-1"}, Key{PracticeID: bert, ID: "incident-2"}
	update := func(change func(*incidents.Incident)) {
		t.Helper()
		_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { change(i); return nil })
		ok(t, "update", err)
	}
	waiting(one, two)
	same(t, "at most one", 1, len(answered[[]Key](t, "unassessed")(s.UnassessedIncidents(ctx, 1))))
	update(func(i *incidents.Incident) { i.Assessed(1, incidents.Counts{InScope: 1}, 1, 0, at(1)) })
	waiting(two)
	update(func(i *incidents.Incident) { i.Reassess(at(2), user()) })
	waiting(one, two)
}

func incidentsArmed(ctx context.Context, t *testing.T, s Store) {
	var want []Key
	for n := range 7 {
		for _, practice := range []string{bert, anna} {
			inc := incidentOf(tenant.ID(practice), fmt.Sprintf("incident-%d", 6-n), at(n))
			createIncident(ctx, t, s, inc)
			want = append(want, Key{PracticeID: tenant.ID(practice), ID: inc.ID})
		}
	}
	done := incidentOf(anna, "incident-3b", at(0))
	done.Fire(at(100 * 60))
	done.SeeAlarms("", at(100*60), user())
	createIncident(ctx, t, s, done)
	slices.SortFunc(want, compareKeys)
	var got []Key
	for after := (Key{}); len(got) <= len(want); {
		list := answered[[]Key](t, "armed")(s.ArmedIncidents(ctx, after, 3))
		got = append(got, list...)
		if len(list) < 3 {
			break
		}
		after = list[2]
	}
	same(t, "keys", want, got)
}

func compareKeys(a, b Key) int {
	return slices.Compare([]string{string(a.PracticeID), a.ID}, []string{string(b.PracticeID), b.ID})
}

// An alarm's next step counts as a threshold does: the case comes up for it, and
// what was asked is stored.
func alarmsCount(ctx context.Context, t *testing.T, s Store) {
	createIncident(ctx, t, s, incidentOf(anna, "incident-1", at(0)))
	change := func(f func(*incidents.Incident)) *incidents.Incident {
		return answered[*incidents.Incident](t, "update")(s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { f(i); return nil }))
	}
	due := func(minute int) int {
		return len(answered[[]incidents.Key](t, "due")(s.DueIncidents(ctx, at(minute), 10)))
	}
	change(func(i *incidents.Incident) { i.Tend(at(48 * 60)) }) // the promise ends, and the stand-in is asked at once
	same(t, "due before the next level", 0, due(48*60+14))
	same(t, "due for the next level", 1, due(48*60+15))
	want := change(func(i *incidents.Incident) {
		i.Tend(at(48*60 + 15))
		i.LinkAlarm(incidents.ClientClock, "1", incidents.AlarmHost, "token")
		i.PassAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, at(48*60+15))
	})
	got := answered[*incidents.Incident](t, "read")(s.Incident(ctx, anna, "incident-1"))
	same(t, "alarms", want.Clock(incidents.ClientClock).Alarms, got.Clock(incidents.ClientClock).Alarms)
	same(t, "steps", 3, len(got.Clock(incidents.ClientClock).Alarms[0].Steps))
	got = change(func(i *incidents.Incident) { _, err := i.Acknowledge("token", at(49*60)); ok(t, "acknowledge", err) })
	same(t, "whose link", incidents.AlarmHost, got.Clock(incidents.ClientClock).Alarms[0].Level)
	_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { _, err := i.Acknowledge("token", at(50*60)); return err })
	refused(t, "the link again", err, fault.Conflict)
}
