package notifier_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/notifier"
)

func TestTheRegisterDoesNotNeedTheBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 3)
		w.bus.set(true)
		n := w.notifier()
		inc := w.file("p-1", nil)
		w.settle(n)
		if got := len(w.store.entries["p-1"]); got < 3 {
			t.Errorf("%d entries, want at least opened, assessed and drafted", got)
		}
		if w.notice(inc, incidents.ToClients) == nil {
			t.Error("no draft while the bus is away: this process does the work itself")
		}
		w.approve(inc, incidents.ToClients)
		w.settle(n)
		if got := w.states(inc); got[incidents.Sent] != 3 {
			t.Errorf("states = %v, want 3 sent without a bus", got)
		}
		time.Sleep(10 * time.Second) // the bus is asked again
		w.bus.set(false)
		w.file("p-1", nil)
		if err := n.Relay(t.Context()); err != nil {
			t.Fatal(err)
		}
		if w.bus.empty() {
			t.Error("the bus is back and got no job")
		}
	})
}

func TestTwoRelaysRegisterEveryEventOnce(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2)
	a, b := w.notifier(), w.notifier()
	var incs []*incidents.Incident
	for range 10 {
		incs = append(incs, w.file("p-1", nil))
	}
	var both sync.WaitGroup
	for _, n := range []*notifier.Notifier{a, b} {
		both.Go(func() {
			for range 5 {
				_ = n.Relay(context.Background())
			}
		})
	}
	both.Wait()
	w.settle(a, b)
	checkRegister(t, w, "p-1")
	if got := len(w.store.entries["p-1"]); got < len(incs)*2 {
		t.Errorf("%d entries for %d cases", got, len(incs))
	}
}

// checkRegister fails unless the chain holds, every event stands once, and those
// of one aggregate are in order.
func checkRegister(t tester, w *world, practice string) {
	t.Helper()
	entries := w.store.entries[practice]
	if _, err := register.Verify(register.Head{}, entries); err != nil {
		t.Errorf("register: %v", err)
	}
	seen, last := map[string]bool{}, map[string]int{}
	for _, e := range entries {
		if seen[e.Event.ID] {
			t.Errorf("event %s stands twice", e.Event.ID)
		}
		seen[e.Event.ID] = true
		cut := strings.LastIndex(e.Event.ID, "-")
		var n int
		if _, err := fmt.Sscanf(e.Event.ID[cut+1:], "%d", &n); err == nil && len(e.Event.ID)-cut < 8 {
			if n <= last[e.Event.ID[:cut]] {
				t.Errorf("event %s comes after number %d", e.Event.ID, last[e.Event.ID[:cut]])
			}
			last[e.Event.ID[:cut]] = n
		}
	}
}

