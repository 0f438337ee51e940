package notifier_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// memStore keeps the store's contract in memory, as far as the workers call it.
// meddle, when set, runs before and after each call without the lock: it may
// run another worker in between, or break the call.
type memStore struct {
	mu         sync.Mutex
	meddle     func(call string, after bool) error
	practices  map[string]registry.Practice
	systems    map[incidents.Key]registry.System
	processors map[incidents.Key]registry.Processor
	clients    map[incidents.Key]registry.Client
	receipts   map[string]incidents.Receipt
	reports    map[incidents.Key]*incidents.Report
	incidents  map[incidents.Key]*incidents.Incident
	notices    map[incidents.Key]*incidents.Notice
	deliveries map[incidents.Key]incidents.Delivery
	affected   map[incidents.Key]map[int64]map[string]incidents.Affected
	entries    map[string][]register.Entry
	numbers    map[string]int64
	settings   map[string][]byte
	versions   map[string]int64
	stuck      map[incidents.Key]incidents.Stuck
}

func newMemStore() *memStore {
	return &memStore{
		practices: map[string]registry.Practice{}, systems: map[incidents.Key]registry.System{},
		processors: map[incidents.Key]registry.Processor{}, clients: map[incidents.Key]registry.Client{},
		receipts: map[string]incidents.Receipt{}, reports: map[incidents.Key]*incidents.Report{},
		incidents: map[incidents.Key]*incidents.Incident{}, notices: map[incidents.Key]*incidents.Notice{},
		deliveries: map[incidents.Key]incidents.Delivery{}, affected: map[incidents.Key]map[int64]map[string]incidents.Affected{},
		entries: map[string][]register.Entry{}, numbers: map[string]int64{}, settings: map[string][]byte{}, versions: map[string]int64{}, stuck: map[incidents.Key]incidents.Stuck{},
	}
}

// call runs one store method under the lock, with the meddling around it.
func (s *memStore) call(ctx context.Context, name string, run func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.meddle != nil {
		if err := s.meddle(name, false); err != nil {
			return err
		}
	}
	if err := s.locked(run); err != nil {
		return err
	}
	if s.meddle != nil {
		return s.meddle(name, true)
	}
	return nil
}

func (s *memStore) locked(run func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return run()
}

func get[K comparable, T any](m map[K]T, k K) (T, error) {
	v, some := m[k]
	if !some {
		return v, fmt.Errorf("read: %w", fault.NotFound)
	}
	return clone(v), nil
}

func key(practice tenant.ID, id string) incidents.Key {
	return incidents.Key{PracticeID: practice, ID: id}
}

// listOf returns the values of one practice in key order, after a key.
func listOf[T any](m map[incidents.Key]T, practice tenant.ID, after string, limit int, fit func(T) bool) []T {
	var ids []string
	for k, v := range m {
		if k.PracticeID == practice && k.ID > after && (fit == nil || fit(v)) {
			ids = append(ids, k.ID)
		}
	}
	slices.Sort(ids)
	var out []T
	for _, id := range ids[:min(limit, len(ids))] {
		out = append(out, clone(m[key(practice, id)]))
	}
	return out
}

// keysOf returns the keys of the values that fit, in order, after a key.
func keysOf[T any](m map[incidents.Key]T, after incidents.Key, limit int, fit func(T) bool) []incidents.Key {
	var out []incidents.Key
	for k, v := range m {
		if compareKeys(k, after) > 0 && fit(v) {
			out = append(out, k)
		}
	}
	slices.SortFunc(out, compareKeys)
	return out[:min(limit, len(out))]
}

func compareKeys(a, b incidents.Key) int {
	return cmp.Or(strings.Compare(string(a.PracticeID), string(b.PracticeID)), strings.Compare(a.ID, b.ID))
}

