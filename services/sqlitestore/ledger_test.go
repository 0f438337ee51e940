package sqlitestore_test

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// An answer that was recorded is seen by whoever looks afterwards, also while
// another reader's look is just bringing rows over from the ledger.
func TestWhoRecordedAnAnswerSeesItWhileOthersRead(t *testing.T) {
	s := empty(t)
	ctx, stop := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	defer reading.Wait()
	defer stop()
	for range 3 {
		reading.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.DeliveriesOf(ctx, "p1", "n0", nil, "", 10) // ends with the test
			}
		})
	}
	for n := range 40 {
		notice, id := "n"+strconv.Itoa(n), "d"+strconv.Itoa(n)
		if err := s.PutDeliveries(ctx, "p1", []incidents.Delivery{deliveryOf(notice, id)}); err != nil {
			t.Fatal(err)
		}
		answer(t, s, id)
		left, err := s.UnansweredDeliveries(ctx, "p1", notice, "", 1)
		if err != nil || len(left) > 0 {
			t.Fatalf("mail %d was answered, but is listed as unanswered: %v %v", n, left, err)
		}
	}
}

// answer claims a mail and records that it was taken.
func answer(t *testing.T, s store, id string) {
	t.Helper()
	rows, err := s.DeliveriesByIDs(t.Context(), "p1", []string{id})
	if err != nil || len(rows) != 1 {
		t.Fatalf("read %s: %d rows, %v", id, len(rows), err)
	}
	if err := rows[0].Claim(noon(), time.Minute); err != nil {
		t.Fatal(err)
	}
	rows, err = s.RecordDeliveries(t.Context(), "p1", rows)
	if err != nil || len(rows) != 1 {
		t.Fatalf("claim %s: %d rows, %v", id, len(rows), err)
	}
	rows[0].Record(incidents.Answer{Kind: incidents.Accepted, Stage: "dot", Code: 250, At: noon()}, time.Time{})
	if rows, err = s.RecordDeliveries(t.Context(), "p1", rows); err != nil || len(rows) != 1 {
		t.Fatalf("record %s: %d rows, %v", id, len(rows), err)
	}
}

type store interface {
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error)
}
