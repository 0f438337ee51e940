package incidents_test

import (
	"errors"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// The strict deadlines of the research's table: elapsed hours on the UTC time
// line, never moved by weekends, holidays or the clock change.
func TestAuthorityDeadlineIs72ElapsedHours(t *testing.T) {
	for _, tt := range []struct{ name, aware, due string }{
		{"ordinary Tuesday", "2026-02-10T12:00:00+01:00", "2026-02-13T12:00:00+01:00"},
		{"ends on Christmas Day", "2020-12-22T12:17:00+01:00", "2020-12-25T12:17:00+01:00"},
		{"Friday afternoon", "2026-06-12T16:30:00+02:00", "2026-06-15T16:30:00+02:00"},
		{"Saturday 23.59", "2026-06-13T23:59:00+02:00", "2026-06-16T23:59:00+02:00"},
		{"spring clock change inside", "2026-03-27T10:00:00+01:00", "2026-03-30T11:00:00+02:00"},
		{"just after the gap", "2026-03-29T03:30:00+02:00", "2026-04-01T03:30:00+02:00"},
		{"autumn clock change inside", "2026-10-23T10:00:00+02:00", "2026-10-26T09:00:00+01:00"},
		{"02.30, first pass", "2026-10-25T02:30:00+02:00", "2026-10-28T01:30:00+01:00"},
		{"02.30, second pass", "2026-10-25T02:30:00+01:00", "2026-10-28T02:30:00+01:00"},
		{"Easter", "2026-04-02T15:00:00+02:00", "2026-04-05T15:00:00+02:00"},
		{"King's Day", "2026-04-24T09:05:00+02:00", "2026-04-27T09:05:00+02:00"},
		{"Belgian national day", "2026-07-18T11:20:00+02:00", "2026-07-21T11:20:00+02:00"},
		{"Christmas", "2026-12-24T17:45:00+01:00", "2026-12-27T17:45:00+01:00"},
		{"New Year", "2025-12-31T22:10:00+01:00", "2026-01-03T22:10:00+01:00"},
		{"processor told us on Thursday", "2026-09-10T14:20:00+02:00", "2026-09-13T14:20:00+02:00"},
		{"Ascension", "2026-05-13T18:00:00+02:00", "2026-05-16T18:00:00+02:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := incidents.NewClock(incidents.AuthorityClock, instant(t, tt.aware), promise48.AuthorityTerm())
			got, has := c.DueAt()
			if want := instant(t, tt.due); !has || !got.Equal(want) {
				t.Errorf("due at %v, want %v", got, want)
			}
			if state := c.State(got); state != incidents.ClockRunning {
				t.Errorf("at the last instant %s, want running", state)
			}
			if state := c.State(got.Add(time.Millisecond)); state != incidents.ClockOverdue {
				t.Errorf("one millisecond later %s, want overdue", state)
			}
		})
	}
}

