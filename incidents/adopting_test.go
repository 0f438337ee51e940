package incidents_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/registry"
)

func ruled(hours int, change func(*registry.Policy)) registry.Policy {
	p := registry.Policy{ID: "own", ClientHours: hours, AuthorityHours: 72, AuthorityThresholds: []int{24, 48, 60, 68, 71}}
	if hours > 0 {
		p.ClientThresholds = []int{50, 75, 90}
	}
	if change != nil {
		change(&p)
	}
	return p
}

func ruledCase(t *testing.T, p registry.Policy, aware time.Time) *incidents.Incident {
	t.Helper()
	inc, err := incidents.Open(incidents.NewIncident{ID: "i1", PracticeID: "p1", Reference: "2027-0001", Source: incidents.FromForm,
		Facts: incidents.Facts{Playbook: "lost-device", DiscoveredAt: aware, Unintelligible: incidents.UnintelligibleUnknown, Role: incidents.AsController},
		Story: incidents.Story{Summary: "weg"}, AwareAt: aware, AwareBasis: "gezien", Policy: p, By: incidents.System()}, aware)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func adopt(t *testing.T, inc *incidents.Incident, p registry.Policy, now time.Time) bool {
	t.Helper()
	changed, err := inc.AdoptPolicy(incidents.NewAdoption{Policy: p, Reason: "nieuw beleid", By: incidents.System()}, now)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func due(c *incidents.Clock) time.Time { at, _ := c.DueAt(); return at }

func TestAShorterPromiseCountsFromTheMomentOfAwareness(t *testing.T) {
	aware := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	old := ruled(48, nil)
	inc := ruledCase(t, old, aware)
	inc.Fire(aware.Add(25 * time.Hour)) // half of 48 is over
	asked := inc.Assessment.Wanted
	inc.KeepPolicy(old)
	next := ruled(24, func(p *registry.Policy) { p.FirstChannel = registry.ByPhone })
	now := aware.Add(30 * time.Hour)
	a := inc.Adopting(old, next, now)
	if len(a.Clocks) != 1 || a.Clocks[0].Late != 6*time.Hour || !a.Clocks[0].DueAfter.Equal(aware.Add(24*time.Hour)) || a.FirstAfter != registry.ByPhone {
		t.Fatalf("would change: %+v", a)
	}
	if inc.Clock(incidents.ClientClock).Within != 48*time.Hour {
		t.Fatal("looking changed the case")
	}
	if !adopt(t, inc, next, now) || !due(inc.Clock(incidents.ClientClock)).Equal(aware.Add(24*time.Hour)) || inc.Kept != nil || inc.Assessment.Wanted != asked+1 {
		t.Fatalf("after: %+v", inc.Clock(incidents.ClientClock))
	}
	fired := inc.Fire(now)
	if len(fired) != 1 || fired[0].Mark != "due" || !slices.Equal(fired[0].Missed, []string{"w75", "w90"}) {
		t.Errorf("fired %+v, want the deadline once, with what it speaks for, and w50 not again", fired)
	}
	if again := inc.Fire(now.Add(time.Minute)); len(again) != 0 {
		t.Errorf("fired again: %+v", again)
	}
	event := inc.Outbox.Pending[slices.IndexFunc(inc.Outbox.Pending, func(e incidents.Event) bool { return e.Kind == incidents.PolicyAdopted })]
	want := map[string]string{"client_hours_before": "48", "client_hours_after": "24", "client_due_before": "2027-03-03T09:00:00Z",
		"client_due_after": "2027-03-02T09:00:00Z", "client_late": "yes", "client_warnings": "changed", "first_before": "email", "first_after": "phone"}
	if diff := cmp.Diff(want, event.Facts); diff != "" || event.Words["reason"] != "nieuw beleid" {
		t.Errorf("the event: %s", diff)
	}
}

// Whatever the rules: the same again changes nothing, there and back gives the same
// deadline, and nothing that fired, was told or was done is lost.
func TestAdoptingWipesNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(48, 24))
	policy := func() registry.Policy {
		return ruled([]int{0, 12, 24, 48, 72, 168}[random.IntN(6)], func(p *registry.Policy) {
			if p.ClientHours > 6 && random.IntN(2) == 0 {
				p.PreliminaryLeadHours = 1 + random.IntN(5)
			}
			p.FirstChannel = []registry.Channel{"", registry.ByEmail, registry.ByPhone}[random.IntN(3)]
			if random.IntN(2) == 0 {
				p.Retention = []registry.RetentionRule{{From: registry.FromGuidance, Months: random.IntN(30)}}
			}
			p.AuthorityHours = []int{72, 24}[random.IntN(2)]
			p.AuthorityThresholds = []int{12, 20}
		})
	}
	aware := time.Date(2027, 3, 26, 9, 0, 0, 0, time.UTC)
	for range 500 {
		old, next := policy(), policy()
		inc := ruledCase(t, old, aware)
		now := aware.Add(time.Duration(random.IntN(100)) * time.Hour)
		inc.Fire(now)
		inc.Assessed(1, incidents.Counts{InScope: 3}, 0, 0, now)
		inc.SetProgress(incidents.Progress{Told: random.IntN(4), LastAt: now}, now)
		before := *inc.Clock(incidents.ClientClock)
		seq := inc.Outbox.Seq
		if adopt(t, inc, old, now) || inc.Outbox.Seq != seq {
			t.Fatalf("the same rules changed something: %+v", old)
		}
		inc.KeepPolicy(old)
		adopt(t, inc, next, now)
		seq = inc.Outbox.Seq
		if adopt(t, inc, next, now) || inc.Outbox.Seq != seq {
			t.Fatalf("the second time changed something: %+v", next)
		}
		checkNothingLost(t, before, *inc.Clock(incidents.ClientClock), next)
		inc.KeepPolicy(next)
		adopt(t, inc, old, now)
		for _, kind := range []incidents.ClockKind{incidents.ClientClock, incidents.AuthorityClock} {
			if got, want := due(inc.Clock(kind)), due(ruledCase(t, old, aware).Clock(kind)); !got.Equal(want) {
				t.Fatalf("%s there and back: due %s, want %s", kind, got, want)
			}
		}
		if inc.Preliminary.Lead != old.PreliminaryLead() && inc.Preliminary.FiredAt.IsZero() {
			t.Fatalf("lead there and back: %s, want %s", inc.Preliminary.Lead, old.PreliminaryLead())
		}
	}
}