func TestAPracticeWhoseRegisterFailsHoldsNobodyUp(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.practice("p-2")
	for range 300 { // more than a page
		w.file("p-1", nil)
	}
	w.store.entries["p-1"] = []register.Entry{{Seq: 7}} // appending never fits
	inc := w.file("p-2", nil)
	n := w.notifier()
	for range 3 {
		if err := n.Relay(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(w.store.entries["p-2"]); got == 0 {
		t.Error("the other practice's events wait")
	}
	if len(w.incident(inc).Outbox.Pending) != 0 {
		t.Error("the other practice's events are not done")
	}
}

func TestAWarningThatCannotBeWrittenIsPutOffNotLost(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	w.file("p-1", nil)
	w.settle(n)
	w.move(25 * time.Hour)
	failing := true
	w.store.meddle = func(call string, after bool) error {
		if call == "PutDeliveries" && failing {
			return errors.New("no")
		}
		return nil
	}
	_ = n.Keep(t.Context())
	_ = n.Relay(t.Context())
	warn, some := w.bus.takeOf("warn")
	if !some {
		t.Fatal("no job to warn later")
	}
	if bytes.Contains(warn.data, []byte("Iemand")) {
		t.Error("the job holds the case's words")
	}
	if err := n.Handle(t.Context(), "warn", warn.data); err == nil {
		t.Error("the job says it is done")
	}
	failing = false
	if err := n.Handle(t.Context(), "warn", warn.data); err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	if got := w.mails()["anna@thuis.example"]; got == 0 {
		t.Error("the warning never came")
	}
}

func TestJobsThatAreNotOursAreGivenUp(t *testing.T) {
	n := newWorld(t).notifier()
	for queue, data := range map[string]string{"mail": "x", "assess": `{"practice":"p","incident":"gone"}`, "draft": `{"practice":"p","incident":"gone"}`,
		"intake": `{"receipt":"gone"}`, "warn": `{}`} {
		err := n.Handle(t.Context(), queue, []byte(data))
		var final interface{ GiveUp() bool }
		if !errors.As(err, &final) || !final.GiveUp() {
			t.Errorf("%s: error %v, want one that gives up", queue, err)
		}
	}
}

func TestRetryAfterSaysWhen(t *testing.T) {
	var later interface{ RetryAfter() time.Duration }
	err := fmt.Errorf("wait: %w", notifier.RetryAfter(time.Minute))
	if !errors.As(err, &later) || later.RetryAfter() != time.Minute {
		t.Errorf("error %v does not say to come back after a minute", err)
	}
}

func TestNewerFactsMakeAnOlderAssessmentStop(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 2500)
	n := w.notifier()
	inc := w.file("p-1", nil)
	pages := 0
	w.store.meddle = func(call string, after bool) error {
		if call == "SaveAffected" && after {
			if pages++; pages == 1 {
				_, _ = w.store.UpdateIncident(context.Background(), "p-1", inc.ID, func(i *incidents.Incident) error {
					return i.Override(incidents.Override{ClientID: "c-001", Reason: "weet het al", By: incidents.System()}, w.clock())
				})
			}
		}
		return nil
	}
	assess := []byte(`{"practice":"p-1","incident":"` + inc.ID + `"}`)
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	if got := w.incident(inc).Assessment; got.Done != 0 || pages != 1 {
		t.Fatalf("assessment = %+v after %d pages, want none done", got, pages)
	}
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	got := w.incident(inc).Assessment
	if got.Done != 2 || got.Counts.InScope != 2499 {
		t.Errorf("assessment = %+v, want version 2 with 2499 in scope", got)
	}
}

func TestCountsFitTheRowsOfARunThatWasCutOff(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 4)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.store.meddle = func(call string, after bool) error {
		if call == "AffectedPersons" {
			return fault.Unavailable
		}
		return nil
	}
	assess := []byte(`{"practice":"p-1","incident":"` + inc.ID + `"}`)
	if err := n.Handle(t.Context(), "assess", assess); !errors.Is(err, fault.Unavailable) {
		t.Fatalf("error = %v, want unavailable", err)
	}
	w.store.meddle = nil
	c := w.store.clients[key("p-1", "c-000")]
	c.Holdings = nil // he changed between the two runs; his row stands
	w.store.clients[key("p-1", "c-000")] = c
	if err := n.Handle(t.Context(), "assess", assess); err != nil {
		t.Fatal(err)
	}
	readers, _ := w.store.ReadersInScope(t.Context(), "p-1", inc.ID, 1)
	if got := w.incident(inc).Assessment.Counts.InScope; got != len(readers) {
		t.Errorf("counted %d in scope, the rows say %d", got, len(readers))
	}
}

