package incidents_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// sixHours is a policy that lets a preliminary notice go six hours before the deadline.
func sixHours() registry.Policy {
	p := promise48
	p.PreliminaryLeadHours = 6
	return p
}

// planned opens a case in which two persons in scope were found and a notice
// goes by itself 42 hours after noon.
func planned(t *testing.T) *incidents.Incident {
	t.Helper()
	inc := open(t, func(n *incidents.NewIncident) { n.Policy = sixHours() })
	found(inc, 2, noon)
	return inc
}

func found(inc *incidents.Incident, inScope int, now time.Time) {
	inc.Assessed(inc.Assessment.Wanted, incidents.Counts{InGuidance: inScope, Certain: inScope, InScope: inScope}, inScope, 0, now)
}

// lets reports whether the notice came due by firing at now.
func lets(inc *incidents.Incident, now time.Time) bool {
	return slices.ContainsFunc(inc.Fire(now), func(f incidents.Firing) bool { return f.Mark == incidents.MarkPreliminary })
}

func noticed(inc *incidents.Incident, kind incidents.EventKind) int {
	n := 0
	for _, e := range inc.Outbox.Pending {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func TestAPreliminaryNoticeGoesAtItsLeadOnly(t *testing.T) {
	lead := noon.Add(42 * time.Hour)
	for _, tt := range []struct {
		name   string
		policy registry.Policy
		opened time.Duration // after noon
		want   time.Duration // after noon; 0: never
	}{
		{"six hours before the deadline", sixHours(), 0, 42 * time.Hour},
		{"never, unless it was chosen", promise48, 0, 0},
		{"never without promised hours", registry.Policy{AuthorityHours: 72, PreliminaryLeadHours: 6}, 0, 0},
		{"never with a lead as long as the promise", registry.Policy{ClientHours: 6, AuthorityHours: 72, PreliminaryLeadHours: 6}, 0, 0},
		{"not before the practice could see it for an hour", sixHours(), 42 * time.Hour, 43 * time.Hour},
		{"an hour after a case that was filed too late", sixHours(), 60 * time.Hour, 61 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			opened := noon.Add(tt.opened)
			inc, err := incidents.Open(filed(func(n *incidents.NewIncident) { n.Policy = tt.policy }), opened)
			if err != nil {
				t.Fatal(err)
			}
			found(inc, 2, opened)
			at, some := inc.PreliminaryAt()
			if some != (tt.want != 0) || some && !at.Equal(noon.Add(tt.want)) {
				t.Errorf("planned for %v, %t; want %v after noon", at, some, tt.want)
			}
			if got := noticed(inc, incidents.PreliminaryWasPlanned); (got == 1) != some {
				t.Errorf("%d plans in the register", got)
			}
			if tt.want == 0 {
				if lets(inc, noon.Add(500*time.Hour)) || inc.PreliminaryState() != incidents.PreliminaryOff {
					t.Errorf("it went, state %q", inc.PreliminaryState())
				}
				return
			}
			if lets(inc, at.Add(-time.Millisecond)) {
				t.Error("it came due too early")
			}
			if !lets(inc, at) || inc.PreliminaryState() != incidents.PreliminarySending {
				t.Errorf("it did not come due, state %q", inc.PreliminaryState())
			}
		})
	}
	if next, _ := planned(t).NextAt(); next.After(lead) {
		t.Errorf("the keeper looks at %v, after %v", next, lead)
	}
}

func TestAPreliminaryNoticeNeverGoesOnceAPersonDecided(t *testing.T) {
	before := noon.Add(30 * time.Hour)
	for _, tt := range []struct {
		name string
		act  func(*testing.T, *incidents.Incident)
		goes bool
		want incidents.PreliminaryState
	}{
		{"approved a notice to clients", func(_ *testing.T, i *incidents.Incident) { i.Decided(incidents.ToClients, anna, before) }, false, incidents.PreliminaryDecided},
		{"approved a notice to parents", func(_ *testing.T, i *incidents.Incident) { i.Decided(incidents.ToParents, anna, before) }, false, incidents.PreliminaryDecided},
		{"approved one to who got the data", func(_ *testing.T, i *incidents.Incident) { i.Decided(incidents.ToRecipient, anna, before) }, true, incidents.PreliminarySending},
		{"the policy's own approval decides nothing", func(_ *testing.T, i *incidents.Incident) {
			i.Decided(incidents.ToClients, incidents.ByPolicy(), before)
		}, true, incidents.PreliminarySending},
		{"decided not to tell people", func(t *testing.T, i *incidents.Incident) { decides(t, i, incidents.NotNotifiable, before) }, false, incidents.PreliminaryDecided},
		{"found the risk high and did nothing more", func(t *testing.T, i *incidents.Incident) { decides(t, i, incidents.Notify, before) }, true, incidents.PreliminarySending},
		{"stopped it", func(t *testing.T, i *incidents.Incident) {
			if err := i.StopPreliminary("Ik bel ze zelf.", before, anna); err != nil {
				t.Fatal(err)
			}
		}, false, incidents.PreliminaryStopped},
		{"told everybody", func(_ *testing.T, i *incidents.Incident) {
			i.SetProgress(incidents.Progress{Told: 2, LastAt: before}, before)
		}, false, incidents.PreliminaryEnded},
		{"found that nobody is in scope", func(_ *testing.T, i *incidents.Incident) {
			i.Reassess(before, anna)
			found(i, 0, before)
		}, false, incidents.PreliminaryEnded},
		{"only processes the data", func(t *testing.T, i *incidents.Incident) {
			err := i.Change(incidents.Change{Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Role = incidents.AsProcessor }, Reason: "Voor een ander.", By: anna}, before)
			if err != nil {
				t.Fatal(err)
			}
		}, false, incidents.PreliminaryEnded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := planned(t)
			tt.act(t, inc)
			if got := lets(inc, noon.Add(42*time.Hour)); got != tt.goes {
				t.Errorf("came due: %t, want %t", got, tt.goes)
			}
			if got := inc.PreliminaryState(); got != tt.want {
				t.Errorf("state %q, want %q", got, tt.want)
			}
		})
	}
}