// update is the optimistic write: change runs without the lock.
func update[T any](ctx context.Context, s *memStore, name string, m map[incidents.Key]T, k incidents.Key, version func(*T) *int64, change func(*T) error) (T, error) {
	var none T
	for range 20 {
		var v T
		err := s.call(ctx, name, func() (err error) { v, err = get(m, k); return err })
		if err != nil {
			return none, err
		}
		was := *version(&v)
		if err := change(&v); err != nil {
			return none, err
		}
		won := false
		err = s.call(ctx, name+"/save", func() error {
			now := m[k]
			if won = *version(&now) == was; won {
				*version(&v) = was + 1
				m[k] = clone(v)
			}
			return nil
		})
		if err != nil {
			return none, err
		}
		if won {
			return v, nil
		}
	}
	return none, fault.Conflict
}

func (s *memStore) Practice(ctx context.Context, id tenant.ID) (p registry.Practice, err error) {
	err = s.call(ctx, "Practice", func() error { p, err = get(s.practices, string(id)); return err })
	return p, err
}

func (s *memStore) Practices(ctx context.Context, after string, limit int) (list []registry.Practice, err error) {
	err = s.call(ctx, "Practices", func() error {
		for _, id := range slices.Sorted(maps.Keys(s.practices)) {
			if id > after && len(list) < limit {
				list = append(list, clone(s.practices[id]))
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) PracticesUsing(ctx context.Context, processor string, after tenant.ID, limit int) (ids []tenant.ID, err error) {
	err = s.call(ctx, "PracticesUsing", func() error {
		for _, k := range slices.SortedFunc(maps.Keys(s.processors), compareKeys) {
			uses := k.ID == processor || slices.Contains(s.processors[k].SubProcessors, processor)
			if uses && s.processors[k].EndedAt.IsZero() && k.PracticeID > after && len(ids) < limit && !slices.Contains(ids, k.PracticeID) {
				ids = append(ids, k.PracticeID)
			}
		}
		return nil
	})
	return ids, err
}

func (s *memStore) UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (p registry.Practice, err error) {
	err = s.call(ctx, "UpdatePractice", func() error {
		if p, err = get(s.practices, string(id)); err != nil {
			return err
		}
		if err = change(&p); err == nil {
			s.practices[string(id)] = clone(p)
		}
		return err
	})
	return p, err
}

// DropDrill removes the practice's row alone: the rest is for the suite of the stores.
func (s *memStore) DropDrill(ctx context.Context, practice, id tenant.ID) error {
	return s.call(ctx, "DropDrill", func() error {
		p, err := get(s.practices, string(id))
		if err == nil && (p.Drill.Of == "" || p.Drill.Of != practice) {
			err = fault.NotFound
		}
		if err == nil {
			delete(s.practices, string(id))
		}
		return err
	})
}

func (s *memStore) NextNumber(ctx context.Context, practice tenant.ID, series string) (n int64, err error) {
	err = s.call(ctx, "NextNumber", func() error {
		s.numbers[string(practice)+series]++
		n = s.numbers[string(practice)+series]
		return nil
	})
	return n, err
}

func (s *memStore) Processor(ctx context.Context, practice tenant.ID, id string) (p registry.Processor, err error) {
	err = s.call(ctx, "Processor", func() error { p, err = get(s.processors, key(practice, id)); return err })
	return p, err
}

func (s *memStore) Processors(ctx context.Context, practice tenant.ID, after string, limit int) (list []registry.Processor, err error) {
	err = s.call(ctx, "Processors", func() error { list = listOf(s.processors, practice, after, limit, nil); return nil })
	return list, err
}

func (s *memStore) Systems(ctx context.Context, practice tenant.ID, after string, limit int) (list []registry.System, err error) {
	err = s.call(ctx, "Systems", func() error { list = listOf(s.systems, practice, after, limit, nil); return nil })
	return list, err
}

func (s *memStore) Clients(ctx context.Context, practice tenant.ID, after string, limit int) (list []registry.Client, err error) {
	err = s.call(ctx, "Clients", func() error { list = listOf(s.clients, practice, after, limit, nil); return nil })
	return list, err
}

func (s *memStore) MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error) {
	list, err := s.Clients(ctx, practice, after, limit)
	for i := range list {
		list[i].Person = registry.Person{}
	}
	return list, err
}

func (s *memStore) ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) (list []registry.Client, err error) {
	err = s.call(ctx, "ClientsByIDs", func() error {
		list = listOf(s.clients, practice, "", 1<<30, func(c registry.Client) bool { return slices.Contains(ids, c.ID) })
		return nil
	})
	return list, err
}

func (s *memStore) ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) (list []registry.Client, err error) {
	err = s.call(ctx, "ClientsByEmails", func() error {
		list = listOf(s.clients, practice, "", 1<<30, func(c registry.Client) bool {
			return slices.ContainsFunc(emails, func(e string) bool { return registry.NormalEmail(e) == registry.NormalEmail(c.Person.Email) })
		})
		return nil
	})
	return list, err
}

func (s *memStore) Receipt(ctx context.Context, id string) (r incidents.Receipt, err error) {
	err = s.call(ctx, "Receipt", func() error { r, err = get(s.receipts, id); return err })
	return r, err
}

func (s *memStore) FileReceipt(ctx context.Context, id, caseHash string) error {
	return s.call(ctx, "FileReceipt", func() error {
		r := s.receipts[id]
		r.CaseHash = caseHash
		s.receipts[id] = r
		return nil
	})
}

func (s *memStore) AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error {
	return s.call(ctx, "AdvanceReceipt", func() error {
		r := s.receipts[id]
		r.Reached, r.DoneAt = reached, doneAt
		s.receipts[id] = r
		return nil
	})
}

func (s *memStore) Receipts(ctx context.Context, practice tenant.ID, after string, limit int) (list []incidents.Receipt, err error) {
	err = s.call(ctx, "Receipts", func() error {
		for _, r := range s.receipts {
			if r.PracticeID == practice {
				list = append(list, r)
			}
		}
		slices.SortFunc(list, func(a, b incidents.Receipt) int {
			return cmp.Or(b.ReceivedAt.Compare(a.ReceivedAt), cmp.Compare(b.ID, a.ID))
		})
		if at := slices.IndexFunc(list, func(r incidents.Receipt) bool { return r.ID == after }); at >= 0 {
			list = list[at+1:]
		}
		list = list[:min(limit, len(list))]
		return nil
	})
	return list, err
}

func (s *memStore) PendingReceipts(ctx context.Context, before time.Time, limit int) (ids []string, err error) {
	err = s.call(ctx, "PendingReceipts", func() error {
		for _, id := range slices.Sorted(maps.Keys(s.receipts)) {
			if r := s.receipts[id]; r.DoneAt.IsZero() && r.ReceivedAt.Before(before) && len(ids) < limit {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

func create[T any](m map[incidents.Key]T, k incidents.Key, v T) error {
	if _, some := m[k]; some {
		return fmt.Errorf("create: %w", fault.Duplicate)
	}
	m[k] = clone(v)
	return nil
}

func (s *memStore) CreateReport(ctx context.Context, r *incidents.Report) error {
	return s.call(ctx, "CreateReport", func() error { return create(s.reports, key(r.PracticeID, r.ID), r) })
}

func (s *memStore) Report(ctx context.Context, practice tenant.ID, id string) (r *incidents.Report, err error) {
	err = s.call(ctx, "Report", func() error { r, err = get(s.reports, key(practice, id)); return err })
	return r, err
}

func (s *memStore) UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error) {
	return update(ctx, s, "UpdateReport", s.reports, key(practice, id),
		func(r **incidents.Report) *int64 { return &(*r).Version }, func(r **incidents.Report) error { return change(*r) })
}

func (s *memStore) DueReports(ctx context.Context, at time.Time, limit int) (list []incidents.Key, err error) {
	err = s.call(ctx, "DueReports", func() error {
		list = keysOf(s.reports, incidents.Key{}, limit, func(r *incidents.Report) bool {
			next, some := r.NextAt()
			return some && !next.After(at)
		})
		return nil
	})
	return list, err
}
