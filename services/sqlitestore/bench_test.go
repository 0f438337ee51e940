package sqlitestore_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/services/sqlitestore"
	"datalek/services/storetest"
)

// BenchmarkStore measures what every store must be fast at.
func BenchmarkStore(b *testing.B) {
	storetest.Bench(b, func(b *testing.B) storetest.Store { return empty(b) })
}

// manyClients is the largest practice the speeds are promised for.
const manyClients = 10_000

// someClient is a client such as practices have: two spans of guidance, five
// systems that hold something of him.
func someClient(n int, random *rand.Rand) registry.Client {
	from, until := noon().AddDate(-2, 0, n%300), noon().AddDate(1, 0, 0)
	c := registry.Client{
		ID: fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()), PracticeID: "p1", Language: "nl", Relation: registry.RelationClient, BirthYear: 1980,
		Person: registry.Person{ExternalID: fmt.Sprintf("c-%d", n), Name: fmt.Sprintf("Klant %d", n), Email: fmt.Sprintf("klant%d@example.org", n), Phone: "06 00 00 00 00"},
		Guidance: []registry.Guidance{{From: registry.Date{Year: 2022, Month: 1, Day: 3}, Until: registry.Date{Year: 2022, Month: 9, Day: 30}},
			{From: registry.Date{Year: 2025, Month: 2, Day: 3}}},
		UpdatedAt: noon(),
	}
	for _, system := range []string{"mailbox", "client-file", "agenda", "drive", "bookkeeping"} {
		c.Holdings = append(c.Holdings, registry.Holding{System: system, Categories: []registry.Category{registry.Name, registry.Contact, registry.Health},
			Identifiability: registry.Identified, From: &from, Until: &until})
	}
	return c
}

func BenchmarkPut1000Clients(b *testing.B) {
	s, random, n := empty(b), rand.New(rand.NewPCG(1, 2)), 0
	for b.Loop() {
		clients := make([]registry.Client, 1000)
		for i := range clients {
			n++
			clients[i] = someClient(n, random)
		}
		if _, err := s.PutClients(b.Context(), "p1", clients); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAcceptReceipt is a processor's message made durable, 32 senders at once.
func BenchmarkAcceptReceipt(b *testing.B) {
	s := empty(b)
	raw := make([]byte, 2048)
	var n atomic.Int64
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			id := fmt.Sprintf("receipt-%d", n.Add(1))
			_, fresh, err := s.SaveReceipt(b.Context(), incidents.Receipt{ID: id, DedupeKey: id, ProcessorID: "x", ReceivedAt: noon(), Raw: raw})
			if err != nil || !fresh {
				b.Error(fresh, err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
}

// BenchmarkAcceptReceiptAlone is the same with one sender, who waits each time.
func BenchmarkAcceptReceiptAlone(b *testing.B) {
	s := empty(b)
	raw, n := make([]byte, 2048), 0
	for b.Loop() {
		n++
		id := fmt.Sprintf("receipt-%d", n)
		if _, _, err := s.SaveReceipt(b.Context(), incidents.Receipt{ID: id, DedupeKey: id, ProcessorID: "x", ReceivedAt: noon(), Raw: raw}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "receipts/s")
}

func BenchmarkSave10000Affected(b *testing.B) {
	s, version := empty(b), int64(0)
	rows := make([]incidents.Affected, manyClients)
	from := noon()
	for b.Loop() {
		version++
		for i := range rows {
			rows[i] = incidents.Affected{ID: fmt.Sprintf("c%06d", i), IncidentID: "i1", Version: version, ClientID: fmt.Sprintf("c%06d", i), Group: incidents.InGuidance,
				InScope: true, Certainty: incidents.Certain, Readers: []string{fmt.Sprintf("c%06d", i)},
				Reasons: []incidents.Reason{{Code: incidents.ReasonHeld, System: "mailbox", At: &from}, {Code: incidents.ReasonInGuidance, Day: registry.Date{Year: 2027, Month: 3, Day: 8}}}}
		}
		if err := s.SaveAffected(b.Context(), "p1", rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadersOf10000InScope(b *testing.B) {
	s := empty(b)
	rows := make([]incidents.Affected, manyClients)
	for i := range rows {
		id := fmt.Sprintf("c%06d", i)
		rows[i] = incidents.Affected{ID: id, IncidentID: "i1", Version: 1, ClientID: id, InScope: true, Readers: []string{id}}
	}
	if err := s.SaveAffected(b.Context(), "p1", rows); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		found, err := s.ReadersInScope(b.Context(), "p1", "i1", 1)
		if err != nil || len(found) != manyClients {
			b.Fatal(len(found), err)
		}
	}
}

// BenchmarkMailsGoingOut claims, answers and notes the mails of a notice as the
// mailer does: four answers and the next four claims in one write, and the log
// told of 250 at a time.
func BenchmarkMailsGoingOut(b *testing.B) {
	const mails, lanes, noted = 5_000, 4, 250
	s, ctx := empty(b), b.Context()
	for n := 0; b.Loop(); n++ {
		b.StopTimer()
		notice, ids := fmt.Sprintf("n%d", n), make([]string, mails)
		rows := make([]incidents.Delivery, mails)
		for i := range rows {
			ids[i] = fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%d/%d", n, i)))[:24]
			rows[i] = deliveryOf(notice, ids[i])
		}
		if err := s.PutDeliveries(ctx, "p1", rows); err != nil {
			b.Fatal(err)
		}
		slices.Sort(ids)
		b.StartTimer()
		for part := range slices.Chunk(ids, noted) {
			mailOut(b, s, part, lanes)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e6/float64(b.N*mails), "µs/mail")
}

func mailOut(b *testing.B, s *sqlitestore.Store, ids []string, lanes int) {
	b.Helper()
	ctx := b.Context()
	rows, err := s.DeliveriesByIDs(ctx, "p1", ids)
	if err != nil {
		b.Fatal(err)
	}
	var under, done []incidents.Delivery
	for len(rows)+len(under) > 0 {
		answers := len(under)
		for i := range under {
			under[i].Record(incidents.Answer{Kind: incidents.Accepted, Stage: "data", Server: "127.0.0.1:25", Code: 250, Text: "2.0.0 OK: queued", At: noon()}, noon())
		}
		next := min(lanes, len(rows))
		for i := range rows[:next] {
			_ = rows[i].Claim(noon(), time.Minute)
		}
		saved, err := s.RecordDeliveries(ctx, "p1", append(under, rows[:next]...))
		if err != nil || len(saved) != answers+next {
			b.Fatal(len(saved), err)
		}
		rows, done, under = rows[next:], append(done, saved[:answers]...), slices.Clone(saved[answers:])
	}
	if err := s.MarkNoted(ctx, "p1", done); err != nil {
		b.Fatal(err)
	}
}