func decides(t *testing.T, inc *incidents.Incident, answer incidents.Verdict, now time.Time) {
	t.Helper()
	if err := inc.Decide(incidents.Decision{Question: incidents.AboutPersons, Answer: answer, Reason: "Daarom.", By: anna}, now); err != nil {
		t.Fatal(err)
	}
}

func TestAStoppedPlanCanBeResumedAndIsSeenFirst(t *testing.T) {
	inc := planned(t)
	if f := fault.Fields(inc.StopPreliminary("  ", noon, anna)); len(f) != 1 || f[0].Field != "reason" {
		t.Errorf("stopping without a reason: %v", f)
	}
	if err := inc.ResumePreliminary(noon, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("resuming what was not stopped: %v", err)
	}
	if err := inc.StopPreliminary("Eerst overleg.", noon, anna); err != nil {
		t.Fatal(err)
	}
	if err := inc.StopPreliminary("Nog eens.", noon, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("stopping twice: %v", err)
	}
	late := noon.Add(47*time.Hour + 30*time.Minute)
	if lets(inc, late) {
		t.Fatal("a stopped one came due")
	}
	if err := inc.ResumePreliminary(late, anna); err != nil {
		t.Fatal(err)
	}
	if lets(inc, late.Add(59*time.Minute)) || !lets(inc, late.Add(time.Hour)) {
		t.Errorf("a resumed one must come due an hour later, state %s", inc.PreliminaryState())
	}
	if noticed(inc, incidents.PreliminaryWasStopped) != 1 || noticed(inc, incidents.PreliminaryWasResumed) != 1 {
		t.Error("stop and resume are not in the register once each")
	}
}

