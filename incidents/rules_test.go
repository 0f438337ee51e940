package incidents_test

import (
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/risk"

	"github.com/google/go-cmp/cmp"
)

// lawAt is the law before and from 1 July 2027, when the authority hears within 96
// hours, of a high risk alone, and young people are told themselves from 14 on.
func lawAt(at time.Time) law.Set {
	from := registry.Date{Year: 2018, Month: 5, Day: 25}
	if at.Before(time.Date(2027, 7, 1, 0, 0, 0, 0, time.UTC)) {
		return law.Set{{ID: "old", Topic: law.TellAuthority, From: from, Hours: 72, Risk: law.AnyRisk}, {ID: "persons", Topic: law.TellPersons, From: from, Risk: law.HighRisk}}
	}
	return law.Set{{ID: "new", Topic: law.TellAuthority, From: registry.Date{Year: 2027, Month: 7, Day: 1}, Hours: 96, Risk: law.HighRisk},
		{ID: "persons", Topic: law.TellPersons, From: from, Risk: law.HighRisk}, {ID: "ages", Topic: law.YoungPeople, From: from, Beside: 12, Instead: 14}}
}

// openAt opens a case of which the practice became aware at a moment.
func openAt(t *testing.T, aware time.Time, edit func(*incidents.NewIncident)) *incidents.Incident {
	t.Helper()
	n := filed(edit)
	n.AwareAt, n.Law = aware, lawAt(aware)
	n.Facts.DiscoveredAt = aware
	inc, err := incidents.Open(n, aware)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func TestACaseKeepsTheRulesOfItsDay(t *testing.T) {
	june, july := time.Date(2027, 6, 30, 12, 0, 0, 0, time.UTC), time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	before, after := openAt(t, june, nil), openAt(t, july, nil)
	if got := before.Clock(incidents.AuthorityClock).Within; got != 72*time.Hour {
		t.Errorf("a case of June lasts %s", got)
	}
	if got := after.Clock(incidents.AuthorityClock).Within; got != 96*time.Hour {
		t.Errorf("a case of July lasts %s", got)
	}
	if opened := after.Outbox.Pending[0]; opened.Facts["rules"] != "new,persons,ages" || opened.Facts["authority_hours"] != "96" {
		t.Errorf("the register says %v", opened.Facts)
	}
	var marks []string
	for _, m := range after.Clock(incidents.AuthorityClock).Thresholds {
		marks = append(marks, m.Mark)
	}
	if got := strings.Join(marks, " "); got != "h24 h72 h84 h92 h95 due" {
		t.Errorf("warnings %q", got)
	}
	own := openAt(t, july, func(n *incidents.NewIncident) { n.Policy.AuthorityHours, n.Policy.AuthorityThresholds = 60, nil })
	if got := own.Clock(incidents.AuthorityClock).Within; got != 60*time.Hour {
		t.Errorf("a practice's own shorter term became %s", got)
	}
}

func TestAnotherDayOfAwarenessMayBringOtherRules(t *testing.T) {
	june, july := time.Date(2027, 6, 30, 12, 0, 0, 0, time.UTC), time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	inc := openAt(t, july, nil)
	now := july.Add(25 * time.Hour)
	inc.Fire(now)
	if err := inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "no high risk", By: anna}, now); err != nil {
		t.Fatal(err)
	}
	inc.Outbox.Pending = nil
	if err := inc.Change(incidents.Change{AwareAt: &june, Reason: "the mail was read a day sooner", By: anna, Law: lawAt}, now); err != nil {
		t.Fatal(err)
	}
	c := inc.Clock(incidents.AuthorityClock)
	if due, _ := c.DueAt(); !due.Equal(june.Add(72*time.Hour)) || c.EndedBecause != "" || !c.Thresholds[0].FiredAt.Equal(now) {
		t.Errorf("the clock is now %+v", c)
	}
	var said incidents.Event
	for _, e := range inc.Outbox.Pending {
		if e.Kind == incidents.LawChanged {
			said = e
		}
	}
	want := map[string]string{"before": "new,persons,ages", "after": "old,persons", "hours_before": "96", "hours_after": "72"}
	if diff := cmp.Diff(want, said.Facts); diff != "" {
		t.Errorf("the event (-want +got):\n%s", diff)
	}
	inc.Outbox.Pending = nil
	within := june.Add(time.Hour)
	if err := inc.Change(incidents.Change{AwareAt: &within, Reason: "an hour later", By: anna, Law: lawAt}, now); err != nil {
		t.Fatal(err)
	}
	for _, e := range inc.Outbox.Pending {
		if e.Kind == incidents.LawChanged {
			t.Errorf("a correction within the same rules says %+v", e)
		}
	}
	if old := open(t, nil); old.Change(incidents.Change{AwareAt: &noon, Basis: "so", Reason: "words", By: anna, Law: lawAt}, noon) != nil || old.Law.Hours() != 72 {
		t.Errorf("a case from before rules were kept has %v", old.Law.IDs())
	}
}

func TestWhoIsToldFollowsTheRulesOfTheCase(t *testing.T) {
	july := time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	child := registry.Client{ID: "kid", BirthYear: 2013, Guardians: []string{"mum"}, Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 1}}},
		Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{registry.Contact}, Identifiability: registry.Identified}}}
	for day, want := range map[time.Time]string{july: "kid", july.Add(-24 * time.Hour): "kid mum"} {
		inc := openAt(t, day, nil)
		if got := incidents.NewAssessor(inc, nil, promise48, amsterdam(t)).Assess(child).Readers; strings.Join(got, " ") != want {
			t.Errorf("on %s these are told: %v, want %s", day, got, want)
		}
	}
}

func TestAdviceFollowsTheRulesOfTheCase(t *testing.T) {
	july := time.Date(2027, 7, 1, 12, 0, 0, 0, time.UTC)
	some := func(n *incidents.NewIncident) { // a risk, and no high one
		n.Facts.BreachKinds, n.Facts.Categories = []incidents.BreachKind{incidents.Availability}, []registry.Category{registry.Name}
		n.Facts.Risk = risk.Answers{Context: risk.Ordinary, Harm: risk.LimitedHarm}
	}
	for day, want := range map[time.Time]risk.Answer{july: risk.No, july.Add(-24 * time.Hour): risk.Yes} {
		got, err := openAt(t, day, some).Weighed()
		explained := false
		for _, r := range got.Reasons {
			explained = explained || r.Code == risk.HighRiskOnly
		}
		if err != nil || got.Authority != want || explained != (want == risk.No) {
			t.Errorf("on %s the authority: %s (%v), reasons %v", day, got.Authority, err, got.Reasons)
		}
	}
}
