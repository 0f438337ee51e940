package sqlitestore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// withEvents are the tables whose aggregates have an outbox.
func withEvents() []string {
	return []string{record.Incidents, record.Notices, record.Reports, record.Practices, record.RightsRequests,
		record.Systems, record.Processors, record.Endpoints, record.Clients, record.Imports, record.Tokens, record.Feeds, record.Users}
}

// owner is the column that says whose a table's rows are; an account is the host's,
// and its events name their practices.
func owner(table string) string {
	if table == record.Users {
		return `''`
	}
	return `practice_id`
}

// inOrder are the columns by which a table's rows with events are found.
func inOrder(table string) string {
	if table == record.Users {
		return `id`
	}
	return `practice_id, id`
}

// pending is an aggregate's outbox as it lies in the table.
type pending struct {
	key    incidents.Key
	events []record.Event
}

// PendingEvents lists aggregates with events not yet published.
func (s *Store) PendingEvents(ctx context.Context, limit int) ([]incidents.Pending, error) {
	const step = "list pending events"
	var found []incidents.Pending
	for _, table := range withEvents() {
		query := `SELECT ` + owner(table) + `, id, outbox FROM ` + table + ` WHERE outbox IS NOT NULL ORDER BY ` + inOrder(table) + ` LIMIT ?`
		rows, err := many(ctx, s, query, []any{atMost(limit - len(found))}, func(row scanner) (p pending, err error) {
			var raw string
			if err := row.Scan(&p.key.PracticeID, &p.key.ID, &raw); err != nil {
				return p, err
			}
			err = parse(raw, &p.events)
			return p, err
		})
		if err != nil {
			return nil, failed(step, err)
		}
		for _, p := range rows {
			waiting, err := record.Open(ctx, s.sealer, table, p.events)
			if err != nil {
				return nil, failed(step, err)
			}
			for _, w := range waiting {
				found = append(found, incidents.Pending{Collection: table, PracticeID: w.PracticeID, ID: p.key.ID, Events: w.Events})
			}
		}
	}
	return found, nil
}

// MarkPublished removes published events from an aggregate's outbox. It does not
// raise its Version, and leaves events that it was not given.
func (s *Store) MarkPublished(ctx context.Context, p incidents.Pending) error {
	const step = "mark events published"
	if !slices.Contains(withEvents(), p.Collection) {
		return fmt.Errorf("%s: no events lie in %q", step, p.Collection)
	}
	// An update that has read the outbox must not write the events back.
	switch p.Collection {
	case record.Users:
		p.PracticeID = "" // an account is the host's
	case record.Practices:
		p.PracticeID = tenant.ID(p.ID) // a drill's row tells the practice that rehearses
	}
	release, err := s.locks.acquire(ctx, p.Collection+"\x00"+string(p.PracticeID)+"\x00"+p.ID)
	if err != nil {
		return failed(step, err)
	}
	defer release()
	emptied, err := record.LoginIndex(ctx, s.sealer, p.ID) // that of an account without its person
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		if err := t.removeEvents(p); err != nil {
			return err
		}
		return t.removeShell(p, emptied)
	})
}

// removeShell removes a row that stayed for its events alone: that of a key that was
// revoked, or of an account that was emptied.
func (t *tx) removeShell(p incidents.Pending, emptied string) error {
	switch p.Collection {
	case record.Tokens:
		return t.dropRevoked(p.PracticeID, p.ID)
	case record.Users:
		return t.exec(`DELETE FROM users WHERE id = ? AND login_index = ? AND outbox IS NULL`, p.ID, emptied)
	}
	return nil
}

func (t *tx) removeEvents(p incidents.Pending) error {
	where := ` WHERE ` + owner(p.Collection) + ` = ? AND id = ?`
	var raw string
	err := t.one(`SELECT outbox FROM `+p.Collection+where+` AND outbox IS NOT NULL`, []any{p.PracticeID, p.ID}, &raw)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // published by another worker, or nothing is there
	}
	if err != nil {
		return err
	}
	var o record.Outbox
	if err := parse(raw, &o.Pending); err != nil {
		return err
	}
	o.Pending = slices.DeleteFunc(o.Pending, func(e record.Event) bool {
		return slices.ContainsFunc(p.Events, func(gone incidents.Event) bool { return gone.ID == e.ID })
	})
	return t.exec(`UPDATE `+p.Collection+` SET outbox = ?`+where, takeOutbox(&o), p.PracticeID, p.ID)
}
