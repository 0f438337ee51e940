package notifier_test

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

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

func (s *memStore) Incident(ctx context.Context, practice tenant.ID, id string) (i *incidents.Incident, err error) {
	err = s.call(ctx, "Incident", func() error { i, err = get(s.incidents, key(practice, id)); return err })
	return i, err
}

func (s *memStore) IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (i *incidents.Incident, err error) {
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

func (s *memStore) UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error) {
	return update(ctx, s, "UpdateIncident", s.incidents, key(practice, id),
		func(i **incidents.Incident) *int64 { return &(*i).Version }, func(i **incidents.Incident) error { return change(*i) })
}

func (s *memStore) OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) (list []*incidents.Incident, err error) {
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

func (s *memStore) UpcomingIncidents(ctx context.Context, until time.Time, after incidents.Upcoming, limit int) (list []incidents.Upcoming, err error) {
	err = s.call(ctx, "UpcomingIncidents", func() error {
		for k, i := range s.incidents {
			u := incidents.Upcoming{Key: k}
			if u.At, _ = i.NextAt(); !u.At.IsZero() && !u.At.After(until) && earlier(after, u) < 0 {
				list = append(list, u)
			}
		}
		slices.SortFunc(list, earlier)
		list = list[:min(limit, len(list))]
		return nil
	})
	return list, err
}

func earlier(a, b incidents.Upcoming) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.PracticeID, b.PracticeID), cmp.Compare(a.ID, b.ID))
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

func (s *memStore) rows(practice tenant.ID, incident string, version int64) map[string]incidents.Affected {
	k := key(practice, incident)
	if s.affected[k] == nil {
		s.affected[k] = map[int64]map[string]incidents.Affected{}
	}
	if s.affected[k][version] == nil {
		s.affected[k][version] = map[string]incidents.Affected{}
	}
	return s.affected[k][version]
}

func (s *memStore) SaveAffected(ctx context.Context, practice tenant.ID, rows []incidents.Affected) error {
	return s.call(ctx, "SaveAffected", func() error {
		for _, r := range rows {
			if m := s.rows(practice, r.IncidentID, r.Version); m[r.ID].ID == "" {
				m[r.ID] = clone(r)
			}
		}
		return nil
	})
}

func (s *memStore) AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) (list []incidents.Affected, err error) {
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

func (s *memStore) AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) (ids []string, err error) {
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

func (s *memStore) ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (readers map[string][]string, err error) {
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

func (s *memStore) Notice(ctx context.Context, practice tenant.ID, id string) (n *incidents.Notice, err error) {
	err = s.call(ctx, "Notice", func() error { n, err = get(s.notices, key(practice, id)); return err })
	return n, err
}

func (s *memStore) UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error) {
	return update(ctx, s, "UpdateNotice", s.notices, key(practice, id),
		func(n **incidents.Notice) *int64 { return &(*n).Version }, func(n **incidents.Notice) error { return change(*n) })
}

func (s *memStore) NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) (list []*incidents.Notice, err error) {
	err = s.call(ctx, "NoticesOf", func() error {
		list = listOf(s.notices, practice, after, limit, func(n *incidents.Notice) bool { return n.IncidentID == incident })
		return nil
	})
	return list, err
}

func (s *memStore) PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	return s.call(ctx, "PutDeliveries", func() error {
		for _, d := range rows {
			_ = create(s.deliveries, key(practice, d.ID), d)
		}
		return nil
	})
}

func (s *memStore) DropQueued(ctx context.Context, practice tenant.ID, notice string) error {
	return s.call(ctx, "DropQueued", func() error {
		n, err := get(s.notices, key(practice, notice))
		if err != nil || n.State != incidents.NoticeIsDraft {
			return err
		}
		maps.DeleteFunc(s.deliveries, func(k incidents.Key, d incidents.Delivery) bool {
			return d.PracticeID == practice && d.NoticeID == notice && d.State == incidents.Queued
		})
		return nil
	})
}

func (s *memStore) UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error) {
	return update(ctx, s, "UpdateDelivery", s.deliveries, key(practice, id),
		func(d *incidents.Delivery) *int64 { return &d.Version }, change)
}

