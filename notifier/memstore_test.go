package notifier_test

import (
	"cmp"
	"context"
	"encoding/json"
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
}

func newMemStore() *memStore {
	return &memStore{
		practices: map[string]registry.Practice{}, systems: map[incidents.Key]registry.System{},
		processors: map[incidents.Key]registry.Processor{}, clients: map[incidents.Key]registry.Client{},
		receipts: map[string]incidents.Receipt{}, reports: map[incidents.Key]*incidents.Report{},
		incidents: map[incidents.Key]*incidents.Incident{}, notices: map[incidents.Key]*incidents.Notice{},
		deliveries: map[incidents.Key]incidents.Delivery{}, affected: map[incidents.Key]map[int64]map[string]incidents.Affected{},
		entries: map[string][]register.Entry{}, numbers: map[string]int64{}, settings: map[string][]byte{}, versions: map[string]int64{},
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

// clone copies through JSON, so that nothing is shared with a caller.
func clone[T any](v T) T {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	var out T
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err)
	}
	return out
}

func get[K comparable, T any](m map[K]T, k K) (T, error) {
	v, some := m[k]
	if !some {
		return v, fmt.Errorf("read: %w", fault.NotFound)
	}
	return clone(v), nil
}

func key(practice, id string) incidents.Key { return incidents.Key{PracticeID: practice, ID: id} }

