package incidents_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// promised opens a case in which an update was promised two days after noon.
func promised(t *testing.T, audience incidents.UpdateAudience) *incidents.Incident {
	t.Helper()
	inc := open(t, nil)
	err := inc.Promise(incidents.NewUpdate{Audience: audience, PromisedAt: noon.Add(48 * time.Hour), Note: "Wat er uit het onderzoek komt.", By: anna}, noon)
	if err != nil {
		t.Fatal(err)
	}
	return inc
}

func firedBy(fired []incidents.Firing, kind incidents.ClockKind) []string {
	var marks []string
	for _, f := range fired {
		if f.Clock == kind {
			marks = append(marks, f.Mark)
		}
	}
	return marks
}

func TestAPromisedUpdateIsAClock(t *testing.T) {
	inc := promised(t, incidents.UpdateToClients)
	c := inc.Clock(incidents.ClientUpdateClock)
	if due, _ := c.DueAt(); !due.Equal(noon.Add(48 * time.Hour)) {
		t.Fatalf("due %v, want the promised time", due)
	}
	for _, step := range []struct {
		name  string
		after time.Duration
		want  []string
		state incidents.ClockState
	}{
		{"nothing more than a day before", 24*time.Hour - time.Millisecond, nil, incidents.ClockRunning},
		{"a day before", 24 * time.Hour, []string{"b24"}, incidents.ClockRunning},
		{"at the promised time", 48 * time.Hour, []string{"due"}, incidents.ClockRunning},
		{"overdue from then on, without another warning", 49 * time.Hour, nil, incidents.ClockOverdue},
	} {
		now := noon.Add(step.after)
		if diff := cmp.Diff(step.want, firedBy(inc.Fire(now), incidents.ClientUpdateClock)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
		if got := c.State(now); got != step.state {
			t.Errorf("%s: %s, want %s", step.name, got, step.state)
		}
	}
	if err := inc.Close("klaar", noon.Add(50*time.Hour), anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("closing with a promise still owed: %v, want conflict", err)
	}
}

func TestAPromiseForTodayIsWarnedAboutShortlyBefore(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ahead time.Duration
		want  []string
	}{
		{"two days ahead", 48 * time.Hour, []string{"b24", "due"}},
		{"exactly a day ahead", 24 * time.Hour, []string{"b2", "due"}},
		{"within the hour", time.Hour, []string{"due"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			if err := inc.Promise(incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: noon.Add(tt.ahead), By: anna}, noon); err != nil {
				t.Fatal(err)
			}
			var marks []string
			for _, th := range inc.Clock(incidents.ClientUpdateClock).Thresholds {
				marks = append(marks, th.Mark)
			}
			if diff := cmp.Diff(tt.want, marks); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBePromisedIsRefusedByField(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edit  func(*incidents.NewUpdate)
		field string
		key   string
	}{
		{"to nobody known", func(n *incidents.NewUpdate) { n.Audience = "press" }, "audience", "error.update_audience"},
		{"without a time", func(n *incidents.NewUpdate) { n.PromisedAt = time.Time{} }, "promised_at", "error.time_missing"},
		{"for the past", func(n *incidents.NewUpdate) { n.PromisedAt = noon }, "promised_at", "error.update_past"},
		{"for the year after next", func(n *incidents.NewUpdate) { n.PromisedAt = noon.Add(400 * 24 * time.Hour) }, "promised_at", "error.update_far"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			n := incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: noon.Add(time.Hour), By: anna}
			tt.edit(&n)
			f := fault.Fields(inc.Promise(n, noon))
			if len(f) != 1 || f[0].Field != tt.field || f[0].Key != tt.key {
				t.Errorf("faults %v, want %s at %s", f, tt.key, tt.field)
			}
			if len(inc.Updates) != 0 || inc.Clock(incidents.ClientUpdateClock) != nil {
				t.Error("what was refused was kept")
			}
		})
	}
	t.Run("twice to the same people", func(t *testing.T) {
		inc := promised(t, incidents.UpdateToClients)
		again := incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: noon.Add(time.Hour), By: anna}
		if err := inc.Promise(again, noon); !errors.Is(err, fault.Conflict) {
			t.Errorf("err %v, want conflict", err)
		}
		again.Audience = incidents.UpdateToAuthority
		if err := inc.Promise(again, noon); err != nil {
			t.Errorf("to the authority as well: %v, want allowed", err)
		}
	})
}

