package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"datalek/incidents/tenant"
)

func requestTests() []test {
	return []test{
		{"the first request runs, a repeat gets it back", requestRepeated},
		{"a finished request gives its answer", requestFinished},
		{"of requests that race one runs", requestsRaced},
		{"a dropped request may run again", requestDropped},
	}
}

func requestOf(practice tenant.ID) Request {
	return Request{PracticeID: practice, Key: "key-1", BodyHash: "hash-of-body", At: at(0)}
}

func begin(ctx context.Context, t testing.TB, s Store, r Request) (Request, bool) {
	t.Helper()
	stored, fresh, err := s.BeginRequest(ctx, r)
	ok(t, "begin request", err)
	return stored, fresh
}

func requestRepeated(ctx context.Context, t *testing.T, s Store) {
	_, fresh := begin(ctx, t, s, requestOf(anna))
	same(t, "the first is fresh", true, fresh)
	repeat := requestOf(anna)
	repeat.BodyHash, repeat.At = "other-body", at(5)
	stored, fresh := begin(ctx, t, s, repeat)
	same(t, "the repeat is fresh", false, fresh)
	same(t, "what is stored: the first, still running", requestOf(anna), stored)
	_, fresh = begin(ctx, t, s, requestOf(bert))
	same(t, "the same key in another practice is fresh", true, fresh)
}

func requestFinished(ctx context.Context, t *testing.T, s Store) {
	begin(ctx, t, s, requestOf(anna))
	want := requestOf(anna)
	want.Status, want.Body, want.Location = 201, []byte(`{"id":"incident-1"}`), "/api/v1/incidents/incident-1"
	ok(t, "finish", s.FinishRequest(ctx, want))
	stored, fresh := begin(ctx, t, s, requestOf(anna))
	same(t, "fresh", false, fresh)
	same(t, "stored", want, stored)
}

func requestsRaced(ctx context.Context, t *testing.T, s Store) {
	var mu sync.Mutex
	winners := 0
	race(writers, func(worker int) {
		r := requestOf(anna)
		r.At = at(worker)
		_, fresh, err := s.BeginRequest(ctx, r)
		if err != nil {
			t.Errorf("begin: %v", err)
		}
		if fresh {
			mu.Lock()
			winners++
			mu.Unlock()
		}
	})
	same(t, "requests that run", 1, winners)
}

func requestDropped(ctx context.Context, t *testing.T, s Store) {
	begin(ctx, t, s, requestOf(anna))
	begin(ctx, t, s, requestOf(bert))
	ok(t, "drop", s.DropRequest(ctx, anna, "key-1"))
	_, fresh := begin(ctx, t, s, requestOf(bert))
	same(t, "another practice's is kept", false, fresh)
	_, fresh = begin(ctx, t, s, requestOf(anna))
	same(t, "the dropped one runs again", true, fresh)
}

// requestKept reports whether a request of anna's under the key is still known;
// asking makes it known.
func requestKept(ctx context.Context, t testing.TB, s Store, key string, asked time.Time) bool {
	t.Helper()
	r := requestOf(anna)
	r.Key, r.At = key, asked
	_, fresh := begin(ctx, t, s, r)
	return !fresh
}
