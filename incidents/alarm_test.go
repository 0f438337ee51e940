package incidents_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// asked tells, in short, what the keeper did at an instant: "w75" for a threshold
// that fired, "2:stand_in" for a level that alarm 2 asked.
func asked(inc *incidents.Incident, kind incidents.ClockKind, at time.Time) []string {
	var told []string
	before := len(inc.Outbox.Pending)
	inc.Tend(at)
	for _, e := range inc.Outbox.Pending[before:] {
		switch {
		case e.Facts["clock"] != string(kind):
		case e.Kind == incidents.ThresholdPassed:
			told = append(told, e.Facts["mark"])
		case e.Kind == incidents.AlarmStepped:
			told = append(told, e.Facts["alarm"]+":"+e.Facts["level"])
		}
	}
	return told
}

func hours(h float64) time.Time { return noon.Add(time.Duration(h * float64(time.Hour))) }

// One alarm after the other goes up the chain: each row moves time and tells who
// was asked.
func TestAnAlarmClimbsUntilSomebodyHasSeenIt(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kind  incidents.ClockKind
		steps []struct {
			at   float64
			want []string
		}
	}{
		{"half of the promise needs nobody, three quarters does", incidents.ClientClock, []struct {
			at   float64
			want []string
		}{
			{24, []string{"w50"}}, {35.9, nil}, {36, []string{"w75"}},
			{37.9, nil}, {38, []string{"1:stand_in"}}, {39.9, nil}, {40, []string{"1:host"}}, {43, nil},
			{43.2, []string{"w90"}},
			{45.2, []string{"2:stand_in"}}, // 2.8 hours are left: at most half of them for the next
			{46.5, nil}, {46.6, []string{"2:host"}},
			{48, []string{"due"}}, // the stand-in is asked at once
			{48.2, nil}, {48.25, []string{"3:host"}}, {100, nil}}},
		{"the last hour of the law is shared out", incidents.AuthorityClock, []struct {
			at   float64
			want []string
		}{
			{60, []string{"h60"}}, {62, []string{"1:stand_in"}}, {64, []string{"1:host"}}, {68, []string{"h68"}},
			{70, []string{"2:stand_in"}}, {71, []string{"h71", "2:host"}}, {71.5, []string{"3:stand_in"}}, {71.75, []string{"3:host"}}}},
		{"a keeper that was away asks one level at a time", incidents.AuthorityClock, []struct {
			at   float64
			want []string
		}{
			{60, []string{"h60"}}, {67, []string{"1:stand_in"}}, {67, nil}, {68.9, []string{"h68"}}, {69, []string{"1:host"}}}},
		{"a clock that steps back asks nobody twice", incidents.ClientClock, []struct {
			at   float64
			want []string
		}{
			{36, []string{"w75"}}, {38, []string{"1:stand_in"}}, {36, nil}, {38, nil}, {40, []string{"1:host"}}, {38, nil}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			for _, step := range tt.steps {
				if got := asked(inc, tt.kind, hours(step.at)); !slices.Equal(got, step.want) {
					t.Errorf("at %v hours asked %v, want %v", step.at, got, step.want)
				}
			}
		})
	}
}

func TestTheNextStepOfAnAlarmCountsInTheCasesNextInstant(t *testing.T) {
	inc := open(t, nil)
	for _, want := range []float64{24, 36, 38, 40, 43.2, 45.2, 46.6, 48, 48.25} {
		next, some := inc.NextAt()
		if !some || next.After(hours(want)) {
			t.Fatalf("next at %v, want %v", next, hours(want))
		}
		for next.Before(hours(want)) { // the authority's
			inc.Tend(next)
			next, _ = inc.NextAt()
		}
		if !next.Equal(hours(want)) {
			t.Fatalf("next at %v, want %v", next, hours(want))
		}
		inc.Tend(next)
	}
}

