package retention_test

import (
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
)

func mailboxOfJune() registry.Confirmation {
	return registry.Confirmation{ID: "word-1", System: "mailbox", Month: "2026-06", At: noon("2026-06-10"), By: register.Actor{Kind: register.ActorUser, ID: "user"}}
}

func systemsOf(due []retention.Due) []string {
	var out []string
	for _, d := range due {
		out = append(out, d.System)
	}
	return out
}

func TestAConfirmationIsNotedAtEachPersonAndOnceInTheRegister(t *testing.T) {
	w := practiceOf()
	w.add("anna")
	w.add("ben")
	w.add("carl", func(c *registry.Client) { c.Guidance[0].Until = day("2026-07-31") }) // another month
	w.add("dora")
	word := mailboxOfJune()
	word.Except = []registry.Spared{{Client: "dora", Why: registry.ExemptDispute}}
	for range 2 { // pressed twice
		if _, err := retention.Confirm(t.Context(), w, "p", word); err != nil {
			t.Fatal(err)
		}
	}
	gone := []registry.Gone{{System: "mailbox", At: word.At}}
	for id, want := range map[string][]registry.Gone{"anna": gone, "ben": gone, "carl": nil, "dora": nil} {
		if diff := cmp.Diff(want, w.clients[id].Gone); diff != "" {
			t.Errorf("%s (-want +got):\n%s", id, diff)
		}
	}
	if e, some := w.clients["dora"].ExemptionFrom("mailbox"); !some || e.Why != registry.ExemptDispute {
		t.Errorf("who is left out has %+v", e)
	}
	events := w.practice.Outbox.Pending
	if len(events) != 1 || events[0].Facts["people"] != "2" || events[0].Facts["except"] != "1" || events[0].Words != nil {
		t.Errorf("the register gets %+v, want one entry that counts 2 and 1", events)
	}
}

// The store goes away after any number of writes: confirmed again, all is as if it
// had not.
func TestAConfirmationThatIsCutOffGoesOnWhereItWas(t *testing.T) {
	want := practiceOf()
	want.crowd(rand.New(rand.NewPCG(7, 7)), 40)
	later := mailboxOfJune()
	if _, err := retention.Confirm(t.Context(), want, "p", later); err != nil {
		t.Fatal(err)
	}
	if done, _ := want.practice.Retained.Confirmation("word-1"); done.Open() {
		t.Fatal("the confirmation is not done")
	}
	for writes := range 12 {
		w := practiceOf()
		w.crowd(rand.New(rand.NewPCG(7, 7)), 40)
		w.writes = writes
		for first := true; ; first = false {
			c := mailboxOfJune()
			if !first {
				c.At = noon("2026-06-10") // a later press has a later time; the first one holds
				c.At = c.At.AddDate(0, 0, 1)
			}
			_, err := retention.Confirm(t.Context(), w, "p", c)
			if w.writes = -1; err == nil {
				break
			}
			if resumed := retention.Resume(t.Context(), w, w.practice); resumed != nil {
				t.Fatal(resumed)
			}
		}
		if writes > 0 {
			if diff := cmp.Diff(want.clients, w.clients); diff != "" {
				t.Fatalf("cut off after %d writes, people differ (-want +got):\n%s", writes, diff)
			}
			if diff := cmp.Diff(want.practice.Outbox, w.practice.Outbox); diff != "" {
				t.Fatalf("cut off after %d writes, events differ (-want +got):\n%s", writes, diff)
			}
		}
	}
}