func TestAMovedPromiseKeepsBothTimesAndWarnsAnew(t *testing.T) {
	inc := promised(t, incidents.UpdateToClients)
	inc.Fire(noon.Add(30 * time.Hour))
	later := noon.Add(100 * time.Hour)
	if err := inc.MoveUpdate("u1", later, "", noon.Add(31*time.Hour), anna); fault.Fields(err) == nil {
		t.Errorf("moved without a reason: %v", err)
	}
	if err := inc.MoveUpdate("u1", later, "Het onderzoek duurt langer.", noon.Add(31*time.Hour), anna); err != nil {
		t.Fatal(err)
	}
	u, _ := inc.StandingUpdate(incidents.UpdateToClients)
	if len(u.Moves) != 1 || !u.Moves[0].Before.Equal(noon.Add(48*time.Hour)) || !u.PromisedAt.Equal(later) || u.Moves[0].Reason == "" {
		t.Errorf("promise %+v, want both times and the reason", u)
	}
	if got := firedBy(inc.Fire(noon.Add(77*time.Hour)), incidents.ClientUpdateClock); !slices.Equal(got, []string{"b24"}) {
		t.Errorf("a day before the new time fired %v, want b24", got)
	}
	if err := inc.MoveUpdate("u9", later, "r", noon, anna); !errors.Is(err, fault.NotFound) {
		t.Errorf("moving what is not there: %v", err)
	}
}

