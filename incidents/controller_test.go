package incidents_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
)

func phoned(edit func(*incidents.ControllerNotice)) incidents.ControllerNotice {
	n := incidents.ControllerNotice{At: noon.Add(time.Hour), Channel: incidents.ByPhone, To: "Gemeente Voorbeeld", Note: "Zij melden zelf.", By: anna}
	if edit != nil {
		edit(&n)
	}
	return n
}

func processing(t *testing.T) *incidents.Incident {
	t.Helper()
	return open(t, func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsProcessor })
}

func TestTellingTheControllerMeetsItsClock(t *testing.T) {
	inc := processing(t)
	if err := inc.TellController(phoned(nil), noon.Add(2*time.Hour)); err != nil {
		t.Fatal(err)
	}
	if c := inc.Clock(incidents.ControllerClock); !c.MetAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("met at %v, want the moment of telling", c.MetAt)
	}
	got := inc.ControllerNotices[0]
	if got.To != "Gemeente Voorbeeld" || got.By != anna || !got.RecordedAt.Equal(noon.Add(2*time.Hour)) {
		t.Errorf("kept %+v", got)
	}
	events := inc.Outbox.Pending
	if at := slices.Index(kinds(events), incidents.ControllerTold); at < 0 {
		t.Errorf("events %v, want controller.told", kinds(events))
	} else if e := events[at]; e.Words["to"] != "Gemeente Voorbeeld" || strings.Contains(e.Facts["by"]+e.Facts["told_at"], "Gemeente") {
		t.Errorf("event %+v, want the name among the sealed words only", e)
	}
}

func TestTheFirstTellingCountsAndLaterOnesAreKept(t *testing.T) {
	inc := processing(t)
	for h := range 2 {
		at := noon.Add(time.Duration(h+1) * time.Hour)
		if err := inc.TellController(phoned(func(n *incidents.ControllerNotice) { n.At = at }), at); err != nil {
			t.Fatal(err)
		}
	}
	if c := inc.Clock(incidents.ControllerClock); !c.MetAt.Equal(noon.Add(time.Hour)) || len(inc.ControllerNotices) != 2 {
		t.Errorf("met at %v with %d tellings, want the first and both", c.MetAt, len(inc.ControllerNotices))
	}
}

func TestTellingTheControllerNamesEveryFault(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*incidents.ControllerNotice)
		want string
	}{
		{"no time", func(n *incidents.ControllerNotice) { n.At = time.Time{} }, "at"},
		{"six minutes ahead", func(n *incidents.ControllerNotice) { n.At = noon.Add(2*time.Hour + 6*time.Minute) }, "at"},
		{"six minutes before awareness", func(n *incidents.ControllerNotice) { n.At = noon.Add(-6 * time.Minute) }, "at"},
		{"a way nobody offers", func(n *incidents.ControllerNotice) { n.Channel = "pigeon" }, "by"},
		{"nobody named", func(n *incidents.ControllerNotice) { n.To = "" }, "to"},
		{"a name of two lines", func(n *incidents.ControllerNotice) { n.To = "a\r\nb" }, "to"},
		{"a note too long", func(n *incidents.ControllerNotice) { n.Note = strings.Repeat("a", 2_001) }, "note"},
		{"all at once", func(n *incidents.ControllerNotice) { *n = incidents.ControllerNotice{} }, "at by to"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inc := processing(t)
			err := inc.TellController(phoned(tt.edit), noon.Add(2*time.Hour))
			var fields []string
			for _, f := range fault.Fields(err) {
				fields = append(fields, f.Field)
			}
			if got := strings.Join(fields, " "); got != tt.want || len(inc.ControllerNotices) != 0 {
				t.Errorf("faults at %q with %d kept, want %q and none", got, len(inc.ControllerNotices), tt.want)
			}
		})
	}
}

func TestTheSkewOfAClockIsForgiven(t *testing.T) {
	for _, at := range []time.Time{noon.Add(-5 * time.Minute), noon.Add(5 * time.Minute)} {
		if err := processing(t).TellController(phoned(func(n *incidents.ControllerNotice) { n.At = at }), noon); err != nil {
			t.Errorf("told at %v: %v, want it taken", at, err)
		}
	}
}

func TestAControllerTellsNoController(t *testing.T) {
	if err := open(t, nil).TellController(phoned(nil), noon.Add(2*time.Hour)); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want a conflict", err)
	}
}

func TestCorrectionsKeepWhatTheControllerWasTold(t *testing.T) {
	inc := processing(t)
	now := noon.Add(2 * time.Hour)
	if err := inc.TellController(phoned(nil), now); err != nil {
		t.Fatal(err)
	}
	earlier := noon.Add(-3 * time.Hour)
	role := func(r incidents.PracticeRole) func(*incidents.Facts, *incidents.Story) {
		return func(f *incidents.Facts, _ *incidents.Story) { f.Role = r }
	}
	for _, c := range []incidents.Change{{AwareAt: &earlier}, {Apply: role(incidents.AsController)}, {Apply: role(incidents.AsJoint)}} {
		c.Reason, c.By = "Nu weten we meer.", anna
		if err := inc.Change(c, now); err != nil {
			t.Fatal(err)
		}
	}
	if c := inc.Clock(incidents.ControllerClock); !c.MetAt.Equal(noon.Add(time.Hour)) || !c.StartsAt.Equal(earlier) || len(inc.ControllerNotices) != 1 {
		t.Errorf("clock %+v with %d tellings, want it met as before", c, len(inc.ControllerNotices))
	}
}

func TestTheControllersClockFollowsTheRole(t *testing.T) {
	inc := processing(t)
	for _, tt := range []struct {
		role incidents.PracticeRole
		want incidents.ClockState
	}{
		{incidents.AsController, incidents.ClockIsEnded}, {incidents.AsJoint, incidents.ClockRunning}, {incidents.AsProcessor, incidents.ClockRunning},
	} {
		change := incidents.Change{Reason: "Anders.", By: anna, Apply: func(f *incidents.Facts, _ *incidents.Story) { f.Role = tt.role }}
		if err := inc.Change(change, noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if got := inc.Clock(incidents.ControllerClock).State(noon.Add(time.Hour)); got != tt.want {
			t.Errorf("as %s the clock is %s, want %s", tt.role, got, tt.want)
		}
	}
}

func TestACaseStaysOpenUntilTheControllerKnows(t *testing.T) {
	inc := processing(t)
	now := noon.Add(2 * time.Hour)
	inc.Assessed(1, incidents.Counts{}, 0, 0, now) // nobody is in scope
	if err := inc.Close("Klaar.", now, anna); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want a conflict before the controller knows", err)
	}
	if err := inc.TellController(phoned(nil), now); err != nil {
		t.Fatal(err)
	}
	if err := inc.Close("Klaar.", now, anna); err != nil {
		t.Errorf("got %v, want the case closed", err)
	}
	if err := inc.TellController(phoned(nil), now); !errors.Is(err, fault.Conflict) {
		t.Errorf("got %v, want a conflict on a closed case", err)
	}
}
