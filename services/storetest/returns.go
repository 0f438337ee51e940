package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

func returnTests() []test {
	return []test{
		{"returned mail comes back byte for byte", returnComesBack},
		{"the same message is kept once at one place", returnTwice},
		{"waiting ones come oldest first until they are settled", returnsWait},
		{"a practice sees its own unmatched mail, newest first, and nobody else's", returnsUnmatched},
		{"settled mail goes after thirty days, waiting mail stays", returnsExpire},
		{"a delivery is found by its id alone", deliveryNamed},
	}
}

func returnOf(id string, practice tenant.ID, minute int) incidents.Return {
	return incidents.Return{ID: id, PracticeID: practice, Source: "imap", State: incidents.ReturnWaits, ReceivedAt: at(minute),
		RawHash: "hash-of-" + id, Raw: []byte("From: mailer\r\n\r\n\x00\xff " + id)}
}

func saveReturn(ctx context.Context, t *testing.T, s Store, r incidents.Return) (string, bool) {
	t.Helper()
	id, fresh, err := s.SaveReturn(ctx, r)
	ok(t, "save return", err)
	return id, fresh
}

func returnComesBack(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{anna, ""} {
		want := returnOf("return-"+practice, tenant.ID(practice), 0)
		_, fresh := saveReturn(ctx, t, s, want)
		same(t, "fresh", true, fresh)
		same(t, "return", want, answered[incidents.Return](t, "read")(s.Return(ctx, want.ID)))
	}
	_, err := s.Return(ctx, "return-unknown")
	refused(t, "an unknown return", err, fault.NotFound)
	refused(t, "settle an unknown return", s.SettleReturn(ctx, returnOf("return-unknown", anna, 0)), fault.NotFound)
}

func returnTwice(ctx context.Context, t *testing.T, s Store) {
	first := returnOf("return-1", anna, 0)
	saveReturn(ctx, t, s, first)
	again, elsewhere := first, first
	again.ID, elsewhere.ID, elsewhere.PracticeID = "return-2", "return-3", bert
	id, fresh := saveReturn(ctx, t, s, again)
	same(t, "id", "return-1", id)
	same(t, "fresh", false, fresh)
	_, fresh = saveReturn(ctx, t, s, elsewhere)
	same(t, "fresh at another practice", true, fresh)
}

func returnsWait(ctx context.Context, t *testing.T, s Store) {
	for n, minute := range []int{3, 1, 2} {
		saveReturn(ctx, t, s, returnOf(fmt.Sprintf("return-%d-%d", n, minute), tenant.ID([]string{anna, "", bert}[n]), minute))
	}
	waiting := func(limit int) []string {
		return answered[[]string](t, "waiting")(s.WaitingReturns(ctx, limit))
	}
	same(t, "waiting", []string{"return-1-1", "return-2-2", "return-0-3"}, waiting(10))
	same(t, "at most two", []string{"return-1-1", "return-2-2"}, waiting(2))
	r := answered[incidents.Return](t, "read")(s.Return(ctx, "return-1-1"))
	r.Settle(incidents.HardReturn, "5.1.1", incidents.Key{PracticeID: anna, ID: "delivery-1"}, at(9))
	ok(t, "settle", s.SettleReturn(ctx, r))
	same(t, "after one is settled", []string{"return-2-2", "return-0-3"}, waiting(10))
	same(t, "the settled one", r, answered[incidents.Return](t, "read")(s.Return(ctx, "return-1-1")))
	if r.Raw != nil {
		t.Error("a matched message is still kept")
	}
}