func TestAPreliminaryNoticeWaitsForTheAssessment(t *testing.T) {
	due, lead := noon.Add(48*time.Hour), noon.Add(42*time.Hour)
	t.Run("until it is complete", func(t *testing.T) {
		inc := planned(t)
		inc.Reassess(noon, anna)
		if lets(inc, lead) {
			t.Error("went while people are being found")
		}
		found(inc, 2, lead.Add(time.Hour))
		if next, _ := inc.NextAt(); next.After(lead) {
			t.Errorf("the keeper looks at %v only", next)
		}
		if !lets(inc, lead.Add(time.Hour)) {
			t.Error("did not go when it was complete")
		}
	})
	t.Run("no longer than the deadline", func(t *testing.T) {
		inc := planned(t)
		inc.Reassess(noon, anna)
		if lets(inc, due.Add(-time.Millisecond)) || !lets(inc, due) {
			t.Errorf("state %s at the deadline", inc.PreliminaryState())
		}
		if e := last(inc); e.Kind != incidents.PreliminaryCameDue || e.Facts["assessment"] != "incomplete" {
			t.Errorf("the register says %+v", e)
		}
	})
	t.Run("as long as nobody is found at all", func(t *testing.T) {
		inc := open(t, func(n *incidents.NewIncident) { n.Policy = sixHours() })
		if lets(inc, due.Add(time.Hour)) {
			t.Error("went to nobody")
		}
		found(inc, 1, due.Add(2*time.Hour))
		if !lets(inc, due.Add(2*time.Hour)) {
			t.Error("late was never")
		}
	})
}

func last(inc *incidents.Incident) incidents.Event {
	return inc.Outbox.Pending[len(inc.Outbox.Pending)-1]
}

func TestAKeeperThatWasAwayLetsItGoLateAndSaysSo(t *testing.T) {
	for _, tt := range []struct {
		name string
		at   time.Duration
		late string
	}{{"in time", 42 * time.Hour, ""}, {"before the deadline", 47 * time.Hour, ""}, {"after the deadline", 50 * time.Hour, "yes"}} {
		t.Run(tt.name, func(t *testing.T) {
			inc := planned(t)
			if !lets(inc, noon.Add(tt.at)) {
				t.Fatal("it did not come due")
			}
			e := last(inc)
			if e.Kind != incidents.PreliminaryCameDue || e.Facts["late"] != tt.late || e.Facts["planned_at"] != "2027-03-07T06:00:00Z" {
				t.Errorf("the register says %+v", e)
			}
		})
	}
}

func TestACorrectedAwarenessMovesThePlan(t *testing.T) {
	for _, tt := range []struct {
		name  string
		aware time.Duration // after noon
		now   time.Duration
		want  time.Duration
	}{
		{"earlier", -10 * time.Hour, 5 * time.Hour, 32 * time.Hour},
		{"later", 4 * time.Hour, 5 * time.Hour, 46 * time.Hour},
		{"so that its time is over: seen for an hour first", -20 * time.Hour, 30 * time.Hour, 31 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := planned(t)
			aware, now := noon.Add(tt.aware), noon.Add(tt.now)
			if err := inc.Change(incidents.Change{AwareAt: &aware, Reason: "Anders gezien.", By: anna}, now); err != nil {
				t.Fatal(err)
			}
			found(inc, 2, now)
			at, _ := inc.PreliminaryAt()
			if !at.Equal(noon.Add(tt.want)) || noticed(inc, incidents.PreliminaryWasPlanned) != 2 {
				t.Errorf("planned for %v, want %v", at, noon.Add(tt.want))
			}
			if lets(inc, at.Add(-time.Millisecond)) || !lets(inc, at) {
				t.Errorf("did not come due at %v", at)
			}
		})
	}
}

func TestWhatCameDueIsLookedAtUntilItWent(t *testing.T) {
	inc, at := planned(t), noon.Add(42*time.Hour)
	lets(inc, at)
	if lets(inc, at) || lets(inc, at.Add(59*time.Second)) {
		t.Error("it came due twice")
	}
	if !lets(inc, at.Add(time.Minute)) || noticed(inc, incidents.PreliminaryCameDue) != 1 {
		t.Error("nobody looked again, or the register heard of it twice")
	}
	if err := inc.StopPreliminary("Te laat.", at, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("stopping what is going: %v", err)
	}
	if !inc.PreliminaryGone([]string{"n-1"}, 2, at) || inc.PreliminaryGone([]string{"n-1"}, 2, at) {
		t.Error("it went not once")
	}
	e := inc.Outbox.Pending[slices.IndexFunc(inc.Outbox.Pending, func(e incidents.Event) bool { return e.Kind == incidents.PreliminaryWent })]
	want := map[string]string{"planned_at": "2027-03-07T06:00:00Z", "readers": "2", "update_by": "2027-03-10T06:00:00Z"}
	if diff := cmp.Diff(want, e.Facts); diff != "" || e.Actor != incidents.ByPolicy() || e.Subject != "n-1" {
		t.Errorf("the register says %+v (-want +got):\n%s", e, diff)
	}
	if lets(inc, at.Add(100*time.Hour)) {
		t.Error("it came due after it went")
	}
}

