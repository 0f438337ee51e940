package notifier_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"datalek/incidents"
	"datalek/notifier"
)

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
		var panics atomic.Int32 // several workers look for due reports
		w.store.meddle = func(call string, _ bool) error {
			if call == "DueReports" && panics.Add(1) <= 3 {
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
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
		if string(w.store.settings[notifier.HeartbeatKey]) == "" {
			t.Error("the keeper never came back")
		}
		if !strings.Contains(log.String(), "worker panicked") || strings.Contains(log.String(), "jan@weg.example") {
			t.Errorf("log:\n%s", log.String())
		}
	})
}