func TestThePolicySaysWhichThresholdsAlarmAndHowFast(t *testing.T) {
	inc := open(t, func(n *incidents.NewIncident) {
		n.Policy.ClientAlarms, n.Policy.AuthorityAlarms = []int{50}, []int{}
		n.Policy.EscalateMinutes, n.Policy.EscalateShare = 600, 10
	})
	for _, step := range []struct {
		at   float64
		want []string
	}{
		{24, []string{"w50"}}, {26.3, nil}, {26.4, []string{"1:stand_in"}}, // a tenth of the 24 hours left
		{28.5, nil}, {28.56, []string{"1:host"}}, {36, []string{"w75"}}, {43.2, []string{"w90"}}, {47.9, nil}, {48, []string{"due"}}} {
		if got := asked(inc, incidents.ClientClock, hours(step.at)); !slices.Equal(got, step.want) {
			t.Errorf("at %v hours asked %v, want %v", step.at, got, step.want)
		}
	}
	inc.Tend(hours(71.9))
	if alarms := inc.Clock(incidents.AuthorityClock).Alarms; len(alarms) != 0 {
		t.Errorf("the authority's clock has alarms %+v before its end, want none", alarms)
	}
}

func TestALevelWithoutAnAddressIsPassedAtOnce(t *testing.T) {
	inc := open(t, nil)
	inc.Tend(hours(36))
	asked(inc, incidents.ClientClock, hours(38))
	if !inc.PassAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, hours(38)) || inc.PassAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, hours(38)) {
		t.Error("passing is to work once")
	}
	if next, _ := inc.NextAt(); !next.Equal(hours(38)) {
		t.Errorf("next at %v, want at once", next)
	}
	if got := asked(inc, incidents.ClientClock, hours(38)); !slices.Equal(got, []string{"1:host"}) {
		t.Errorf("asked %v, want the host's person", got)
	}
	inc.PassAlarm(incidents.ClientClock, "1", incidents.AlarmHost, hours(38))
	if _, _, some := inc.AlarmNext(incidents.ClientClock, "1"); some || !inc.Alarmed() {
		t.Error("nobody is left to ask, and still nobody has seen it")
	}
	if inc.PassAlarm(incidents.ClientClock, "9", incidents.AlarmHost, hours(38)) || inc.PassAlarm(incidents.ContractClock, "1", incidents.AlarmHost, hours(38)) {
		t.Error("what is not there was passed")
	}
}

func TestALinkWorksOnceAndStopsTheDutysAlarms(t *testing.T) {
	inc := open(t, nil)
	inc.Tend(hours(61)) // both clocks
	token, other := incidents.AlarmToken("p-1", "i-1", "secret-one"), incidents.AlarmToken("p-1", "i-1", "secret-two")
	if !inc.LinkAlarm(incidents.ClientClock, "1", incidents.AlarmStandIn, token) || !inc.LinkAlarm(incidents.ClientClock, "1", incidents.AlarmPractitioner, other) {
		t.Fatal("the level was asked and can be linked")
	}
	if inc.LinkAlarm(incidents.ClientClock, "1", incidents.AlarmHost, "x") {
		t.Error("a level that was never asked has a link")
	}
	if _, err := inc.Acknowledge(incidents.AlarmToken("p-1", "i-1", "guess"), hours(61)); !errors.Is(err, fault.NotFound) {
		t.Errorf("a guess: %v, want not found", err)
	}
	link, err := inc.Acknowledge(token, hours(61.1))
	if err != nil || link.Level != incidents.AlarmStandIn || link.Clock.Kind != incidents.ClientClock {
		t.Fatalf("got %+v, %v", link, err)
	}
	for _, again := range []string{token, other} {
		if link, err := inc.Acknowledge(again, hours(61.2)); !errors.Is(err, fault.Conflict) || link.Alarm.Level != incidents.AlarmStandIn {
			t.Errorf("again: %+v, %v; want a conflict that says who was first", link.Alarm, err)
		}
	}
	if got := asked(inc, incidents.ClientClock, hours(70)); got != nil {
		t.Errorf("after it was seen, asked %v", got)
	}
	if got := asked(inc, incidents.AuthorityClock, hours(71)); !slices.Equal(got, []string{"h71", "1:host", "2:stand_in"}) {
		t.Errorf("the other duty asked %v, want its own chain to go on", got)
	}
	seen := 0
	for _, e := range inc.Outbox.Pending {
		if e.Kind == incidents.AlarmSeen {
			seen++
			want := map[string]string{"clock": "client", "alarm": "1", "mark": "due", "level": "stand_in", "by": "link"}
			if diff := cmp.Diff(want, e.Facts); diff != "" {
				t.Errorf("the register says (-want +got):\n%s", diff)
			}
		}
	}
	if seen != 1 {
		t.Errorf("%d events say that it was seen, want one", seen)
	}
}

