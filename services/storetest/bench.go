package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Bench measures what a store must be fast at. open returns an empty store, and
// closes it when its benchmark ends.
func Bench(b *testing.B, open func(b *testing.B) Store) {
	for _, bench := range []struct {
		name string
		run  func(ctx context.Context, b *testing.B, s Store)
	}{
		{"a receipt durably saved", benchReceipt},
		{"a case updated under its guard", benchUpdate},
		{"a client saved, 75 open cases to mark", benchMark},
		{"a client saved, 75 open cases marked", benchMarked},
		{"10,000 clients read for matching", benchMatchable},
		{"a page of 100 clients opened", benchClients},
		{"50 mails claimed and recorded", benchDeliveries},
	} {
		b.Run(bench.name, func(b *testing.B) { bench.run(b.Context(), b, open(b)) })
	}
}

func benchReceipt(ctx context.Context, b *testing.B, s Store) {
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprintf("receipt-%09d", n.Add(1))
			if _, _, err := s.SaveReceipt(ctx, receiptOf(id, id, at(0))); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func benchUpdate(ctx context.Context, b *testing.B, s Store) {
	createIncident(ctx, b, s, busyIncident(anna, "incident-1"))
	for b.Loop() {
		_, err := s.UpdateIncident(ctx, anna, "incident-1", func(i *incidents.Incident) error { i.Assessment.Came++; return nil })
		ok(b, "update", err)
	}
}

// openCases is how many cases stand open in a practice that has a bad year.
const openCases = 75

func openCaseIDs() []string {
	ids := make([]string, openCases)
	for n := range ids {
		ids[n] = fmt.Sprintf("incident-%d", n)
	}
	return ids
}

// benchMark is the first save after all cases were assessed.
func benchMark(ctx context.Context, b *testing.B, s Store) {
	ids := openCaseIDs()
	assessed(ctx, b, s, anna, ids...)
	for b.Loop() {
		b.StopTimer()
		for _, id := range ids {
			renew(ctx, b, s, anna, id)
		}
		b.StartTimer()
		_, err := s.PutClients(ctx, anna, []registry.Client{clientOf(anna, "client-1", "c-1")})
		ok(b, "put", err)
	}
}

// benchMarked is every further save until then.
func benchMarked(ctx context.Context, b *testing.B, s Store) {
	assessed(ctx, b, s, anna, openCaseIDs()...)
	for b.Loop() {
		_, err := s.PutClients(ctx, anna, []registry.Client{clientOf(anna, "client-1", "c-1")})
		ok(b, "put", err)
	}
}

func benchMatchable(ctx context.Context, b *testing.B, s Store) {
	manyClients(ctx, b, s, anna, 10_000)
	for b.Loop() {
		list, err := s.MatchableClients(ctx, anna, "", 20_000)
		ok(b, "read", err)
		same(b, "clients", 10_000, len(list))
	}
}

func benchClients(ctx context.Context, b *testing.B, s Store) {
	ids := manyClients(ctx, b, s, anna, 1_000)
	for n := 0; b.Loop(); n++ {
		list, err := s.Clients(ctx, anna, ids[n*100%900], 100)
		ok(b, "read", err)
		same(b, "clients", 100, len(list))
	}
}

func benchDeliveries(ctx context.Context, b *testing.B, s Store) {
	notice := approvedNotice(incidentOf(anna, "incident-1", at(0)), "notice-1")
	createNotice(ctx, b, s, notice)
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		var rows []incidents.Delivery
		for i := range 50 {
			rows = append(rows, deliveryOf(notice, fmt.Sprintf("client-%d-%d", n, i)))
		}
		putDeliveries(ctx, b, s, rows...)
		b.StartTimer()
		won := claim(ctx, b, s, at(30), mapped(rows, idOfDelivery)...)
		for i := range won {
			won[i].Record(answerAt(at(31), incidents.Accepted), time.Time{})
		}
		saved, err := s.RecordDeliveries(ctx, anna, won)
		ok(b, "record", err)
		same(b, "saved", 50, len(saved))
	}
}