func (s *memStore) DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) (list []incidents.Delivery, err error) {
	err = s.call(ctx, "DeliveriesOf", func() error {
		list = listOf(s.deliveries, practice, after, limit, func(d incidents.Delivery) bool {
			return d.NoticeID == notice && (len(states) == 0 || slices.Contains(states, d.State))
		})
		return nil
	})
	return list, err
}

func (s *memStore) DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) (list []incidents.Delivery, err error) {
	err = s.call(ctx, "DeliveriesByIDs", func() error {
		for _, id := range slices.Sorted(slices.Values(ids)) {
			if d, err := get(s.deliveries, key(practice, id)); err == nil {
				list = append(list, d)
			}
		}
		return nil
	})
	return list, err
}

func (s *memStore) UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) (ids []string, err error) {
	err = s.call(ctx, "UnansweredDeliveries", func() error {
		for _, d := range listOf(s.deliveries, practice, after, limit, func(d incidents.Delivery) bool {
			waits := d.State == incidents.Queued || d.State == incidents.Sending || d.State == incidents.Deferred
			return d.NoticeID == notice && d.Channel == registry.ByEmail && waits
		}) {
			ids = append(ids, d.ID)
		}
		return nil
	})
	return ids, err
}

func (s *memStore) RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) (saved []incidents.Delivery, err error) {
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

func (s *memStore) UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) (list []incidents.Delivery, err error) {
	err = s.call(ctx, "UnnotedDeliveries", func() error {
		list = listOf(s.deliveries, practice, "", limit, func(d incidents.Delivery) bool {
			return d.NoticeID == notice && len(d.Attempts) > d.Noted
		})
		return nil
	})
	return list, err
}

func (s *memStore) MarkNoted(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	return s.call(ctx, "MarkNoted", func() error {
		for _, d := range rows {
			now := s.deliveries[key(practice, d.ID)]
			now.Noted = max(now.Noted, len(d.Attempts))
			s.deliveries[key(practice, d.ID)] = now
		}
		return nil
	})
}

func (s *memStore) CountDeliveries(ctx context.Context, practice tenant.ID, notice string) (counts map[incidents.DeliveryState]int, err error) {
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

func (s *memStore) Tellings(ctx context.Context, practice tenant.ID, incident string) (list []incidents.Telling, err error) {
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
				list = append(list, incidents.DueDelivery{PracticeID: k.PracticeID, IncidentID: d.IncidentID, NoticeID: d.NoticeID, ID: d.ID, Attempts: len(d.Attempts), Since: d.NextAt})
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

func (s *memStore) RegisterHead(ctx context.Context, practice tenant.ID) (h register.Head, err error) {
	err = s.call(ctx, "RegisterHead", func() error {
		if list := s.entries[string(practice)]; len(list) > 0 {
			h = list[len(list)-1].Head()
		}
		return nil
	})
	return h, err
}

func (s *memStore) AppendEntries(ctx context.Context, practice tenant.ID, entries []register.Entry) error {
	return s.call(ctx, "AppendEntries", func() error {
		if entries[0].Seq != int64(len(s.entries[string(practice)]))+1 {
			return fault.Conflict
		}
		s.entries[string(practice)] = append(s.entries[string(practice)], clone(entries)...)
		return nil
	})
}

func (s *memStore) HasEvents(ctx context.Context, practice tenant.ID, ids []string) (has map[string]bool, err error) {
	err = s.call(ctx, "HasEvents", func() error {
		has = map[string]bool{}
		for _, e := range s.entries[string(practice)] {
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

func (s *memStore) SettingKeys(ctx context.Context, prefix string, limit int) (keys []string, err error) {
	err = s.call(ctx, "SettingKeys", func() error {
		for k, version := range s.versions {
			if version > 0 && strings.HasPrefix(k, prefix) {
				keys = append(keys, k)
			}
		}
		slices.Sort(keys)
		keys = keys[:min(limit, len(keys))]
		return nil
	})
	return keys, err
}

func (s *memStore) RemoveSetting(ctx context.Context, name string, version int64) error {
	return s.call(ctx, "RemoveSetting", func() error {
		if s.versions[name] != version || version == 0 {
			return fault.Conflict
		}
		delete(s.settings, name)
		delete(s.versions, name)
		return nil
	})
}

func (s *memStore) Expire(ctx context.Context, _ time.Time) error {
	return s.call(ctx, "Expire", func() error { return nil })
}