func TestALaterAssessmentSaysWhoCameAndWent(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 3)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	outside := w.client("p-1", "c-900", "later@clienten.example", "nl")
	outside.Holdings = nil
	w.store.clients[key("p-1", "c-900")] = outside
	_, err := w.store.UpdateIncident(t.Context(), "p-1", inc.ID, func(i *incidents.Incident) error {
		for _, o := range []incidents.Override{{ClientID: "c-900", Include: true, Reason: "stond er toch in"}, {ClientID: "c-000", Reason: "was het niet"}} {
			if err := i.Override(o, w.clock()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(n)
	if got := w.incident(inc).Assessment; got.Came != 1 || got.Went != 1 {
		t.Errorf("came %d, went %d; want one each", got.Came, got.Went)
	}
	if got := w.notice(inc, incidents.ToClients); got.AffectedVersion != w.incident(inc).Assessment.Done || got.Recipients != 3 {
		t.Errorf("the draft is for version %d and %d readers", got.AffectedVersion, got.Recipients)
	}
}

func TestDraftsFollowTheFacts(t *testing.T) {
	child := func(w *world) {
		parent := w.client("p-1", "c-parent", "ouder@clienten.example", "nl")
		parent.Guidance, parent.Holdings = nil, nil
		c := w.client("p-1", "c-child", "", "nl")
		c.BirthYear, c.Guardians = 2020, []string{"c-parent"}
		w.store.clients[key("p-1", "c-parent")], w.store.clients[key("p-1", "c-child")] = parent, c
	}
	for _, tt := range []struct {
		name   string
		fill   func(*world)
		change func(*incidents.NewIncident)
		want   []incidents.Audience
	}{
		{"clients", func(w *world) { w.clients("p-1", 1) }, nil, []incidents.Audience{incidents.ToClients}},
		{"a young child's parents", child, nil, []incidents.Audience{incidents.ToParents}},
		{"nobody affected, nobody told", func(*world) {}, nil, nil},
		{"a wrong recipient is asked to delete", func(w *world) { w.clients("p-1", 1) }, func(n *incidents.NewIncident) {
			n.Facts.Playbook, n.Facts.HandPicked, n.Facts.Systems = "mis-sent-email", true, nil
			n.Story.Subjects.Emails = []string{"c-000@clienten.example"}
			n.Story.Recipients = []incidents.Recipient{{Email: "ander@elders.example", Kind: incidents.RecipientKnown}}
		}, []incidents.Audience{incidents.ToClients, incidents.ToRecipient}},
		{"a practice that only processes tells the controller", func(w *world) { w.clients("p-1", 1) },
			func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsProcessor }, []incidents.Audience{incidents.ToController}},
		{"joint controllers tell both", func(w *world) { w.clients("p-1", 1) },
			func(n *incidents.NewIncident) { n.Facts.Role = incidents.AsJoint }, []incidents.Audience{incidents.ToClients, incidents.ToController}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.practice("p-1")
			tt.fill(w)
			inc := w.file("p-1", tt.change)
			a, b := w.notifier(), w.notifier()
			w.settle(a, b)
			for range 2 {
				_ = b.Handle(t.Context(), "draft", []byte(`{"practice":"p-1","incident":"`+inc.ID+`"}`))
			}
			var got []incidents.Audience
			for _, n := range w.store.notices {
				got = append(got, n.Audience)
			}
			slices.Sort(got)
			if !slices.Equal(got, tt.want) {
				t.Errorf("drafts for %v, want %v", got, tt.want)
			}
		})
	}
}

func TestAWithdrawnDraftIsWrittenAnew(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	first := w.notice(inc, incidents.ToClients)
	_, err := w.store.UpdateNotice(t.Context(), "p-1", first.ID, func(n *incidents.Notice) error { return n.Supersede(w.clock(), incidents.System()) })
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Handle(t.Context(), "draft", []byte(`{"practice":"p-1","incident":"`+inc.ID+`"}`)); err != nil {
		t.Fatal(err)
	}
	if second := w.notice(inc, incidents.ToClients); second == nil || second.ID == first.ID {
		t.Errorf("second draft = %+v", second)
	}
}

func TestClocksAreArmedAndTakenBack(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 1)
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	token := "p-1_" + inc.ID
	first := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0]
	if got := w.bus.armed[token+".client."+first.Mark]; !got.Equal(first.At) {
		t.Errorf("armed for %s, want %s; all: %v", got, first.At, w.bus.armed)
	}
	w.move(first.At.Sub(w.clock()))
	w.settle(n)
	second := w.incident(inc).Clock(incidents.ClientClock).Thresholds[1]
	if got := w.bus.armed[token+".client."+second.Mark]; !got.Equal(second.At) {
		t.Errorf("after the first, armed for %s, want %s", got, second.At)
	}
	w.approve(inc, incidents.ToClients)
	w.settle(n)
	if _, still := w.bus.armed[token+".client."+second.Mark]; still {
		t.Error("the clock is met and still armed")
	}
	clear(w.bus.armed)
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(w.bus.armed) == 0 {
		t.Error("a bus that lost its schedules was not armed anew")
	}
}