func TestAPreliminaryNoticePromisesMoreAndKeepsNoPromise(t *testing.T) {
	at := noon.Add(42 * time.Hour)
	for _, tt := range []struct {
		name     string
		promised time.Duration // after noon, 0: nothing was
		now      time.Duration
		want     time.Duration // 0: no time
	}{
		{"three days after the plan", 0, 42 * time.Hour, 114 * time.Hour},
		{"the same a minute later", 0, 42*time.Hour + time.Minute, 114 * time.Hour},
		{"three days from when the keeper was back, in whole hours", 0, 50*time.Hour + time.Minute, 123 * time.Hour},
		{"what was promised already", 60 * time.Hour, 42 * time.Hour, 60 * time.Hour},
		{"no time when that is over", 40 * time.Hour, 42 * time.Hour, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := planned(t)
			if tt.promised != 0 {
				if err := inc.Promise(incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: noon.Add(tt.promised), By: anna}, noon); err != nil {
					t.Fatal(err)
				}
			}
			now := noon.Add(tt.now)
			ahead := inc.PreliminaryUpdate(now)
			lets(inc, now)
			got := inc.PreliminaryUpdate(now.Add(time.Hour))
			if want := noon.Add(tt.want); !ahead.Equal(got) || tt.want == 0 != got.IsZero() || tt.want != 0 && !got.Equal(want) {
				t.Errorf("promises %v, said %v before; want %v", got, ahead, want)
			}
			inc.PreliminaryGone([]string{"n-1"}, 2, now)
			u, stands := inc.StandingUpdate(incidents.UpdateToClients)
			if !stands || tt.promised == 0 && (!u.PromisedAt.Equal(got) || u.By != incidents.ByPolicy()) {
				t.Errorf("promise %+v", u)
			}
			sent := &incidents.Notice{State: incidents.NoticeIsSent, Audience: incidents.ToClients, ApprovedAt: at.Add(time.Hour), ApprovedBy: incidents.ByPolicy(), SentAt: at.Add(time.Hour)}
			if inc.Sent(sent, at.Add(2*time.Hour)) {
				t.Error("a preliminary notice kept the promise that more follows")
			}
		})
	}
}

func TestWithoutASenderItWaitsAndCanStillBeStopped(t *testing.T) {
	at := noon.Add(42 * time.Hour)
	inc := planned(t)
	lets(inc, at)
	if !inc.PreliminaryWithoutSender(at) || inc.PreliminaryWithoutSender(at) || inc.PreliminaryState() != incidents.PreliminaryBlocked {
		t.Fatalf("state %s", inc.PreliminaryState())
	}
	if !lets(inc, at.Add(time.Minute)) || lets(inc, at.Add(10*time.Minute)) || !lets(inc, at.Add(11*time.Minute)) {
		t.Error("a blocked one is looked at each ten minutes")
	}
	stopped := *inc
	if err := stopped.StopPreliminary("Ik bel.", at, anna); err != nil || stopped.PreliminaryBegins() {
		t.Errorf("stopping a blocked one: %v", err)
	}
	if !inc.PreliminaryBegins() || inc.PreliminaryState() != incidents.PreliminarySending {
		t.Errorf("it does not go on, state %s", inc.PreliminaryState())
	}
}