func checkNothingLost(t *testing.T, before, after incidents.Clock, next registry.Policy) {
	t.Helper()
	if after.Told != before.Told || after.Settled != before.Settled || !after.MetAt.Equal(before.MetAt) || *after.InScope != *before.InScope || len(after.Alarms) != len(before.Alarms) {
		t.Fatalf("lost what was done: %+v, was %+v", after, before)
	}
	if met := !before.MetAt.IsZero(); met && after.Within != before.Within || !met && after.Within != time.Duration(next.ClientHours)*time.Hour {
		t.Fatalf("lasts %s, was %s (met %t), promised %d", after.Within, before.Within, met, next.ClientHours)
	}
	for _, t0 := range before.Thresholds {
		if !t0.FiredAt.IsZero() && !slices.Contains(after.Thresholds, t0) {
			t.Fatalf("%s had fired and is gone", t0.Mark)
		}
	}
	for n, t1 := range after.Thresholds {
		if n > 0 && t1.At.Before(after.Thresholds[n-1].At) {
			t.Fatalf("out of order: %+v", after.Thresholds)
		}
	}
}

func TestACaseThatKeptItsRulesIsNotTouchedByTheNewOnes(t *testing.T) {
	aware := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	old := ruled(48, func(p *registry.Policy) {
		p.Telling = []registry.Telling{{Relation: registry.RelationClient, When: registry.TellByPromise}}
	})
	next := ruled(24, func(p *registry.Policy) {
		p.Telling = []registry.Telling{{Relation: registry.RelationClient, When: registry.TellByLaw}}
	})
	client := registry.Client{ID: "c1", Relation: registry.RelationClient, Guidance: []registry.Guidance{{From: registry.Date{Year: 2026, Month: 1, Day: 1}}},
		Holdings: []registry.Holding{{System: "mailbox", Categories: []registry.Category{"contact"}, Identifiability: registry.Identified}}}
	for _, tt := range []struct {
		name string
		keep bool
		want bool
	}{{"it kept them", true, true}, {"it did not", false, false}} {
		t.Run(tt.name, func(t *testing.T) {
			inc := ruledCase(t, old, aware)
			if tt.keep && (!inc.KeepPolicy(old) || inc.KeepPolicy(next)) {
				t.Fatal("the first rules kept are those that stay")
			}
			if got := incidents.NewAssessor(inc, nil, next, time.UTC).Assess(client); got.InScope != tt.want {
				t.Errorf("in scope %t, want %t", got.InScope, tt.want)
			}
		})
	}
}

func TestADrillTakesNewRulesAtItsOwnPace(t *testing.T) {
	aware := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	inc := ruledCase(t, ruled(48, nil), aware)
	inc.Pace = 60
	adopt(t, inc, ruled(24, nil), aware)
	if got := inc.Clock(incidents.ClientClock).Within; got != 24*time.Minute {
		t.Errorf("lasts %s, want 24 minutes", got)
	}
}