func TestWhatIsDoneAsksNobody(t *testing.T) {
	for _, tt := range []struct {
		name string
		act  func(*incidents.Incident) error
		left []incidents.ClockKind // whose alarm still runs
	}{
		{"nothing was done", func(*incidents.Incident) error { return nil }, []incidents.ClockKind{incidents.ClientClock, incidents.AuthorityClock}},
		{"filed with the authority", func(i *incidents.Incident) error {
			return i.File(incidents.Filing{ID: "f", Authority: registry.AP, Kind: incidents.FilingNew, FiledAt: hours(60), By: anna}, hours(61))
		}, []incidents.ClockKind{incidents.ClientClock}},
		{"decided that the authority need not hear of it", func(i *incidents.Incident) error {
			return i.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "r", By: anna}, hours(61))
		}, []incidents.ClockKind{incidents.ClientClock}},
		{"everyone is told", func(i *incidents.Incident) error {
			i.Assessed(1, incidents.Counts{InScope: 1, InGuidance: 1, Certain: 1}, 0, 0, hours(1))
			i.SetProgress(incidents.Progress{Told: 1, LastAt: hours(61)}, hours(61))
			return nil
		}, []incidents.ClockKind{incidents.AuthorityClock}},
		{"somebody who is logged in has seen it", func(i *incidents.Incident) error {
			if !i.SeeAlarms("", hours(61), anna) || i.SeeAlarms("", hours(61), anna) {
				return fmt.Errorf("seeing works once")
			}
			return nil
		}, nil},
		{"somebody has seen one duty", func(i *incidents.Incident) error {
			i.SeeAlarms(incidents.ClientClock, hours(61), anna)
			return nil
		}, []incidents.ClockKind{incidents.AuthorityClock}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := open(t, nil)
			inc.Tend(hours(60))
			if err := tt.act(inc); err != nil {
				t.Fatal(err)
			}
			var left []incidents.ClockKind
			for _, c := range inc.Clocks {
				if slices.ContainsFunc(c.Alarms, incidents.Alarm.Runs) {
					left = append(left, c.Kind)
				}
			}
			if diff := cmp.Diff(tt.left, left); diff != "" || inc.Alarmed() != (len(tt.left) > 0) {
				t.Errorf("alarms that run (-want +got):\n%s", diff)
			}
		})
	}
}

func TestADutyThatStandsAgainDoesNotGoOnWithAnOldAlarm(t *testing.T) {
	inc := open(t, nil)
	inc.Tend(hours(60))
	_ = inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.NotNotifiable, Reason: "r", By: anna}, hours(61))
	_ = inc.Decide(incidents.Decision{Question: incidents.AboutAuthority, Answer: incidents.Notify, Reason: "r", By: anna}, hours(66))
	if got := asked(inc, incidents.AuthorityClock, hours(67)); got != nil {
		t.Errorf("asked %v, want nobody before the next threshold", got)
	}
	if got := asked(inc, incidents.AuthorityClock, hours(68)); !slices.Equal(got, []string{"h68"}) {
		t.Errorf("asked %v, want the next threshold's own alarm", got)
	}
}

func TestAMovedDeadlineHurriesAnAlarm(t *testing.T) {
	inc := open(t, nil)
	inc.Tend(hours(36)) // the stand-in is to hear at 38
	earlier := noon.Add(-10 * time.Hour)
	if err := inc.Change(incidents.Change{AwareAt: &earlier, Reason: "r", By: anna}, hours(36)); err != nil {
		t.Fatal(err)
	}
	inc.Tend(hours(36)) // w90 lies behind as well
	if _, at, some := inc.AlarmNext(incidents.ClientClock, "1"); !some || !at.Equal(hours(37)) {
		t.Errorf("the stand-in is asked at %v, want half of the two hours left", at)
	}
}

func TestATokenNamesItsCase(t *testing.T) {
	key, ok := incidents.ReadAlarmToken(incidents.AlarmToken("p-1", "i-1", "secret"))
	if !ok || key != (incidents.Key{PracticeID: "p-1", ID: "i-1"}) {
		t.Errorf("read %+v, %t", key, ok)
	}
	for _, bad := range []string{"", "p-1", "p-1.i-1", "p-1..s", ".i-1.s", "p-1.i-1.", "a.b.c.d", string(make([]byte, 400))} {
		if key, ok := incidents.ReadAlarmToken(bad); ok {
			t.Errorf("%q leads to %+v", bad, key)
		}
	}
}