func TestAFollowUpFilingKeepsThePromiseToTheAuthority(t *testing.T) {
	file := func(inc *incidents.Incident, kind incidents.FilingKind, filed, by, now time.Time) error {
		return inc.File(incidents.Filing{ID: "f", Authority: registry.AP, Kind: kind, FiledAt: filed, UpdateBy: by, By: anna}, now)
	}
	inc := open(t, nil)
	first := noon.Add(2 * time.Hour)
	if err := file(inc, incidents.FilingNew, first, noon.Add(48*time.Hour), first); err != nil {
		t.Fatal(err)
	}
	c := inc.Clock(incidents.AuthorityUpdateClock)
	if c == nil || c.State(first) != incidents.ClockRunning {
		t.Fatalf("clock %+v, want running towards the addition", c)
	}
	if err := file(inc, incidents.FilingFollowUp, first.Add(-time.Hour), time.Time{}, noon.Add(10*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if !c.MetAt.IsZero() {
		t.Error("an addition filed before the promise kept it")
	}
	// The second addition keeps the first promise, and makes one of its own.
	second := noon.Add(50 * time.Hour)
	if err := file(inc, incidents.FilingFollowUp, second, noon.Add(90*time.Hour), second.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if u := inc.Updates[0]; u.KeptBy != incidents.UpdateByFiling || !u.KeptAt.Equal(second) {
		t.Errorf("first promise %+v, want kept by the filing", u)
	}
	if due, _ := c.DueAt(); len(inc.Updates) != 2 || !due.Equal(noon.Add(90*time.Hour)) || !c.MetAt.IsZero() {
		t.Errorf("clock %+v of %d promises, want running to the second", c, len(inc.Updates))
	}
	if err := file(inc, incidents.FilingWithdrawn, second, time.Time{}, second.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if c.EndedBecause != incidents.EndedWithdrawn || inc.Updates[1].Stands() {
		t.Errorf("after the withdrawal %+v, want nothing owed", c)
	}
}

func TestACompleteFilingPromisesNothing(t *testing.T) {
	inc := open(t, nil)
	err := inc.File(incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: noon, Complete: true,
		UpdateBy: noon.Add(time.Hour), By: anna}, noon)
	if f := fault.Fields(err); len(f) != 1 || f[0].Field != "update_by" || len(inc.Filings) != 0 {
		t.Errorf("err %v, want refused at update_by", err)
	}
}

func TestANoticeKeepsThePromiseMadeBeforeIt(t *testing.T) {
	sent := func(audience incidents.Audience, approved time.Time) *incidents.Notice {
		return &incidents.Notice{ID: "n", Audience: audience, State: incidents.NoticeIsSent, ApprovedAt: approved, SentAt: approved.Add(time.Minute)}
	}
	for _, tt := range []struct {
		name   string
		notice *incidents.Notice
		want   bool
	}{
		{"approved after it", sent(incidents.ToClients, noon.Add(time.Hour)), true},
		{"to the parents", sent(incidents.ToParents, noon.Add(time.Hour)), true},
		{"the notice that made it", sent(incidents.ToClients, noon), false},
		{"to who got the data by mistake", sent(incidents.ToRecipient, noon.Add(time.Hour)), false},
		{"approved, not yet sent", &incidents.Notice{Audience: incidents.ToClients, State: incidents.NoticeIsApproved, ApprovedAt: noon.Add(time.Hour)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := promised(t, incidents.UpdateToClients)
			now := noon.Add(2 * time.Hour)
			if got := inc.Sent(tt.notice, now); got != tt.want {
				t.Errorf("kept = %t, want %t", got, tt.want)
			}
			if met := !inc.Clock(incidents.ClientUpdateClock).MetAt.IsZero(); met != tt.want {
				t.Errorf("clock met = %t, want %t", met, tt.want)
			}
			if inc.Sent(tt.notice, now) {
				t.Error("the same notice told again changed something")
			}
		})
	}
}

func TestAPersonsWordKeepsAPromiseWithAReason(t *testing.T) {
	inc := promised(t, incidents.UpdateToClients)
	if err := inc.KeepUpdate("u1", " ", noon.Add(time.Hour), anna); fault.Fields(err) == nil {
		t.Errorf("without a reason: %v", err)
	}
	if err := inc.KeepUpdate("u1", "Iedereen gebeld.", noon.Add(time.Hour), anna); err != nil {
		t.Fatal(err)
	}
	if u := inc.Updates[0]; u.KeptBy != incidents.UpdateByWord || u.Reason == "" {
		t.Errorf("promise %+v, want kept by a person's word", u)
	}
	if err := inc.KeepUpdate("u1", "nog eens", noon.Add(time.Hour), anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v, want conflict", err)
	}
	if fired := firedBy(inc.Fire(noon.Add(60*time.Hour)), incidents.ClientUpdateClock); fired != nil {
		t.Errorf("a kept promise still warned: %v", fired)
	}
}

func TestCorrectedAwarenessMovesNoPromise(t *testing.T) {
	inc := promised(t, incidents.UpdateToAuthority)
	earlier := noon.Add(-10 * time.Hour)
	if err := inc.Change(incidents.Change{AwareAt: &earlier, Reason: "r", By: anna}, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if due, _ := inc.Clock(incidents.AuthorityUpdateClock).DueAt(); !due.Equal(noon.Add(48 * time.Hour)) {
		t.Errorf("due %v, want the promised time", due)
	}
}

func TestTheAgendaHoldsWhatIsOpen(t *testing.T) {
	inc := promised(t, incidents.UpdateToClients)
	inc.Version = 7
	now := noon.Add(61 * time.Hour)
	inc.Fire(now)
	if err := inc.KeepUpdate("u1", "Gebeld.", now, anna); err != nil {
		t.Fatal(err)
	}
	if err := inc.Promise(incidents.NewUpdate{Audience: incidents.UpdateToClients, PromisedAt: noon.Add(200 * time.Hour), By: anna}, now); err != nil {
		t.Fatal(err)
	}
	want := []incidents.Appointment{
		{UID: "i-1-client", Kind: incidents.ClientClock, At: noon.Add(48 * time.Hour), Sequence: 7},
		{UID: "i-1-authority", Kind: incidents.AuthorityClock, At: noon.Add(72 * time.Hour), Sequence: 7,
			Alarms: []time.Time{noon.Add(68 * time.Hour), noon.Add(71 * time.Hour), noon.Add(72 * time.Hour)}},
		{UID: "i-1-update_clients-u2", Kind: incidents.ClientUpdateClock, At: noon.Add(200 * time.Hour), Sequence: 7,
			Alarms: []time.Time{noon.Add(176 * time.Hour), noon.Add(200 * time.Hour)}},
	}
	if diff := cmp.Diff(want, inc.Appointments(now)); diff != "" {
		t.Errorf("appointments (-want +got):\n%s", diff)
	}
}