func TestATickIsAHintTheRowDecides(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	n := w.notifier()
	inc := w.file("p-1", nil)
	token := "p-1_" + inc.ID
	first := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0]
	var later interface{ RetryAfter() time.Duration }

	if err := n.Tick(t.Context(), token, "client", first.Mark); err != nil {
		t.Errorf("a tick a day early: %v, want nothing; the clock is armed anew", err)
	}
	w.move(first.At.Sub(w.clock()) - 20*time.Second)
	if err := n.Tick(t.Context(), token, "client", first.Mark); !errors.As(err, &later) || later.RetryAfter() != 20*time.Second {
		t.Errorf("a tick just before: %v, want one that comes back after 20 s", err)
	}
	w.move(20 * time.Second)
	for range 3 {
		if err := n.Tick(t.Context(), token, "client", first.Mark); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.incident(inc).Clock(incidents.ClientClock).Thresholds[0].FiredAt; !got.Equal(first.At) {
		t.Errorf("fired at %s, want %s", got, first.At)
	}
	events := 0
	for _, e := range w.incident(inc).Outbox.Pending {
		if e.Kind == incidents.ThresholdPassed && e.Facts["clock"] == "client" {
			events++
		}
	}
	if events != 1 {
		t.Errorf("%d events for one threshold", events)
	}
	var final interface{ GiveUp() bool }
	for _, bad := range []string{"nonsense", "p-1_gone"} {
		if err := n.Tick(t.Context(), bad, "client", "w50"); !errors.As(err, &final) {
			t.Errorf("tick for %q: %v, want given up", bad, err)
		}
	}
}

