package retention_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/incidents/tenant"
)

// world is a practice in memory.
type world struct {
	mu       sync.Mutex
	practice registry.Practice
	systems  []registry.System
	clients  map[string]registry.Client
	cases    []*incidents.Incident
	affected []incidents.Affected
	// writes left before the store goes away; negative is for ever.
	writes int
}

var errAway = errors.New("the store is away")

func (w *world) Systems(context.Context, tenant.ID, string, int) ([]registry.System, error) {
	return w.systems, nil
}

func (w *world) MatchableClients(_ context.Context, _ tenant.ID, after string, limit int) ([]registry.Client, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var some []registry.Client
	for id, c := range w.clients {
		if id > after {
			some = append(some, c)
		}
	}
	slices.SortFunc(some, func(a, b registry.Client) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return some[:min(limit, len(some))], nil
}

func (w *world) Practice(context.Context, tenant.ID) (registry.Practice, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.practice, nil
}

func (w *world) spend() error {
	if w.writes == 0 {
		return errAway
	}
	w.writes--
	return nil
}

func (w *world) UpdatePractice(_ context.Context, _ tenant.ID, change func(*registry.Practice) error) (registry.Practice, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.practice
	p.Outbox.Pending = slices.Clone(p.Outbox.Pending)
	if err := change(&p); err != nil {
		return p, err
	}
	if err := w.spend(); err != nil {
		return p, err
	}
	w.practice = p
	return p, nil
}

func (w *world) UpdateClient(_ context.Context, _ tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, some := w.clients[id]
	if !some {
		return c, fault.NotFound
	}
	if err := change(&c); err != nil {
		return c, err
	}
	if err := w.spend(); err != nil {
		return c, err
	}
	w.clients[id] = c
	return c, nil
}

func (w *world) RemoveClients(_ context.Context, _ tenant.ID, ids []string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		delete(w.clients, id)
	}
	return nil
}

func (w *world) OpenIncidents(context.Context, tenant.ID, string, int) ([]*incidents.Incident, error) {
	return w.cases, nil
}

func (w *world) AffectedByIDs(_ context.Context, _ tenant.ID, _ string, _ int64, ids []string) ([]incidents.Affected, error) {
	var rows []incidents.Affected
	for _, a := range w.affected {
		if slices.Contains(ids, a.ID) {
			rows = append(rows, a)
		}
	}
	return rows, nil
}

func (w *world) calendar(t *testing.T, now time.Time) retention.Calendar {
	t.Helper()
	cal, err := retention.Read(t.Context(), w, w.practice, now)
	if err != nil {
		t.Fatal(err)
	}
	return cal
}

func (w *world) due(t *testing.T, id string) []retention.Due {
	t.Helper()
	rules, err := retention.RulesOf(w.practice, w.systems)
	if err != nil {
		t.Fatal(err)
	}
	return rules.Of(w.clients[id])
}

func day(text string) registry.Date {
	d, err := registry.ParseDate(text)
	if err != nil {
		panic(err)
	}
	return d
}

func noon(text string) time.Time { return day(text).Start(time.UTC).Add(12 * time.Hour) }

// practiceOf has a mailbox that is emptied at once, a client file kept for two years
// in which something may stay with permission, a diary that is cleared each month,
// a newsletter that ends when somebody withdraws, and this program itself.
func practiceOf() *world {
	system := func(id string, rules ...registry.HoldingRule) registry.System {
		return registry.System{ID: id, PracticeID: "p", Name: id, Categories: []registry.Category{registry.Name, registry.SessionNotes}, Identifiability: registry.Identified, Rules: rules}
	}
	clients := registry.HoldingRule{Relations: []registry.Relation{registry.RelationClient}}
	return &world{writes: -1, clients: map[string]registry.Client{}, practice: registry.Practice{ID: "p", TimeZone: "Europe/Amsterdam", Policy: registry.Policy{Retention: []registry.RetentionRule{
		{Systems: []string{"file"}, From: registry.FromLastContact, Months: 24, WithinMonths: 6, Action: registry.Pseudonymise, WithPermission: []registry.Category{registry.Name}},
		{Systems: []string{"diary"}, From: registry.FromEntry, Months: 1},
		{Systems: []string{"letters"}, From: registry.UntilWithdrawal},
		{From: registry.FromGuidance},
	}}}, systems: []registry.System{system("mailbox"), system("file", clients), system("diary", clients), system("letters"), system(retention.OwnSystem)}}
}

func (w *world) add(id string, change ...func(*registry.Client)) {
	c := registry.Client{ID: id, PracticeID: "p", Relation: registry.RelationClient, HoldingsByRule: true,
		Guidance: []registry.Guidance{{From: day("2025-01-01"), Until: day("2026-05-31")}}}
	for _, f := range change {
		f(&c)
	}
	w.clients[id] = c
}

// crowd adds people of every sort, by chance.
func (w *world) crowd(random *rand.Rand, n int) {
	some := func(percent int) bool { return random.IntN(100) < percent }
	anyDay := func() registry.Date { return day("2022-01-01").AddDays(random.IntN(1700)) }
	for i := range n {
		w.add(fmt.Sprintf("c%04d", i), func(c *registry.Client) {
			c.Relation, c.HoldingsByRule = registry.Relations()[random.IntN(len(registry.Relations()))], some(85)
			c.Guidance = nil
			for range random.IntN(3) { // none, one, or one and then again
				from := anyDay()
				g := registry.Guidance{From: from}
				if some(80) {
					g.Until = from.AddDays(random.IntN(400))
				}
				c.Guidance = append(c.Guidance, g)
			}
			if some(30) {
				c.FirstContact, c.LastContact = day("2022-01-01"), anyDay()
			}
			if some(15) {
				c.Without = []string{w.systems[random.IntN(len(w.systems))].ID}
			}
			if some(30) {
				c.Gone = []registry.Gone{{System: w.systems[random.IntN(len(w.systems))].ID, At: anyDay().Start(time.UTC)}}
			}
			if some(20) {
				c.Exemptions = []registry.Exemption{{System: w.systems[random.IntN(len(w.systems))].ID, Why: registry.ExemptReasons()[random.IntN(4)], At: noon("2026-01-01")}}
			}
			if some(20) {
				c.KeepAgreed = day("2024-01-01")
			}
			for range random.IntN(3) {
				h := registry.Holding{System: w.systems[random.IntN(len(w.systems))].ID, Categories: []registry.Category{registry.Name}, Identifiability: registry.Identified}
				if some(60) {
					until := anyDay().Start(time.UTC)
					h.Until = &until
				}
				if some(30) {
					gone := anyDay().Start(time.UTC)
					h.DestroyedAt = &gone
				}
				c.Holdings = append(c.Holdings, h)
			}
		})
	}
}
