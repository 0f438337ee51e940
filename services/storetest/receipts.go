package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func receiptTests() []test {
	return []test{
		{"a receipt comes back byte for byte", receiptComesBack},
		{"a replay stores nothing and gets the first id", receiptReplayed},
		{"replays that race store one receipt", receiptsRaced},
		{"fanning out is resumed where it came to", receiptAdvanced},
		{"pending receipts come oldest first, those before the instant", receiptsPending},
		{"a receipt is found by the hash of its sender's page, and by no other", receiptByStatus},
		{"receipts of one case of a sender come together, oldest first", receiptsOfCase},
		{"receipts of one practice and of the host are listed apart, newest first, in pages", receiptsListed},
		{"whom receipts reached is counted by practice, each once", reachCounted},
	}
}

func saveReceipt(ctx context.Context, t *testing.T, s Store, r incidents.Receipt) (string, bool) {
	t.Helper()
	id, fresh, err := s.SaveReceipt(ctx, r)
	ok(t, "save receipt", err)
	return id, fresh
}

func receiptComesBack(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, ""} {
		want := receiptOf("receipt-"+practice, "dedupe-"+practice, at(0))
		want.PracticeID = tenant.ID(practice)
		want.Raw = []byte("{\x00\xff not UTF-8 }")
		id, fresh := saveReceipt(ctx, t, s, want)
		same(t, "id", want.ID, id)
		same(t, "fresh", true, fresh)
		same(t, "receipt", want, answered[incidents.Receipt](t, "read")(s.Receipt(ctx, want.ID)))
	}
	_, err := s.Receipt(ctx, "receipt-unknown")
	refused(t, "an unknown receipt", err, fault.NotFound)
}

func receiptReplayed(ctx context.Context, t *testing.T, s Store) {
	first := receiptOf("receipt-1", "dedupe-1", at(0))
	saveReceipt(ctx, t, s, first)
	replay := receiptOf("receipt-2", "dedupe-1", at(5))
	replay.Raw = []byte("other bytes")
	id, fresh := saveReceipt(ctx, t, s, replay)
	same(t, "id", "receipt-1", id)
	same(t, "fresh", false, fresh)
	same(t, "the first", first, answered[incidents.Receipt](t, "read")(s.Receipt(ctx, "receipt-1")))
	_, err := s.Receipt(ctx, "receipt-2")
	refused(t, "the replay's own id", err, fault.NotFound)
}

func receiptsRaced(ctx context.Context, t *testing.T, s Store) {
	const rounds = 10
	var mu sync.Mutex
	winners, ids := map[string]int{}, map[string]map[string]bool{}
	race(writers, func(worker int) {
		for round := range rounds {
			key := fmt.Sprintf("dedupe-%d", round)
			id, fresh, err := s.SaveReceipt(ctx, receiptOf(fmt.Sprintf("receipt-%d-%d", round, worker), key, at(round)))
			if err != nil {
				t.Errorf("save: %v", err)
				continue
			}
			mu.Lock()
			if ids[key] == nil {
				ids[key] = map[string]bool{}
			}
			ids[key][id] = true
			if fresh {
				winners[key]++
			}
			mu.Unlock()
		}
	})
	for round := range rounds {
		key := fmt.Sprintf("dedupe-%d", round)
		if winners[key] != 1 || len(ids[key]) != 1 {
			t.Errorf("%s: %d were told they are the first, %d ids were given; want one", key, winners[key], len(ids[key]))
		}
		for id := range ids[key] {
			same(t, "the receipt of the id", key, answered[incidents.Receipt](t, "read")(s.Receipt(ctx, id)).DedupeKey)
		}
	}
}

func receiptAdvanced(ctx context.Context, t *testing.T, s Store) {
	saveReceipt(ctx, t, s, receiptOf("receipt-1", "dedupe-1", at(0)))
	pending := func(want ...string) {
		t.Helper()
		list := answered[[]string](t, "pending")(s.PendingReceipts(ctx, at(60), 10))
		sameList(t, "pending", want, list)
	}
	pending("receipt-1")
	ok(t, "advance", s.AdvanceReceipt(ctx, "receipt-1", bert, time.Time{}))
	pending("receipt-1")
	ok(t, "advance", s.AdvanceReceipt(ctx, "receipt-1", "practice-last", at(7)))
	pending()
	got := answered[incidents.Receipt](t, "read")(s.Receipt(ctx, "receipt-1"))
	want := receiptOf("receipt-1", "dedupe-1", at(0))
	want.Reached, want.DoneAt = "practice-last", at(7)
	same(t, "receipt", want, got)
	refused(t, "advance an unknown receipt", s.AdvanceReceipt(ctx, "receipt-unknown", bert, time.Time{}), fault.NotFound)
}

func receiptsPending(ctx context.Context, t *testing.T, s Store) {
	for n, order := range []int{3, 1, 4, 0, 2} {
		id := fmt.Sprintf("receipt-%c-%d", 'a'+n, order)
		saveReceipt(ctx, t, s, receiptOf(id, id, at(order)))
	}
	list := answered[[]string](t, "pending")(s.PendingReceipts(ctx, at(4), 10))
	same(t, "before the newest", []string{"receipt-d-0", "receipt-b-1", "receipt-e-2", "receipt-a-3"}, list)
	list = answered[[]string](t, "pending")(s.PendingReceipts(ctx, at(60), 2))
	same(t, "at most two", []string{"receipt-d-0", "receipt-b-1"}, list)
}
