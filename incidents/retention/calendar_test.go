package retention_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
)

// lines is a calendar in words that a table can hold.
func lines(cal retention.Calendar) []string {
	var out []string
	for _, t := range cal.Tasks {
		text := fmt.Sprintf("%s %s %s: %d, %d may go, %d kept", t.Month, t.System, t.State, t.People, t.Ready, t.Exempt)
		if t.Rolling {
			text = fmt.Sprintf("%s %s %s, rolling", t.Month, t.System, t.State)
		}
		out = append(out, text)
	}
	return out
}

func TestTheCalendarOfOnePerson(t *testing.T) {
	rolling := []string{"2026-06 diary now, rolling"}
	next := "2026-07 diary coming, rolling"
	for _, tt := range []struct {
		name   string
		change func(*registry.Client)
		want   []string
	}{
		{"after guidance: the mailbox at once, the file in two years", func(*registry.Client) {},
			[]string{"2026-06 datalek now: 1, 1 may go, 0 kept", rolling[0], "2026-06 mailbox now: 1, 1 may go, 0 kept", next, "2028-06 file coming: 1, 0 may go, 0 kept"}},
		{"in guidance: only the diary's entries", func(c *registry.Client) { c.Guidance[0].Until = registry.Date{} }, []string{rolling[0], next}},
		{"guidance that was opened again counts from its last day", func(c *registry.Client) {
			c.Guidance = append(c.Guidance, registry.Guidance{From: day("2026-06-01"), Until: day("2026-09-30")})
		}, []string{rolling[0], next, "2026-10 datalek coming: 1, 0 may go, 0 kept", "2026-10 mailbox coming: 1, 0 may go, 0 kept", "2028-10 file coming: 1, 0 may go, 0 kept"}},
		{"a newsletter's reader: until he withdraws, and no rule keeps him in the file", func(c *registry.Client) {
			c.Relation, c.Guidance, c.LastContact = registry.RelationNewsletter, nil, day("2026-05-31")
		}, []string{"2026-06 datalek now: 1, 1 may go, 0 kept", "2026-06 mailbox now: 1, 1 may go, 0 kept"}},
		{"an exception: the mailbox keeps nothing about him, and the file an own day", func(c *registry.Client) {
			until := day("2026-03-05").Start(time.UTC)
			c.Without = []string{"mailbox"}
			c.Holdings = []registry.Holding{{System: "file", Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified, Until: &until}}
		}, []string{"2026-03 file late: 1, 1 may go, 0 kept", "2026-06 datalek now: 1, 1 may go, 0 kept", rolling[0], next}},
		{"kept for a dispute: not late, and not forgotten", func(c *registry.Client) {
			c.Exemptions = []registry.Exemption{{System: "mailbox", Why: registry.ExemptDispute, At: noon("2026-06-01")}}
		}, []string{"2026-06 datalek now: 1, 1 may go, 0 kept", rolling[0], "2026-06 mailbox coming: 0, 0 may go, 1 kept", next, "2028-06 file coming: 1, 0 may go, 0 kept"}},
		{"that it could not be destroyed yet leaves it due", func(c *registry.Client) {
			c.Exemptions = []registry.Exemption{{System: "mailbox", Why: registry.ExemptLater, At: noon("2026-06-01")}}
		}, []string{"2026-06 datalek now: 1, 1 may go, 0 kept", rolling[0], "2026-06 mailbox now: 1, 1 may go, 0 kept", next, "2028-06 file coming: 1, 0 may go, 0 kept"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := practiceOf()
			w.add("anna", tt.change)
			if diff := cmp.Diff(tt.want, lines(w.calendar(t, noon("2026-06-01")))); diff != "" {
				t.Errorf("calendar (-want +got):\n%s", diff)
			}
		})
	}
}

func TestATaskIsLateOnceTheTimeForDestroyingIsOver(t *testing.T) {
	w := practiceOf()
	w.add("anna")
	for when, want := range map[string]retention.State{"2028-05-30": retention.Coming, "2028-05-31": retention.Now, "2028-11-30": retention.Now, "2028-12-01": retention.Late} {
		task, some := w.calendar(t, noon(when)).Task(retention.Key{Month: "2028-06", System: "file"})
		if !some || task.State != want {
			t.Errorf("on %s the file is %q, want %q", when, task.State, want)
		}
	}
}

func TestASystemThatIsNoLongerUsedIsToBeEmptied(t *testing.T) {
	w := practiceOf()
	w.systems[0].EndedAt = noon("2026-02-10")
	w.add("anna", func(c *registry.Client) { c.Guidance[0].Until = registry.Date{} })
	task, some := w.calendar(t, noon("2026-03-01")).Task(retention.Key{Month: "2026-02", System: "mailbox"})
	if !some || task.Lines[0].Why != retention.SystemEnded {
		t.Errorf("the task is %+v, want one because the system ended", task)
	}
}

// Whoever the people are: what a finding would call overdue stands in the calendar,
// once for each person and system, and so does whatever ends later.
func TestNobodyIsForgottenAndNobodyStandsTwice(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 5))
	for range 40 {
		w := practiceOf()
		w.crowd(random, 60)
		rules, err := retention.RulesOf(w.practice, w.systems)
		if err != nil {
			t.Fatal(err)
		}
		want, rolls := map[string]int{}, false
		for id, c := range w.clients {
			seen := map[string]bool{}
			for _, d := range rules.Of(c) {
				if seen[d.System] {
					t.Fatalf("%s stands twice in %s", id, d.System)
				}
				if seen[d.System] = true; !d.Rolling {
					want[d.System]++
				}
			}
			for _, h := range rules.Holdings(c) {
				ends := h.Until != nil && h.DestroyedAt == nil
				if ends && !seen[h.System] {
					t.Fatalf("%s is forgotten: %s ends on %s", id, h.System, h.Until)
				}
				rolls = rolls || c.HoldingsByRule && !c.Excepted(h.System) && h.System == "diary" && h.DestroyedAt == nil
			}
		}
		got, rolling := map[string]int{}, 0
		for _, task := range w.calendar(t, noon("2026-06-15")).Tasks {
			if task.Rolling {
				rolling++
				continue
			}
			people := 0
			for _, l := range task.Lines {
				people += l.People
			}
			if people != task.People {
				t.Fatalf("the rules of %+v are about %d people", task, people)
			}
			got[task.System] += task.People + task.Exempt
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("people by system (-want +got):\n%s", diff)
		}
		if rolls != (rolling == 2) {
			t.Fatalf("%d tasks for the diary, somebody in it: %t", rolling, rolls)
		}
	}
}

func BenchmarkCalendarOfTenThousand(b *testing.B) {
	w := practiceOf()
	w.crowd(rand.New(rand.NewPCG(1, 1)), 10_000)
	rules, err := retention.RulesOf(w.practice, w.systems)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		builder := retention.NewBuilder(rules, day("2026-06-15"))
		for _, c := range w.clients {
			builder.Add(c)
		}
		if len(builder.Calendar(w.practice.Retained.ClearedMonth).Tasks) == 0 {
			b.Fatal("an empty calendar")
		}
	}
}
