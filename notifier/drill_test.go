package notifier_test

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// intoDrill makes the practice one that is rehearsed in.
func (w *world) intoDrill(id string) {
	p := w.store.practices[id]
	p.Drill = registry.Drill{Of: "p-real", Pace: 60, StartedAt: monday}
	w.store.practices[id] = p
}

func TestADrillsMailIsHeldBackAndItsClockIsMetAllTheSame(t *testing.T) {
	w, n, inc := ready(t, 7)
	w.intoDrill("p-1")
	sent := len(w.sender.accepted())
	w.settle(n)
	if got := len(w.sender.accepted()); got != sent {
		t.Fatalf("%d mails reached the sender", got-sent)
	}
	if got := w.states(inc); got[incidents.Sent] != 7 {
		t.Errorf("states = %v, want all 7 done", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 7 || c.MetAt.IsZero() {
		t.Errorf("the drill's clock says %d told, met %s", c.Told, c.MetAt)
	}
	for _, d := range w.store.deliveries {
		if d.NoticeID != "" && (len(d.Attempts) != 1 || d.Attempts[0].Stage != incidents.StageHeld) {
			t.Errorf("attempts %+v, want one that was held back", d.Attempts)
		}
	}
}

// TestNoMailOfADrillReachesTheSender plays drills in any order beside a real
// practice, with refusals, warnings, alarms and days that pass: only the real
// practice's mails reach the sender.
func TestNoMailOfADrillReachesTheSender(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t)
		drills := rapid.IntRange(1, 3).Draw(t, "drills")
		n := w.notifier()
		ids := []string{"p-real"}
		for i := range drills {
			ids = append(ids, fmt.Sprintf("d-%d", i))
		}
		for _, id := range ids {
			w.practice(id)
			for c := range rapid.IntRange(1, 4).Draw(t, "clients") {
				w.client(tenant.ID(id), fmt.Sprintf("%s-c%d", id, c), fmt.Sprintf("c%d@%s.example", c, id), "nl")
			}
			if id != "p-real" {
				w.intoDrill(id)
			}
		}
		answers := rapid.SliceOfN(rapid.SampledFrom([]incidents.AnswerKind{"", incidents.Later, incidents.RefusedPerson, incidents.RefusedAccount}), 16, 16).Draw(t, "answers")
		var leaked atomic.Int32
		w.sender.script(func(m incidents.Mail) incidents.Answer {
			if m.Drill {
				leaked.Add(1)
			}
			return incidents.Answer{Kind: answers[int(m.MessageID[len(m.MessageID)-1])%16], Stage: "rcpt", Code: 451}
		})
		cases := map[string]*incidents.Incident{}
		for range rapid.IntRange(2, 8).Draw(t, "steps") {
			id := rapid.SampledFrom(ids).Draw(t, "where")
			switch inc := cases[id]; {
			case inc == nil:
				cases[id] = w.file(tenant.ID(id), nil)
				w.settle(n)
			case rapid.Bool().Draw(t, "approve") && w.incident(inc).State == incidents.StateOpen && len(w.states(inc)) == 0:
				w.approve(inc, incidents.ToClients)
			default:
				w.move(time.Duration(rapid.IntRange(1, 30).Draw(t, "hours")) * time.Hour)
			}
			w.settle(n)
		}
		real := map[string]bool{}
		for _, d := range w.store.deliveries {
			if d.PracticeID == "p-real" {
				real[d.ID] = true
			}
		}
		for _, m := range w.sender.accepted() {
			if !real[m.MessageID] {
				leaked.Add(1)
			}
		}
		if n := leaked.Load(); n > 0 {
			t.Fatalf("%d mails of drills reached the sender", n)
		}
	})
}

func TestTheWalkRemovesDrillsOfAYearAgoAndNothingElse(t *testing.T) {
	w := newWorld(t)
	for _, id := range []string{"p-real", "p-old", "p-young", "p-other"} {
		w.practice(id)
	}
	for id, began := range map[string]time.Time{"p-old": monday.AddDate(-1, 0, -2), "p-young": monday.AddDate(-1, 0, 2)} {
		p := w.store.practices[id]
		p.Drill = registry.Drill{Of: "p-real", Pace: 60, StartedAt: began}
		w.store.practices[id] = p
	}
	home := w.store.practices["p-real"]
	home.Drills = []string{"p-old", "p-young"}
	home.CreatedAt = monday.AddDate(-10, 0, 0)
	w.store.practices["p-real"] = home
	if err := w.notifier().Walk(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := slices.Sorted(maps.Keys(w.store.practices)), []string{"p-other", "p-real", "p-young"}; !slices.Equal(got, want) {
		t.Errorf("practices = %v, want %v", got, want)
	}
	if got := w.store.practices["p-real"].Drills; !slices.Equal(got, []string{"p-young"}) {
		t.Errorf("the practice still lists %v", got)
	}
	if e := w.store.practices["p-real"].Outbox.Pending; len(e) != 1 || e[0].Kind != incidents.DrillRemoved || e[0].Subject != "p-old" || e[0].Actor != incidents.System() {
		t.Errorf("the practice's register hears %+v", e)
	}
}
