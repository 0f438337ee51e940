package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents/fault"
)

// writers is how many goroutines race where a promise is about racing.
const writers = 8

// ok ends the test when a step that must work does not.
func ok(t testing.TB, step string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", step, err)
	}
}

// answered returns what a call gave, and ends the test when it gave an error.
func answered[T any](t testing.TB, step string) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		ok(t, step, err)
		return v
	}
}

// refused checks the kind of a failure.
func refused(t testing.TB, step string, err error, want fault.Code) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got error %v, want %s", step, err, want)
	}
}

// same compares whole values: nil and empty lists differ, and times must be UTC.
func same[T any](t testing.TB, what string, want, got T) {
	t.Helper()
	if diff := difference(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func difference(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b time.Time) bool {
		return a.Equal(b) && a.Location() == b.Location()
	}))
}

// sameList compares lists; nil and empty are the same to a caller.
func sameList[T any](t testing.TB, what string, want, got []T) {
	t.Helper()
	if len(want)+len(got) > 0 {
		same(t, what, want, got)
	}
}

// empty checks that a list has nothing in it; nil or not is the same to a caller.
func empty[T any](t testing.TB, what string, list []T, err error) {
	t.Helper()
	if err != nil || len(list) != 0 {
		t.Errorf("%s: got %d items and error %v, want none", what, len(list), err)
	}
}

// race runs do in several goroutines at once and waits for all.
func race(n int, do func(worker int)) {
	var all sync.WaitGroup
	begin := make(chan struct{})
	for worker := range n {
		all.Go(func() {
			<-begin
			do(worker)
		})
	}
	close(begin)
	all.Wait()
}

// walk reads a list page by page and returns the keys seen, in order. between
// runs after the first page.
func walk[T any](t testing.TB, limit int, key func(T) string, read func(after string, limit int) ([]T, error), between func()) []string {
	t.Helper()
	var keys []string
	for after := ""; ; {
		list := answered[[]T](t, "read a page")(read(after, limit))
		if len(list) > limit {
			t.Fatalf("a page holds %d items, at most %d were asked for", len(list), limit)
		}
		for _, v := range list {
			keys = append(keys, key(v))
		}
		if len(list) < limit {
			return keys
		}
		if len(keys) > 100_000 {
			t.Fatal("paging never ends")
		}
		if after == "" && between != nil {
			between()
		}
		after = keys[len(keys)-1]
	}
}

// mapped returns the keys of a list.
func mapped[A, B any](list []A, key func(A) B) []B {
	var keys []B
	for _, v := range list {
		keys = append(keys, key(v))
	}
	return keys
}

// cancelled returns a context that is over.
func cancelled(ctx context.Context) context.Context {
	over, cancel := context.WithCancel(ctx)
	cancel()
	return over
}