func instant(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// One case lives through its clocks: each row moves time and tells what fired.
func TestClocksLife(t *testing.T) {
	inc := open(t, nil)
	for _, tt := range []struct {
		name  string
		after time.Duration
		want  []incidents.Firing
	}{
		{"nothing before the first threshold", 24*time.Hour - time.Millisecond, nil},
		{"half of the promise and a day of the law at once", 24 * time.Hour, []incidents.Firing{
			{Clock: incidents.ClientClock, Mark: "w50", At: noon.Add(24 * time.Hour)},
			{Clock: incidents.AuthorityClock, Mark: "h24", At: noon.Add(24 * time.Hour)}}},
		{"the same instant again fires nothing", 24 * time.Hour, nil},
		{"a keeper that was away says the newest and what was missed", 61 * time.Hour, []incidents.Firing{
			{Clock: incidents.ClientClock, Mark: "due", At: noon.Add(48 * time.Hour), Missed: []string{"w75", "w90"}},
			{Clock: incidents.AuthorityClock, Mark: "h60", At: noon.Add(60 * time.Hour), Missed: []string{"h48"}}}},
		{"a clock that steps back fires nothing", 30 * time.Hour, nil},
		{"the rest", 80 * time.Hour, []incidents.Firing{
			{Clock: incidents.AuthorityClock, Mark: "due", At: noon.Add(72 * time.Hour), Missed: []string{"h68", "h71"}}}},
		{"nothing is left", 1000 * time.Hour, nil},
	} {
		if diff := cmp.Diff(tt.want, inc.Fire(noon.Add(tt.after))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	inc.SeeAlarms("", noon.Add(1000*time.Hour), anna)
	if _, some := inc.NextAt(); some {
		t.Error("a threshold is still armed")
	}
}

func TestCorrectedAwarenessMovesDeadlinesAndKeepsWhatFired(t *testing.T) {
	inc := open(t, nil)
	inc.Fire(noon.Add(25 * time.Hour))
	earlier := noon.Add(-30 * time.Hour)
	if err := inc.Change(incidents.Change{AwareAt: &earlier, Reason: "The log shows an older alarm.", By: anna}, noon.Add(26*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if len(inc.Aware) != 2 || !inc.Aware[0].AwareAt.Equal(noon) || inc.Aware[1].Reason == "" {
		t.Errorf("findings %+v, want both values and the reason", inc.Aware)
	}
	client := inc.Clock(incidents.ClientClock)
	if due, _ := client.DueAt(); !due.Equal(earlier.Add(48 * time.Hour)) {
		t.Errorf("due %v, want 48 hours after the corrected moment", due)
	}
	if client.Thresholds[0].FiredAt.IsZero() {
		t.Error("the fired threshold was forgotten")
	}
	fired := inc.Fire(noon.Add(26 * time.Hour))
	want := []incidents.Firing{
		{Clock: incidents.ClientClock, Mark: "due", At: earlier.Add(48 * time.Hour), Missed: []string{"w75", "w90"}},
		{Clock: incidents.AuthorityClock, Mark: "h48", At: earlier.Add(48 * time.Hour)},
	}
	if diff := cmp.Diff(want, fired); diff != "" {
		t.Errorf("fired (-want +got):\n%s", diff)
	}
}

func TestFilingMeetsTheAuthoritysClock(t *testing.T) {
	filing := func(at time.Time) incidents.Filing {
		return incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at, By: anna}
	}
	t.Run("in time", func(t *testing.T) {
		inc := open(t, nil)
		if err := inc.File(filing(noon.Add(70*time.Hour)), noon.Add(71*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if c := inc.Clock(incidents.AuthorityClock); c.State(noon.Add(100*time.Hour)) != incidents.ClockIsMet || c.Late(noon.Add(100*time.Hour)) != 0 {
			t.Errorf("clock %+v, want met and not late", c)
		}
	})
	t.Run("late without a reason is asked about", func(t *testing.T) {
		inc := open(t, nil)
		err := inc.File(filing(noon.Add(80*time.Hour)), noon.Add(81*time.Hour))
		if got := fault.Fields(err); len(got) != 1 || got[0].Field != "late_reason" {
			t.Errorf("faults %v, want late_reason", got)
		}
		if len(inc.Filings) != 0 {
			t.Error("a refused filing was kept")
		}
	})
	t.Run("late with a reason is met, and stays late", func(t *testing.T) {
		inc := open(t, nil)
		f := filing(noon.Add(80 * time.Hour))
		f.LateReason = "The processor answered only today."
		if err := inc.File(f, noon.Add(81*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if late := inc.Clock(incidents.AuthorityClock).Late(noon.Add(200 * time.Hour)); late != 8*time.Hour {
			t.Errorf("late by %v, want 8h", late)
		}
	})
	t.Run("before awareness is refused", func(t *testing.T) {
		inc := open(t, nil)
		if err := inc.File(filing(noon.Add(-time.Hour)), noon); !errors.Is(err, fault.Invalid) {
			t.Errorf("err %v, want invalid", err)
		}
	})
}

func TestDocumentedNoEndsTheDutyUntilTheFactsChange(t *testing.T) {
	inc := open(t, nil)
	no := incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "The laptop was encrypted and off.", By: anna}
	if err := inc.Decide(no, noon.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	c := inc.Clock(incidents.AuthorityClock)
	if c.State(noon.Add(100*time.Hour)) != incidents.ClockIsEnded || c.EndedBecause != incidents.EndedNotNotifiable {
		t.Fatalf("clock %+v, want ended as not notifiable", c)
	}
	err := inc.Change(incidents.Change{Reason: "A second system was hit.", By: anna,
		Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Systems = []string{"mailbox", "client-file"} }}, noon.Add(2*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if c.State(noon.Add(3*time.Hour)) != incidents.ClockRunning {
		t.Errorf("state %s, want running again", c.State(noon.Add(3*time.Hour)))
	}
	if _, stands := inc.Standing(incidents.AboutAuthority); stands {
		t.Error("the decision still stands although the facts changed")
	}
	if due, _ := c.DueAt(); !due.Equal(noon.Add(72 * time.Hour)) {
		t.Errorf("due %v, want the old deadline", due)
	}
}

func TestPracticeThatOnlyProcessesOwesTheControllerInstead(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsProcessor })
	if c := inc.Clock(incidents.AuthorityClock); c.EndedBecause != incidents.EndedProcessorRole {
		t.Errorf("authority clock %+v, want ended by role", c)
	}
	if inc.Clock(incidents.ControllerClock) == nil {
		t.Error("no clock for telling the controller")
	}
}

func TestPromiseWithoutHoursHasNoDeadline(t *testing.T) {
	policy := promise48
	policy.ClientHours = 0
	inc := open(t, func(n *incidents.NewIncident) { n.Policy = policy })
	c := inc.Clock(incidents.ClientClock)
	if _, has := c.DueAt(); has || len(c.Thresholds) != 0 {
		t.Errorf("clock %+v, want none", c)
	}
	if c.State(noon.Add(9999*time.Hour)) != incidents.ClockRunning {
		t.Error("a clock without a deadline is never overdue")
	}
}

// Whatever the order of corrections, filings, restarts and clock steps: each
// threshold fires once, and never before its time.
func TestThresholdsFireOnceInAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inc, err := incidents.Open(filed(nil), noon)
		if err != nil {
			t.Fatal(err)
		}
		fired := map[string]time.Time{}
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			at := noon.Add(time.Duration(rapid.IntRange(-60, 6000).Draw(t, "minute")) * time.Minute)
			switch rapid.SampledFrom([]string{"fire", "fire", "fire", "correct", "file", "no", "notify"}).Draw(t, "act") {
			case "correct":
				aware := noon.Add(-time.Duration(rapid.IntRange(0, 3000).Draw(t, "back")) * time.Minute)
				_ = inc.Change(incidents.Change{AwareAt: &aware, Reason: "r", By: anna}, noon)
			case "file":
				_ = inc.File(incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: at, LateReason: "r", By: anna}, at)
			case "no":
				_ = inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "r", By: anna}, at)
			case "notify":
				_ = inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.Notify, Reason: "r", By: anna}, at)
			default:
				for _, f := range inc.Fire(at) {
					for _, mark := range append(f.Missed, f.Mark) {
						key := string(f.Clock) + "/" + mark
						if old, again := fired[key]; again {
							t.Fatalf("%s fired at %v and again at %v", key, old, at)
						}
						fired[key] = at
					}
					if f.At.After(at) {
						t.Fatalf("%s/%s of %v fired early, at %v", f.Clock, f.Mark, f.At, at)
					}
				}
			}
			for _, c := range inc.Clocks {
				for _, th := range c.Thresholds {
					if _, known := fired[string(c.Kind)+"/"+th.Mark]; known != !th.FiredAt.IsZero() {
						t.Fatalf("%s/%s stored as fired %v, announced %t", c.Kind, th.Mark, th.FiredAt, known)
					}
				}
			}
		}
	})
}