func TestTheKeeperShowsThatItLives(t *testing.T) {
	w := newWorld(t)
	a, b := w.notifier(), w.notifier()
	for range 3 {
		for _, n := range []*notifier.Notifier{a, b} {
			if err := n.Keep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := string(w.store.settings[notifier.HeartbeatKey]); got != w.clock().Format(time.RFC3339) {
			t.Errorf("heartbeat %q, want %s", got, w.clock().Format(time.RFC3339))
		}
		w.move(time.Second)
	}
}

func TestWhatTheBusLostIsFoundAgain(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	w.clients("p-1", 5)
	n := w.notifier()
	inc := w.file("p-1", nil)
	lost := func(rounds int) {
		for range rounds {
			_ = n.Relay(t.Context())
			w.bus.lose()
		}
	}
	lost(3) // the job to assess
	for range 4 {
		_ = n.Sweep(t.Context())
	}
	w.work(n)
	if !w.incident(inc).Assessment.Complete() {
		t.Fatal("the assessment was forgotten")
	}
	lost(3) // the job to draft
	if err := n.Repair(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.work(n)
	if w.notice(inc, incidents.ToClients) == nil {
		t.Fatal("the draft was forgotten")
	}
	w.settle(n)
	w.approve(inc, incidents.ToClients)
	lost(3) // the job to mail
	for range 4 {
		_ = n.Sweep(t.Context())
	}
	w.settle(n)
	if got := w.states(inc); got[incidents.Sent] != 5 {
		t.Errorf("states = %v, want 5 sent", got)
	}
}

func TestTheWalkFindsCasesWhoseClocksHaveAllRunOut(t *testing.T) {
	w, n, inc := ready(t, 4)
	w.move(100 * time.Hour)
	dead := false
	w.store.meddle = func(call string, after bool) error {
		if dead = dead || call == "UpdateNotice" && w.states(inc)[incidents.Sent] == 4; dead {
			return context.Canceled
		}
		return nil
	}
	_ = n.Keep(t.Context())
	_ = n.Relay(t.Context())
	for {
		j, some := w.bus.take()
		if !some {
			break
		}
		_ = n.Handle(t.Context(), j.queue, j.data)
	}
	w.store.meddle = nil
	w.bus.lose()
	fresh := w.notifier()
	if err := fresh.Walk(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.settle(fresh)
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 4 || c.MetAt.IsZero() {
		t.Errorf("clock = %d told, met %s; want 4, met", c.Told, c.MetAt)
	}
}

func TestRunWorksByItselfAndStopsCleanly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 120)
		begun := time.Now()
		var moved atomic.Int64 // hours
		now := func() time.Time {
			return monday.Add(time.Since(begun) + time.Duration(moved.Load())*time.Hour).Truncate(time.Millisecond)
		}
		var log bytes.Buffer
		options := notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: now, NewID: w.newID,
			Log: slog.New(slog.NewTextHandler(&log, nil))}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 2 { // two processes
			n := notifier.New(options)
			all.Go(func() {
				if err := n.Run(ctx); err != nil {
					t.Errorf("run: %v", err)
				}
			})
		}
		inc := w.file("p-1", nil)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.approve(inc, incidents.ToClients)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := w.states(inc); got[incidents.Sent] != 120 {
			t.Errorf("states = %v, want 120 sent", got)
		}
		for range 80 {
			moved.Add(1)
			time.Sleep(4 * time.Second)
		}
		stop()
		all.Wait()
		for to, count := range w.mails() {
			if count != 1 && strings.Contains(to, "clienten") {
				t.Errorf("%s was mailed %d times", to, count)
			}
		}
		checkRegister(t, w, "p-1")
		marks := len(w.incident(inc).Clock(incidents.AuthorityClock).Thresholds)
		if got := w.mails()["anna@thuis.example"]; got != marks {
			t.Errorf("%d warnings, want %d: one for each threshold of the authority's clock", got, marks)
		}
		if log.Len() > 0 {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestAPanicStopsNoWorkerAndLogsNothingPersonal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		w.practice("p-1")
		w.clients("p-1", 1)
		var log bytes.Buffer
		w.logs = slog.NewTextHandler(&log, nil)
		panics := 0
		w.store.meddle = func(call string, _ bool) error {
			if call == "DueReports" && panics < 3 {
				panics++
				panic("jan@weg.example")
			}
			return nil
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		n := w.notifier()
		go func() { done <- n.Run(ctx) }()
		n.Nudge()
		time.Sleep(time.Minute)
		if string(w.store.settings[notifier.HeartbeatKey]) == "" {
			t.Error("the keeper never came back")
		}
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if !strings.Contains(log.String(), "worker panicked") || strings.Contains(log.String(), "jan@weg.example") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}

func TestChildrenWhoShareAParentAreToldThroughHim(t *testing.T) {
	w := newWorld(t)
	w.practice("p-1")
	parent := w.client("p-1", "c-parent", "ouder@clienten.example", "nl")
	parent.Guidance, parent.Holdings = nil, nil
	w.store.clients[key("p-1", "c-parent")] = parent
	for _, id := range []string{"c-1", "c-2"} {
		c := w.client("p-1", id, "", "nl")
		c.BirthYear, c.Guardians = 2020, []string{"c-parent"}
		w.store.clients[key("p-1", id)] = c
	}
	n := w.notifier()
	inc := w.file("p-1", nil)
	w.settle(n)
	w.approve(inc, incidents.ToParents)
	w.settle(n)
	if got := w.mails()["ouder@clienten.example"]; got != 2 {
		t.Errorf("the parent got %d mails, want one about each child", got)
	}
	if c := w.incident(inc).Clock(incidents.ClientClock); c.Told != 2 || c.MetAt.IsZero() {
		t.Errorf("clock = %d told, met %s; want 2, met", c.Told, c.MetAt)
	}
}
