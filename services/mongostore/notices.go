package mongostore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func notices() guarded[*incidents.Notice, record.Notice] {
	return guarded[*incidents.Notice, record.Notice]{
		kind: kind[*incidents.Notice, record.Notice]{collection: record.Notices, record: record.FromNotice, value: record.Notice.ToNotice,
			key:   func(r record.Notice) string { return keyOf(r.PracticeID, r.ID) },
			aside: func(r record.Notice) aside { return waitingAside(r.Outbox) }},
		version: func(v **incidents.Notice) *int64 { return &(*v).Version },
		guard:   marked[record.Notice],
	}
}

// CreateNotice saves a new notice; fault.Duplicate on a known id.
func (s *Store) CreateNotice(ctx context.Context, n *incidents.Notice) error {
	first := *n
	first.Version = 1
	err := create(ctx, s, notices().kind, "create notice", &first)
	if err == nil {
		n.Version = first.Version
	}
	return err
}

// Notice reads a notice.
func (s *Store) Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error) {
	return read(ctx, s, notices().kind, "read notice", owned(practice, id))
}

// UpdateNotice changes a notice under its version.
func (s *Store) UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error) {
	return update(ctx, s, notices(), "update notice", owned(practice, id), func(v **incidents.Notice) error { return change(*v) })
}

// NoticesOf lists a case's notices by id.
func (s *Store) NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error) {
	filter := where("practice_id", practice, "incident_id", incident, "id", beyond(after))
	return list(ctx, s, notices().kind, "list notices", query{filter: filter, order: where("id", 1), limit: limit})
}