func TestTheSenderIsOutsideTheBreach(t *testing.T) {
	mailbox := registry.Sender{Email: "anna@praktijk.example", System: "mailbox"}
	other := registry.Sender{Email: "nood@anders.example", System: "other"}
	apart := registry.Sender{Email: "apart@elders.example"}
	closed := noon
	for _, tt := range []struct {
		name    string
		senders []registry.Sender
		facts   incidents.Facts
		want    string
	}{
		{"the first", []registry.Sender{mailbox, other}, incidents.Facts{Systems: []string{"agenda"}}, mailbox.Email},
		{"another than the breached", []registry.Sender{mailbox, other}, incidents.Facts{Systems: []string{"mailbox"}}, other.Email},
		{"one in no system when the systems are unknown", []registry.Sender{mailbox, apart}, incidents.Facts{}, apart.Email},
		{"the first when nobody knows", []registry.Sender{mailbox, other}, incidents.Facts{}, mailbox.Email},
		{"none", []registry.Sender{mailbox}, incidents.Facts{Systems: []string{"mailbox"}}, ""},
		{"the breached one once strangers are shut out", []registry.Sender{mailbox}, incidents.Facts{Systems: []string{"mailbox"}, AccessClosedAt: &closed}, mailbox.Email},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, some := incidents.PreliminarySender(registry.Practice{Details: registry.Details{Senders: tt.senders}}, tt.facts)
			if got.Email != tt.want || some != (tt.want != "") {
				t.Errorf("sender %q, want %q", got.Email, tt.want)
			}
		})
	}
}

// Whatever people and keepers do, in whatever order and with a clock that steps:
// it never goes twice, never after a person decided or stopped it, never before
// its time, and is never lost.
func TestAnyHistoryLetsItGoOnceOrNever(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		inc, err := incidents.Open(filed(func(n *incidents.NewIncident) { n.Policy = sixHours() }), noon)
		if err != nil {
			rt.Fatal(err)
		}
		now, went := noon, 0
		fire := func() {
			before := inc.PreliminaryState()
			at, _ := inc.PreliminaryAt()
			fresh := inc.Preliminary.FiredAt.IsZero()
			if !lets(inc, now) {
				return
			}
			if before != incidents.PreliminaryPlanned && before != incidents.PreliminarySending && before != incidents.PreliminaryBlocked {
				rt.Fatalf("it came due although it was %s", before)
			}
			if fresh && (now.Before(at) || now.Sub(noon) < time.Hour) {
				rt.Fatalf("it came due at %v, planned for %v", now, at)
			}
		}
		send := func() {
			if inc.PreliminaryOwed() && inc.PreliminaryGone([]string{"n"}, 2, now) {
				went++
			}
		}
		by := func(name string) time.Duration {
			return time.Duration(rapid.IntRange(-120, 900).Draw(rt, name)) * time.Minute
		}
		rt.Repeat(map[string]func(*rapid.T){
			"time passes, or steps back": func(*rapid.T) { now = now.Add(by("minutes")) },
			"a keeper":                   func(*rapid.T) { fire() },
			"two keepers":                func(*rapid.T) { fire(); fire() },
			"the worker":                 func(*rapid.T) { send() },
			"found":                      func(*rapid.T) { found(inc, rapid.IntRange(0, 2).Draw(rt, "in scope"), now) },
			"asked anew":                 func(*rapid.T) { inc.Reassess(now, anna) },
			"stop":                       func(*rapid.T) { _ = inc.StopPreliminary("Nee.", now, anna) },
			"resume":                     func(*rapid.T) { _ = inc.ResumePreliminary(now, anna) },
			"no sender":                  func(*rapid.T) { inc.PreliminaryWithoutSender(now) },
			"a person approves":          func(*rapid.T) { inc.Decided(incidents.ToClients, anna, now) },
			"another awareness": func(*rapid.T) {
				aware := now.Add(-by("ago").Abs())
				_ = inc.Change(incidents.Change{AwareAt: &aware, Reason: "Anders.", By: anna}, now)
			},
			"": func(rt *rapid.T) {
				if went > 1 {
					rt.Fatalf("it went %d times", went)
				}
			},
		})
		waits := inc.PreliminaryState() == incidents.PreliminaryPlanned || inc.PreliminaryOwed()
		now = now.Add(1000 * time.Hour)
		found(inc, 2, now)
		waits = waits && (inc.PreliminaryState() == incidents.PreliminaryPlanned || inc.PreliminaryOwed())
		now = now.Add(2 * time.Hour) // a clock that runs again is seen first
		fire()
		send()
		if got := went == 1; waits && !got {
			rt.Fatalf("it was lost, state %s", inc.PreliminaryState())
		}
	})
}
