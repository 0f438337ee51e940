package notifier_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

// oneRequest is a store that holds one request, of a practice with nothing else.
type oneRequest struct {
	request.EraseStore // whatever an erasure would call beyond: none of it is called
	mu                 sync.Mutex
	r                  *request.Request
	down               bool
	tries              int
}

func (s *oneRequest) DueRightsRequests(_ context.Context, at time.Time, _ int) ([]incidents.Key, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if next, some := s.r.NextAt(); some && !next.After(at) {
		return []incidents.Key{{PracticeID: s.r.PracticeID, ID: s.r.ID}}, nil
	}
	return nil, nil
}

func (s *oneRequest) RightsRequest(context.Context, tenant.ID, string) (*request.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := *s.r
	return &kept, nil
}

func (s *oneRequest) UpdateRightsRequest(_ context.Context, _ tenant.ID, _ string, change func(*request.Request) error) (*request.Request, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := *s.r
	if err := change(&next); err != nil {
		return nil, err
	}
	s.r = &next
	return &next, nil
}

func (s *oneRequest) Practice(context.Context, tenant.ID) (registry.Practice, error) {
	s.tries++
	if s.down {
		return registry.Practice{}, fault.Unavailable
	}
	return registry.Practice{ID: "p1", Language: "nl", TimeZone: "Europe/Amsterdam"}, nil
}

func newRequest(t *testing.T, kind request.Kind) *oneRequest {
	t.Helper()
	by := incidents.Actor{Kind: "user", ID: "u"}
	r, err := request.File(request.New{ID: "r1", PracticeID: "p1", Kind: kind, Channel: "email", ReceivedAt: monday, Person: request.Person{Name: "Jan de Vries"},
		DueOn: registry.Date{Year: 2027, Month: 4, Day: 5}, Zone: time.UTC, By: by}, monday)
	if err != nil {
		t.Fatal(err)
	}
	return &oneRequest{r: r}
}

func (w *world) rights(s *oneRequest) *notifier.Notifier {
	return notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID, Log: slog.New(w.logs), Rights: s})
}

func TestTheClockOfARequestFiresEachThresholdOnceHoweverOftenItIsLookedAt(t *testing.T) {
	w, s := newWorld(t), newRequest(t, request.Access)
	n := w.rights(s)
	for _, days := range []int{0, 15, 8, 5, 2} {
		w.move(time.Duration(days) * 24 * time.Hour)
		for range 3 {
			if err := n.LookAtRights(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	var marks []string
	for _, e := range s.r.Outbox.Pending {
		if e.Kind == request.ThresholdPassed {
			marks = append(marks, e.Facts["mark"])
		}
	}
	if len(marks) != 4 || marks[0] != request.MarkHalf || marks[3] != request.MarkDue {
		t.Errorf("marks %v, want four", marks)
	}
}

func TestAnErasureThatWasCutOffIsTakenUpByTheWorker(t *testing.T) {
	w, s := newWorld(t), newRequest(t, request.Erasure)
	if err := s.r.CheckIdentity("Gebeld.", monday, incidents.Actor{}); err != nil {
		t.Fatal(err)
	}
	if err := s.r.BeginErasure(request.MarksOf(s.r.Person, nil), 30, monday, incidents.Actor{}); err != nil {
		t.Fatal(err)
	}
	n := w.rights(s)
	look := func() {
		t.Helper()
		if err := n.LookAtRights(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if s.tries != 0 {
		t.Error("the worker took it over from one who has it still")
	}
	s.down = true
	for range 3 { // each minute again while the store cannot answer
		w.move(time.Minute)
		look()
		look()
	}
	if s.tries != 3 || !s.r.Erasing.Running() {
		t.Errorf("it was tried %d times, want 3", s.tries)
	}
}
