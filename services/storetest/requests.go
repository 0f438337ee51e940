package storetest

import (
	"context"
	"sync"
	"testing"
	"time"
)

func requestTests() []test {
	return []test{
		{"the first request runs, a repeat gets it back", requestRepeated},
		{"a finished request gives its answer", requestFinished},
		{"of requests that race one runs", requestsRaced},
		{"a dropped request may run again", requestDropped},
	}
}

func requestOf(practice string) Request {
	return Request{PracticeID: practice, Key: "key-1", BodyHash: "hash-of-body", At: at(0)}
}

func begin(t testing.TB, ctx context.Context, s Store, r Request) (Request, bool) {
	t.Helper()
	stored, fresh, err := s.BeginRequest(ctx, r)
	ok(t, "begin request", err)
	return stored, fresh
}

func requestRepeated(t *testing.T, ctx context.Context, s Store) {
	_, fresh := begin(t, ctx, s, requestOf(anna))
	same(t, "the first is fresh", true, fresh)
	repeat := requestOf(anna)
	repeat.BodyHash, repeat.At = "other-body", at(5)
	stored, fresh := begin(t, ctx, s, repeat)
	same(t, "the repeat is fresh", false, fresh)
	same(t, "what is stored: the first, still running", requestOf(anna), stored)
	_, fresh = begin(t, ctx, s, requestOf(bert))
	same(t, "the same key in another practice is fresh", true, fresh)
}

func requestFinished(t *testing.T, ctx context.Context, s Store) {
	begin(t, ctx, s, requestOf(anna))
	want := requestOf(anna)
	want.Status, want.Body, want.Location = 201, []byte(`{"id":"incident-1"}`), "/api/v1/incidents/incident-1"
	ok(t, "finish", s.FinishRequest(ctx, want))
	stored, fresh := begin(t, ctx, s, requestOf(anna))
	same(t, "fresh", false, fresh)
	same(t, "stored", want, stored)
}

func requestsRaced(t *testing.T, ctx context.Context, s Store) {
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

func requestDropped(t *testing.T, ctx context.Context, s Store) {
	begin(t, ctx, s, requestOf(anna))
	begin(t, ctx, s, requestOf(bert))
	ok(t, "drop", s.DropRequest(ctx, anna, "key-1"))
	_, fresh := begin(t, ctx, s, requestOf(bert))
	same(t, "another practice's is kept", false, fresh)
	_, fresh = begin(t, ctx, s, requestOf(anna))
	same(t, "the dropped one runs again", true, fresh)
}

// requestKept reports whether a request of anna's under the key is still known;
// asking makes it known.
func requestKept(t testing.TB, ctx context.Context, s Store, key string, asked time.Time) bool {
	t.Helper()
	r := requestOf(anna)
	r.Key, r.At = key, asked
	_, fresh := begin(t, ctx, s, r)
	return !fresh
}