func TestTwoWorkersRecordAConfirmationOnce(t *testing.T) {
	w := practiceOf()
	w.crowd(rand.New(rand.NewPCG(9, 9)), 200)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, err := retention.Confirm(t.Context(), w, "p", mailboxOfJune()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for id, c := range w.clients {
		n := 0
		for _, g := range c.Gone {
			if g.At.Equal(mailboxOfJune().At) {
				n++
			}
		}
		if n > 1 {
			t.Errorf("%s is gone %d times", id, n)
		}
	}
	if n := len(w.practice.Outbox.Pending); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

func TestUndoingLeavesNothingOfAConfirmation(t *testing.T) {
	before, w := practiceOf(), practiceOf()
	before.crowd(rand.New(rand.NewPCG(3, 3)), 50)
	w.crowd(rand.New(rand.NewPCG(3, 3)), 50)
	word := mailboxOfJune()
	for id := range w.clients {
		word.Except = append(word.Except, registry.Spared{Client: id, Why: registry.ExemptLaw})
		break
	}
	if _, err := retention.Confirm(t.Context(), w, "p", word); err != nil {
		t.Fatal(err)
	}
	by := register.Actor{Kind: register.ActorUser, ID: "user"}
	if _, err := retention.Undo(t.Context(), w, "p", "word-1", by, noon("2026-06-11")); err == nil {
		t.Error("undone on the day after")
	}
	for range 2 {
		if _, err := retention.Undo(t.Context(), w, "p", "word-1", by, noon("2026-06-10")); err != nil {
			t.Fatal(err)
		}
	}
	want, got := before.calendar(t, noon("2026-06-11")), w.calendar(t, noon("2026-06-11"))
	if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
		t.Errorf("the calendar afterwards (-want +got):\n%s", diff)
	}
	if events := w.practice.Outbox.Pending; len(events) != 2 || events[1].Kind != retention.Undone {
		t.Errorf("the register gets %+v", events)
	}
}

func TestOldEntriesAreClearedMonthByMonthWithoutNames(t *testing.T) {
	w := practiceOf()
	w.add("anna")
	w.add("ben", func(c *registry.Client) { c.Guidance[0].Until = registry.Date{} })
	word := registry.Confirmation{ID: "word-2", System: "diary", Month: "2026-07", Rolling: true, At: noon("2026-07-02")}
	done, err := retention.Confirm(t.Context(), w, "p", word)
	if err != nil || done.People != 1 {
		t.Fatalf("%v; it holds for %d, want for the one whose last entry is past its term", err, done.People)
	}
	for when, want := range map[string]retention.State{"2026-07-05": "", "2026-08-01": retention.Now} {
		cal := w.calendar(t, noon(when))
		task, _ := cal.Task(retention.Key{Month: when[:7], System: "diary", Rolling: true})
		if task.State != want {
			t.Errorf("on %s the diary is %q, want %q", when, task.State, want)
		}
	}
	if len(w.clients["anna"].Gone) != 1 || len(w.clients["ben"].Gone) != 0 {
		t.Error("who is in guidance has no entries that are all gone")
	}
}

func TestOnePersonIsConfirmedAlone(t *testing.T) {
	w := practiceOf()
	w.add("anna", func(c *registry.Client) { c.KeepAgreed = day("2026-05-31") })
	w.add("ben")
	word := registry.Confirmation{ID: "word-3", System: "file", Only: "anna", Pseudonymised: true, At: noon("2028-06-02")}
	if _, err := retention.Confirm(t.Context(), w, "p", word); err != nil {
		t.Fatal(err)
	}
	want := []registry.Gone{{System: "file", At: word.At, Pseudonymised: true, Kept: []registry.Category{registry.Name}}}
	if diff := cmp.Diff(want, w.clients["anna"].Gone); diff != "" || len(w.clients["ben"].Gone) > 0 {
		t.Errorf("anna (-want +got):\n%s\nben: %v", diff, w.clients["ben"].Gone)
	}
	c := w.clients["anna"]
	c.KeepAgreed = registry.Date{} // she takes it back
	w.clients["anna"] = c
	due := w.due(t, "anna")
	if n := len(due); n == 0 || due[2].System != "file" || due[2].Why != retention.TookBack {
		t.Errorf("due after she took it back: %v", systemsOf(due))
	}
}

func TestWhoIsNeededIsNotDestroyedHere(t *testing.T) {
	w := practiceOf()
	elsewhere := func(c *registry.Client) {
		for _, s := range []string{"mailbox", "file", "diary", "letters"} {
			c.Gone = append(c.Gone, registry.Gone{System: s, At: noon("2026-06-05")})
		}
	}
	w.add("free", elsewhere)
	w.add("mailbox-left")
	w.add("in-a-case", elsewhere)
	w.add("parent", elsewhere)
	w.add("child", func(c *registry.Client) { c.Guardians = []string{"parent"} })
	w.cases = []*incidents.Incident{{ID: "case", Assessment: incidents.Assessment{Wanted: 1, Done: 1}}}
	w.affected = []incidents.Affected{{ID: "in-a-case", Certainty: incidents.Possible}, {ID: "free", Certainty: incidents.None}}
	word := registry.Confirmation{ID: "word-4", System: retention.OwnSystem, Month: "2026-06", Here: true, At: noon("2026-06-10")}
	for range 2 {
		if _, err := retention.Confirm(t.Context(), w, "p", word); err != nil {
			t.Fatal(err)
		}
	}
	for id, want := range map[string]bool{"free": false, "mailbox-left": true, "in-a-case": true, "parent": true, "child": true} {
		if _, stays := w.clients[id]; stays != want {
			t.Errorf("%s stays: %t, want %t", id, stays, want)
		}
	}
	if e := w.practice.Outbox.Pending; len(e) != 1 || e[0].Facts["people"] != "1" || e[0].Facts["here"] != "yes" {
		t.Errorf("the register gets %+v", e)
	}
}
