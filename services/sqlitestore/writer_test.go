package sqlitestore_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"datalek/incidents"
)

// Who waits at a screen is served before the work that waits already, in the next
// commit; and what is behind is done all the same.
func TestAWriteThatSomebodyWaitsForGoesFirst(t *testing.T) {
	s := open(t, t.TempDir())
	const many = 120
	begun, goOn := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	var mu sync.Mutex
	var order []string
	note := func(what string) func() {
		return func() {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
		}
	}
	write := func(ctx context.Context, run func()) {
		all.Go(func() {
			if err := s.Write(ctx, run); err != nil {
				t.Error(err)
			}
		})
	}
	write(t.Context(), func() { close(begun); <-goOn })
	<-begun
	for range many {
		write(incidents.Behind(t.Context()), note("behind"))
	}
	s.AwaitWaiting(0, many)
	write(t.Context(), note("ahead"))
	s.AwaitWaiting(1, many)
	close(goOn)
	all.Wait()
	if at := slices.Index(order, "ahead"); at != 0 || len(order) != many+1 {
		t.Errorf("the write came after %d others, and %d were done", at, len(order))
	}
}

// A page reads though all connections of the work behind it are in use.
func TestAReadThatSomebodyWaitsForNeedsNoConnectionOfTheWork(t *testing.T) {
	s := open(t, t.TempDir())
	release := s.HoldReaders(incidents.Behind(t.Context()))
	defer release()
	if _, err := s.CountClients(t.Context(), "p1"); err != nil {
		t.Error(err)
	}
}