func returnsUnmatched(ctx context.Context, t *testing.T, s Store) {
	for n, practice := range []string{anna, anna, bert, "", anna} {
		r := returnOf(fmt.Sprintf("return-%d", n), tenant.ID(practice), n)
		saveReturn(ctx, t, s, r)
		to := incidents.Key{}
		if n == 4 {
			to = incidents.Key{PracticeID: anna, ID: "delivery-1"}
		}
		r.Settle(incidents.UnknownReturn, "", to, at(10+n))
		ok(t, "settle", s.SettleReturn(ctx, r))
	}
	var ids []string
	for _, r := range answered[[]incidents.Return](t, "unmatched")(s.UnmatchedReturns(ctx, anna, 10)) {
		ids = append(ids, r.ID)
	}
	same(t, "unmatched", []string{"return-1", "return-0"}, ids)
	same(t, "count", int64(2), answered[int64](t, "count")(s.CountUnmatchedReturns(ctx, anna)))
	same(t, "the host's", int64(1), answered[int64](t, "count")(s.CountUnmatchedReturns(ctx, "")))
}

func returnsExpire(ctx context.Context, t *testing.T, s Store) {
	settled, waits := returnOf("return-1", anna, 0), returnOf("return-2", anna, 0)
	saveReturn(ctx, t, s, settled)
	saveReturn(ctx, t, s, waits)
	settled.Settle(incidents.UnknownReturn, "", incidents.Key{}, at(0))
	ok(t, "settle", s.SettleReturn(ctx, settled))
	ok(t, "expire", s.Expire(ctx, at(0).Add(incidents.KeepReturns-time.Second)))
	answered[incidents.Return](t, "read before its time")(s.Return(ctx, "return-1"))
	ok(t, "expire", s.Expire(ctx, at(0).Add(incidents.KeepReturns+time.Second)))
	_, err := s.Return(ctx, "return-1")
	refused(t, "an expired one", err, fault.NotFound)
	answered[incidents.Return](t, "read one that waits")(s.Return(ctx, "return-2"))
}

func deliveryNamed(ctx context.Context, t *testing.T, s Store) {
	for _, practice := range []string{bert, anna} {
		ok(t, "put", s.PutDeliveries(ctx, tenant.ID(practice), []incidents.Delivery{{ID: "named", State: incidents.Queued}, {ID: "other-" + practice, State: incidents.Queued}}))
	}
	keys := answered[[]incidents.Key](t, "named")(s.DeliveriesNamed(ctx, "named", 10))
	sameList(t, "both", []incidents.Key{{PracticeID: anna, ID: "named"}, {PracticeID: bert, ID: "named"}}, keys)
	keys = answered[[]incidents.Key](t, "named")(s.DeliveriesNamed(ctx, "other-"+anna, 10))
	sameList(t, "one", []incidents.Key{{PracticeID: anna, ID: "other-" + anna}}, keys)
	sameList(t, "none", []incidents.Key(nil), answered[[]incidents.Key](t, "named")(s.DeliveriesNamed(ctx, "nobody", 10)))
}

// returnCalls have no practice: a message names none until it is matched, and who
// sees which is in the tests above.
func returnCalls() []call {
	return []call{
		gives("SaveReturn", adds, func(ctx context.Context, s Store, p tenant.ID, _ world) (string, error) {
			id, _, err := s.SaveReturn(ctx, returnOf("return-new-"+string(p), p, 0))
			return id, err
		}),
		gives("Return", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) (incidents.Return, error) {
			return s.Return(ctx, "return-new-"+string(p))
		}),
		does("SettleReturn", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) error {
			return s.SettleReturn(ctx, returnOf("return-new-"+string(p), p, 0))
		}),
		gives("WaitingReturns", hostWide, func(ctx context.Context, s Store, _ tenant.ID, _ world) ([]string, error) {
			return s.WaitingReturns(ctx, 10)
		}),
		gives("UnmatchedReturns", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) ([]incidents.Return, error) {
			return s.UnmatchedReturns(ctx, p, 10)
		}),
		gives("CountUnmatchedReturns", hostWide, func(ctx context.Context, s Store, p tenant.ID, _ world) (int64, error) {
			return s.CountUnmatchedReturns(ctx, p)
		}),
		gives("DeliveriesNamed", hostWide, func(ctx context.Context, s Store, _ tenant.ID, w world) ([]incidents.Key, error) {
			return s.DeliveriesNamed(ctx, w.deliveries[0].ID, 10)
		}),
	}
}