// listOf returns the values of one practice in key order, after a key.
func listOf[T any](m map[incidents.Key]T, practice, after string, limit int, fit func(T) bool) []T {
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
	return cmp.Or(strings.Compare(a.PracticeID, b.PracticeID), strings.Compare(a.ID, b.ID))
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

func (s *memStore) Practice(ctx context.Context, id string) (p registry.Practice, err error) {
	err = s.call(ctx, "Practice", func() error { p, err = get(s.practices, id); return err })
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

func (s *memStore) PracticesUsing(ctx context.Context, processor, after string, limit int) (ids []string, err error) {
	err = s.call(ctx, "PracticesUsing", func() error {
		for _, k := range slices.SortedFunc(maps.Keys(s.processors), compareKeys) {
			if k.ID == processor && k.PracticeID > after && len(ids) < limit {
				ids = append(ids, k.PracticeID)
			}
		}
		return nil
	})
	return ids, err
}

func (s *memStore) NextNumber(ctx context.Context, practice, series string) (n int64, err error) {
	err = s.call(ctx, "NextNumber", func() error {
		s.numbers[practice+series]++
		n = s.numbers[practice+series]
		return nil
	})
	return n, err
}

func (s *memStore) Processor(ctx context.Context, practice, id string) (p registry.Processor, err error) {
	err = s.call(ctx, "Processor", func() error { p, err = get(s.processors, key(practice, id)); return err })
	return p, err
}

func (s *memStore) Systems(ctx context.Context, practice, after string, limit int) (list []registry.System, err error) {
	err = s.call(ctx, "Systems", func() error { list = listOf(s.systems, practice, after, limit, nil); return nil })
	return list, err
}

func (s *memStore) Clients(ctx context.Context, practice, after string, limit int) (list []registry.Client, err error) {
	err = s.call(ctx, "Clients", func() error { list = listOf(s.clients, practice, after, limit, nil); return nil })
	return list, err
}

func (s *memStore) MatchableClients(ctx context.Context, practice, after string, limit int) ([]registry.Client, error) {
	list, err := s.Clients(ctx, practice, after, limit)
	for i := range list {
		list[i].Person = registry.Person{}
	}
	return list, err
}

func (s *memStore) ClientsByIDs(ctx context.Context, practice string, ids []string) (list []registry.Client, err error) {
	err = s.call(ctx, "ClientsByIDs", func() error {
		list = listOf(s.clients, practice, "", 1<<30, func(c registry.Client) bool { return slices.Contains(ids, c.ID) })
		return nil
	})
	return list, err
}

func (s *memStore) ClientsByEmails(ctx context.Context, practice string, emails []string) (list []registry.Client, err error) {
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

func (s *memStore) AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error {
	return s.call(ctx, "AdvanceReceipt", func() error {
		r := s.receipts[id]
		r.Reached, r.DoneAt = reached, doneAt
		s.receipts[id] = r
		return nil
	})
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

func (s *memStore) Report(ctx context.Context, practice, id string) (r *incidents.Report, err error) {
	err = s.call(ctx, "Report", func() error { r, err = get(s.reports, key(practice, id)); return err })
	return r, err
}

func (s *memStore) UpdateReport(ctx context.Context, practice, id string, change func(*incidents.Report) error) (*incidents.Report, error) {
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

func (s *memStore) CreateIncident(ctx context.Context, i *incidents.Incident) error {
	return s.call(ctx, "CreateIncident", func() error {
		for k, other := range s.incidents {
			if k.PracticeID == i.PracticeID && (other.Reference == i.Reference || other.CaseKey == i.CaseKey && i.CaseKey != "") {
				return fault.Duplicate
			}
		}
		return create(s.incidents, key(i.PracticeID, i.ID), i)
	})
}

func (s *memStore) Incident(ctx context.Context, practice, id string) (i *incidents.Incident, err error) {
	err = s.call(ctx, "Incident", func() error { i, err = get(s.incidents, key(practice, id)); return err })
	return i, err
}

func (s *memStore) IncidentByCase(ctx context.Context, practice, caseKey string) (i *incidents.Incident, err error) {
	err = s.call(ctx, "IncidentByCase", func() error {
		for k, other := range s.incidents {
			if k.PracticeID == practice && other.CaseKey == caseKey {
				i = clone(other)
				return nil
			}
		}
		return fault.NotFound
	})
	return i, err
}

func (s *memStore) UpdateIncident(ctx context.Context, practice, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	return update(ctx, s, "UpdateIncident", s.incidents, key(practice, id),
		func(i **incidents.Incident) *int64 { return &(*i).Version }, func(i **incidents.Incident) error { return change(*i) })
}

func (s *memStore) OpenIncidents(ctx context.Context, practice, after string, limit int) (list []*incidents.Incident, err error) {
	err = s.call(ctx, "OpenIncidents", func() error {
		list = listOf(s.incidents, practice, after, limit, func(i *incidents.Incident) bool { return i.State == incidents.StateOpen })
		return nil
	})
	return list, err
}

func (s *memStore) DueIncidents(ctx context.Context, at time.Time, limit int) (list []incidents.Key, err error) {
	err = s.call(ctx, "DueIncidents", func() error {
		list = keysOf(s.incidents, incidents.Key{}, limit, func(i *incidents.Incident) bool {
			next, some := i.NextAt()
			return some && !next.After(at)
		})
		return nil
	})
	return list, err
}

func (s *memStore) UnassessedIncidents(ctx context.Context, limit int) (list []incidents.Key, err error) {
	err = s.call(ctx, "UnassessedIncidents", func() error {
		list = keysOf(s.incidents, incidents.Key{}, limit, func(i *incidents.Incident) bool { return !i.Assessment.Complete() })
		return nil
	})
	return list, err
}

func (s *memStore) ArmedIncidents(ctx context.Context, after incidents.Key, limit int) (list []incidents.Key, err error) {
	err = s.call(ctx, "ArmedIncidents", func() error {
		list = keysOf(s.incidents, after, limit, func(i *incidents.Incident) bool { _, some := i.NextAt(); return some })
		return nil
	})
	return list, err
}

func (s *memStore) rows(practice, incident string, version int64) map[string]incidents.Affected {
	k := key(practice, incident)
	if s.affected[k] == nil {
		s.affected[k] = map[int64]map[string]incidents.Affected{}
	}
	if s.affected[k][version] == nil {
		s.affected[k][version] = map[string]incidents.Affected{}
	}
	return s.affected[k][version]
}

func (s *memStore) SaveAffected(ctx context.Context, practice string, rows []incidents.Affected) error {
	return s.call(ctx, "SaveAffected", func() error {
		for _, r := range rows {
			if m := s.rows(practice, r.IncidentID, r.Version); m[r.ID].ID == "" {
				m[r.ID] = clone(r)
			}
		}
		return nil
	})
}

func (s *memStore) AffectedPage(ctx context.Context, practice, incident string, version int64, groups []incidents.Group, after string, limit int) (list []incidents.Affected, err error) {
	err = s.call(ctx, "AffectedPage", func() error {
		m := s.rows(practice, incident, version)
		for _, id := range slices.Sorted(maps.Keys(m)) {
			if id > after && len(list) < limit && (len(groups) == 0 || slices.Contains(groups, m[id].Group)) {
				list = append(list, clone(m[id]))
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) AffectedPersons(ctx context.Context, practice, incident string, version int64) (ids []string, err error) {
	err = s.call(ctx, "AffectedPersons", func() error {
		for id, a := range s.rows(practice, incident, version) {
			if a.Certainty != incidents.None {
				ids = append(ids, id)
			}
		}
		return nil
	})
	return ids, err
}

func (s *memStore) ReadersInScope(ctx context.Context, practice, incident string, version int64) (readers map[string][]string, err error) {
	err = s.call(ctx, "ReadersInScope", func() error {
		readers = map[string][]string{}
		for id, a := range s.rows(practice, incident, version) {
			if a.InScope {
				readers[id] = a.Readers
			}
		}
		return nil
	})
	return readers, err
}

func (s *memStore) CreateNotice(ctx context.Context, n *incidents.Notice) error {
	return s.call(ctx, "CreateNotice", func() error { return create(s.notices, key(n.PracticeID, n.ID), n) })
}

func (s *memStore) Notice(ctx context.Context, practice, id string) (n *incidents.Notice, err error) {
	err = s.call(ctx, "Notice", func() error { n, err = get(s.notices, key(practice, id)); return err })
	return n, err
}

func (s *memStore) UpdateNotice(ctx context.Context, practice, id string, change func(*incidents.Notice) error) (*incidents.Notice, error) {
	return update(ctx, s, "UpdateNotice", s.notices, key(practice, id),
		func(n **incidents.Notice) *int64 { return &(*n).Version }, func(n **incidents.Notice) error { return change(*n) })
}

func (s *memStore) NoticesOf(ctx context.Context, practice, incident, after string, limit int) (list []*incidents.Notice, err error) {
	err = s.call(ctx, "NoticesOf", func() error {
		list = listOf(s.notices, practice, after, limit, func(n *incidents.Notice) bool { return n.IncidentID == incident })
		return nil
	})
	return list, err
}

func (s *memStore) PutDeliveries(ctx context.Context, practice string, rows []incidents.Delivery) error {
	return s.call(ctx, "PutDeliveries", func() error {
		for _, d := range rows {
			_ = create(s.deliveries, key(practice, d.ID), d)
		}
		return nil
	})
}

func (s *memStore) UpdateDelivery(ctx context.Context, practice, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error) {
	return update(ctx, s, "UpdateDelivery", s.deliveries, key(practice, id),
		func(d *incidents.Delivery) *int64 { return &d.Version }, change)
}

func (s *memStore) DeliveriesOf(ctx context.Context, practice, notice string, states []incidents.DeliveryState, after string, limit int) (list []incidents.Delivery, err error) {
	err = s.call(ctx, "DeliveriesOf", func() error {
		list = listOf(s.deliveries, practice, after, limit, func(d incidents.Delivery) bool {
			return d.NoticeID == notice && (len(states) == 0 || slices.Contains(states, d.State))
		})
		return nil
	})
	return list, err
}

func (s *memStore) ClaimDeliveries(ctx context.Context, practice string, ids []string, now time.Time, lease time.Duration) (won []incidents.Delivery, err error) {
	err = s.call(ctx, "ClaimDeliveries", func() error {
		for _, id := range ids {
			d, err := get(s.deliveries, key(practice, id))
			if err == nil && d.Claim(now, lease) == nil {
				d.Version++
				s.deliveries[key(practice, id)] = clone(d)
				won = append(won, d)
			}
		}
		return nil
	})
	return won, err
}

func (s *memStore) RecordDeliveries(ctx context.Context, practice string, rows []incidents.Delivery) (saved []incidents.Delivery, err error) {
	err = s.call(ctx, "RecordDeliveries", func() error {
		for _, d := range rows {
			if s.deliveries[key(practice, d.ID)].Version != d.Version {
				continue
			}
			d.Version++
			s.deliveries[key(practice, d.ID)] = clone(d)
			saved = append(saved, clone(d))
		}
		return nil
	})
	return saved, err
}

func (s *memStore) UnnotedDeliveries(ctx context.Context, practice, notice string, limit int) (list []incidents.Delivery, err error) {
	err = s.call(ctx, "UnnotedDeliveries", func() error {
		list = listOf(s.deliveries, practice, "", limit, func(d incidents.Delivery) bool {
			return d.NoticeID == notice && len(d.Attempts) > d.Noted
		})
		return nil
	})
	return list, err
}

func (s *memStore) MarkNoted(ctx context.Context, practice string, rows []incidents.Delivery) error {
	return s.call(ctx, "MarkNoted", func() error {
		for _, d := range rows {
			now := s.deliveries[key(practice, d.ID)]
			now.Noted = max(now.Noted, len(d.Attempts))
			s.deliveries[key(practice, d.ID)] = now
		}
		return nil
	})
}

func (s *memStore) CountDeliveries(ctx context.Context, practice, notice string) (counts map[incidents.DeliveryState]int, err error) {
	err = s.call(ctx, "CountDeliveries", func() error {
		counts = map[incidents.DeliveryState]int{}
		for k, d := range s.deliveries {
			if k.PracticeID == practice && d.NoticeID == notice {
				counts[d.State]++
			}
		}
		return nil
	})
	return counts, err
}

func (s *memStore) Tellings(ctx context.Context, practice, incident string) (list []incidents.Telling, err error) {
	err = s.call(ctx, "Tellings", func() error {
		for k, d := range s.deliveries {
			if k.PracticeID == practice && d.IncidentID == incident && d.NoticeID != "" {
				list = append(list, d.Telling())
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) DueDeliveries(ctx context.Context, at time.Time, limit int) (list []incidents.DueDelivery, err error) {
	err = s.call(ctx, "DueDeliveries", func() error {
		for _, k := range slices.SortedFunc(maps.Keys(s.deliveries), compareKeys) {
			d := s.deliveries[k]
			if probe := clone(d); probe.Claim(at, time.Minute) == nil && s.mayGo(d) && len(list) < limit {
				list = append(list, incidents.DueDelivery{PracticeID: k.PracticeID, IncidentID: d.IncidentID, NoticeID: d.NoticeID, ID: d.ID, Attempts: len(d.Attempts)})
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) mayGo(d incidents.Delivery) bool {
	if d.NoticeID == "" {
		return true
	}
	n := s.notices[key(d.PracticeID, d.NoticeID)]
	return n != nil && (n.State == incidents.NoticeIsApproved || n.State == incidents.NoticeIsSending || n.State == incidents.NoticeIsSent)
}

func (s *memStore) RegisterHead(ctx context.Context, practice string) (h register.Head, err error) {
	err = s.call(ctx, "RegisterHead", func() error {
		if list := s.entries[practice]; len(list) > 0 {
			h = list[len(list)-1].Head()
		}
		return nil
	})
	return h, err
}

func (s *memStore) AppendEntries(ctx context.Context, practice string, entries []register.Entry) error {
	return s.call(ctx, "AppendEntries", func() error {
		if entries[0].Seq != int64(len(s.entries[practice]))+1 {
			return fault.Conflict
		}
		s.entries[practice] = append(s.entries[practice], clone(entries)...)
		return nil
	})
}

func (s *memStore) HasEvents(ctx context.Context, practice string, ids []string) (has map[string]bool, err error) {
	err = s.call(ctx, "HasEvents", func() error {
		has = map[string]bool{}
		for _, e := range s.entries[practice] {
			if slices.Contains(ids, e.Event.ID) {
				has[e.Event.ID] = true
			}
		}
		return nil
	})
	return has, err
}

func (s *memStore) PendingEvents(ctx context.Context, limit int) (list []incidents.Pending, err error) {
	err = s.call(ctx, "PendingEvents", func() error {
		add := func(collection string, k incidents.Key, o incidents.Outbox) {
			if len(o.Pending) > 0 && len(list) < limit {
				list = append(list, incidents.Pending{Collection: collection, PracticeID: k.PracticeID, ID: k.ID, Events: clone(o.Pending)})
			}
		}
		for _, k := range slices.SortedFunc(maps.Keys(s.incidents), compareKeys) {
			add("incidents", k, s.incidents[k].Outbox)
		}
		for _, k := range slices.SortedFunc(maps.Keys(s.notices), compareKeys) {
			add("notices", k, s.notices[k].Outbox)
		}
		for _, k := range slices.SortedFunc(maps.Keys(s.reports), compareKeys) {
			add("reports", k, s.reports[k].Outbox)
		}
		return nil
	})
	return list, err
}

func (s *memStore) MarkPublished(ctx context.Context, p incidents.Pending) error {
	return s.call(ctx, "MarkPublished", func() error {
		var o *incidents.Outbox
		switch k := key(p.PracticeID, p.ID); p.Collection {
		case "incidents":
			o = &s.incidents[k].Outbox
		case "notices":
			o = &s.notices[k].Outbox
		default:
			o = &s.reports[k].Outbox
		}
		o.Pending = slices.DeleteFunc(o.Pending, func(e incidents.Event) bool {
			return slices.ContainsFunc(p.Events, func(x incidents.Event) bool { return x.ID == e.ID })
		})
		return nil
	})
}

func (s *memStore) Setting(ctx context.Context, name string) (value []byte, version int64, err error) {
	err = s.call(ctx, "Setting", func() error { value, version = s.settings[name], s.versions[name]; return nil })
	return value, version, err
}

func (s *memStore) PutSetting(ctx context.Context, name string, value []byte, version int64) error {
	return s.call(ctx, "PutSetting", func() error {
		if s.versions[name] != version {
			return fault.Conflict
		}
		s.settings[name], s.versions[name] = value, version+1
		return nil
	})
}

func (s *memStore) Expire(ctx context.Context, _ time.Time) error {
	return s.call(ctx, "Expire", func() error { return nil })
}
