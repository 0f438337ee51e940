package sqlitestore

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// PutDeliveries inserts; a row with a known id is left as it is. Rows lie in the
// order of their ids, in which mails go out.
func (s *Store) PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	const step = "put deliveries"
	rows = slices.SortedFunc(slices.Values(rows), func(a, b incidents.Delivery) int { return cmp.Compare(a.ID, b.ID) })
	cells, err := inParallel(rows, func(d incidents.Delivery) ([]any, error) {
		d.PracticeID, d.Version = practice, 1
		r, raw, err := sealed(ctx, s, record.FromDelivery, d)
		return []any{practice, r.ID, r.Version, r.IncidentID, r.NoticeID, r.Person, r.Reader, r.State,
			millisOrNull(&r.ToldAt), millisOrNull(r.WaitsFor), r.Attempts, r.Noted, r.CodeIndex, r.Call, raw}, err
	})
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.insert(`INSERT INTO deliveries (practice_id, id, version, incident_id, notice_id, person, reader, state, told_at, waits_for, attempts, noted, code_index, call, doc) VALUES `,
			` ON CONFLICT DO NOTHING`, cells)
	})
}

// DropQueued removes the untouched rows of a notice whose approval was cut off.
func (s *Store) DropQueued(ctx context.Context, practice tenant.ID, notice string) error {
	return s.write(ctx, "drop queued deliveries", func(t *tx) error {
		if err := t.fold(); err != nil {
			return err
		}
		return t.exec(`DELETE FROM deliveries WHERE practice_id = ? AND notice_id = ? AND state = ? AND version = 1`,
			practice, notice, string(incidents.Queued))
	})
}

// brought brings rows over from the ledger before they are read, no ids: all. A
// store that cannot be written still shows its rows: they lag behind, so nobody
// counts as told too early, and a write that rests on one loses by its version.
func (s *Store) brought(ctx context.Context, practice tenant.ID, ids ...string) error {
	if !s.w.ledger.has(practice, ids...) {
		return nil
	}
	keys := make([]rowKey, len(ids))
	for i, id := range ids {
		keys[i] = rowKey{practice, id}
	}
	err := s.write(ctx, "bring deliveries over", func(t *tx) error { return t.fold(keys...) })
	if errors.Is(err, fault.Unavailable) && ctx.Err() == nil {
		return nil
	}
	return err
}

const selectDelivery = `SELECT doc, noted FROM deliveries WHERE practice_id = ?`

// delivery reads a row; how much of it the log tells of is in a column.
func delivery(row scanner) (record.Delivery, error) {
	var r record.Delivery
	var raw string
	var noted int
	if err := row.Scan(&raw, &noted); err != nil {
		return r, err
	}
	err := parse(raw, &r)
	r.Noted = noted
	return r, err
}

// Delivery returns a delivery, fault.NotFound for an unknown id.
func (s *Store) Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error) {
	if err := s.brought(ctx, practice, id); err != nil {
		return incidents.Delivery{}, err
	}
	r, err := first(ctx, s, selectDelivery+` AND id = ?`, []any{practice, id}, delivery)
	return single(ctx, s, "read delivery", r, err, record.Delivery.ToDelivery)
}

// UpdateDelivery changes a delivery under its version.
func (s *Store) UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error) {
	load := func(ctx context.Context, practice tenant.ID, id string) (*incidents.Delivery, error) {
		d, err := s.Delivery(ctx, practice, id)
		return &d, err
	}
	ident := func(d *incidents.Delivery) identity { return identity{&d.PracticeID, &d.ID, &d.Version} }
	save := func(ctx context.Context, d *incidents.Delivery) (func(*tx) (int64, error), error) {
		return s.saveDelivery(ctx, *d)
	}
	return updateValue(ctx, s, aggregate[*incidents.Delivery]{record.Deliveries, load, ident, save}, practice, id, change)
}

func (s *Store) saveDelivery(ctx context.Context, d incidents.Delivery) (func(*tx) (int64, error), error) {
	r, raw, err := sealed(ctx, s, record.FromDelivery, d)
	return func(t *tx) (int64, error) {
		if err := t.fold(rowKey{r.PracticeID, r.ID}); err != nil {
			return 0, err
		}
		return t.change(`UPDATE deliveries SET version = ?, incident_id = ?, notice_id = ?, person = ?, reader = ?, state = ?, told_at = ?,
			waits_for = ?, attempts = ?, noted = max(noted, ?), call = ?, doc = ? WHERE practice_id = ? AND id = ? AND version = ?`,
			r.Version, r.IncidentID, r.NoticeID, r.Person, r.Reader, r.State, millisOrNull(&r.ToldAt),
			millisOrNull(r.WaitsFor), r.Attempts, r.Noted, r.Call, raw, r.PracticeID, r.ID, r.Version-1)
	}, err
}

// RecordDeliveries saves rows, each only if nobody wrote it since it was read, in
// one commit; it returns those saved.
func (s *Store) RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	const step = "record deliveries"
	lines, err := inParallel(rows, func(d incidents.Delivery) (line, error) {
		d.PracticeID, d.Version = practice, d.Version+1
		return s.newLine(ctx, d)
	})
	if err != nil {
		return nil, failed(step, err)
	}
	var won []int
	err = s.write(ctx, step, func(t *tx) (err error) {
		won, err = t.record(lines)
		return err
	})
	if err != nil {
		return nil, err
	}
	var saved []incidents.Delivery
	for _, i := range won {
		d := rows[i]
		d.PracticeID, d.Version = practice, d.Version+1
		saved = append(saved, d)
	}
	return saved, nil
}

// DeliveriesOf lists a notice's rows by id; empty states is all.
func (s *Store) DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error) {
	const step = "list deliveries"
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	query, args := selectDelivery+` AND notice_id = ? AND id > ?`, []any{practice, notice, after}
	if len(states) > 0 {
		chosen, err := asList(states)
		if err != nil {
			return nil, failed(step, err)
		}
		query, args = query+` AND state IN (SELECT value FROM json_each(?))`, append(args, chosen)
	}
	r, err := many(ctx, s, query+` ORDER BY id LIMIT ?`, append(args, atMost(limit)), delivery)
	return list(ctx, s, step, r, err, record.Delivery.ToDelivery)
}

// DeliveriesByIDs returns rows by id; unknown ids are left out.
func (s *Store) DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error) {
	const step = "read deliveries"
	if len(ids) == 0 {
		return nil, nil
	}
	if err := s.brought(ctx, practice, ids...); err != nil {
		return nil, err
	}
	chosen, err := asList(ids)
	if err != nil {
		return nil, failed(step, err)
	}
	r, err := many(ctx, s, selectDelivery+` AND id IN (SELECT value FROM json_each(?)) ORDER BY id`, []any{practice, chosen}, delivery)
	return list(ctx, s, step, r, err, record.Delivery.ToDelivery)
}

// UnansweredDeliveries lists ids of a notice's e-mail rows that wait for their
// last answer.
func (s *Store) UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) ([]string, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	ids, err := many(ctx, s, `SELECT id FROM deliveries WHERE practice_id = ? AND notice_id = ? AND id > ? AND waits_for IS NOT NULL ORDER BY id LIMIT ?`,
		[]any{practice, notice, after, atMost(limit)}, text)
	return ids, failed("list unanswered deliveries", err)
}

// UnnotedDeliveries lists rows of a notice with attempts its log does not tell of.
func (s *Store) UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) ([]incidents.Delivery, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	r, err := many(ctx, s, selectDelivery+` AND notice_id = ? AND attempts > noted ORDER BY id LIMIT ?`,
		[]any{practice, notice, atMost(limit)}, delivery)
	return list(ctx, s, "list unnoted deliveries", r, err, record.Delivery.ToDelivery)
}

// notedTogether is how many rows are marked in one commit, so that mails which
// wait for the writer meanwhile wait a moment only.
const notedTogether = 64

// MarkNoted records that the log tells of as many attempts as each row has, and
// brings the rows over from the ledger.
func (s *Store) MarkNoted(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	for part := range slices.Chunk(rows, notedTogether) {
		err := s.write(ctx, "mark deliveries noted", func(t *tx) error { return t.noted(practice, part) })
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) noted(practice tenant.ID, rows []incidents.Delivery) error {
	keys := make([]rowKey, len(rows))
	l := &t.w.ledger
	for i, d := range rows {
		keys[i] = rowKey{practice, d.ID}
		if v, some := l.lines[keys[i]]; some {
			v.row.Noted = max(v.row.Noted, len(d.Attempts))
			t.undone(l.put(keys[i], &v))
			continue
		}
		err := t.exec(`UPDATE deliveries SET noted = ?1 WHERE practice_id = ?2 AND id = ?3 AND noted < ?1`, len(d.Attempts), practice, d.ID)
		if err != nil {
			return err
		}
	}
	return t.fold(keys...)
}

// CountDeliveries counts a notice's rows by state.
func (s *Store) CountDeliveries(ctx context.Context, practice tenant.ID, notice string) (map[incidents.DeliveryState]int, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	counts := map[incidents.DeliveryState]int{}
	_, err := many(ctx, s, `SELECT state, count(*) FROM deliveries WHERE practice_id = ? AND notice_id = ? GROUP BY state`,
		[]any{practice, notice}, func(row scanner) (struct{}, error) {
			var state incidents.DeliveryState
			var n int
			err := row.Scan(&state, &n)
			counts[state] = n
			return struct{}{}, err
		})
	if err != nil {
		return nil, failed("count deliveries", err)
	}
	return counts, nil
}

// Tellings lists what an incident's rows say about their readers, warnings left
// out.
func (s *Store) Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	found, err := many(ctx, s, `SELECT person, reader, notice_id, state, told_at FROM deliveries WHERE practice_id = ?1
		AND notice_id IN (SELECT id FROM notices WHERE practice_id = ?1 AND incident_id = ?2)`, []any{practice, incident}, func(row scanner) (v incidents.Telling, err error) {
		var at *int64
		err = row.Scan(&v.Person, &v.Reader, &v.Notice, &v.State, &at)
		if at != nil {
			v.At = time.UnixMilli(*at).UTC()
		}
		return v, err
	})
	return found, failed("list tellings", err)
}

// DueDeliveries lists e-mail rows of approved notices and warnings that wait at
// the instant: queued ones first, then by how long they have waited.
func (s *Store) DueDeliveries(ctx context.Context, at time.Time, limit int) ([]incidents.DueDelivery, error) {
	if err := s.brought(ctx, ""); err != nil {
		return nil, err
	}
	found, err := many(ctx, s, `SELECT d.practice_id, d.incident_id, d.notice_id, d.id, d.attempts, d.waits_for FROM deliveries d
		WHERE d.waits_for <= ? AND (d.notice_id = '' OR EXISTS (SELECT 1 FROM notices n
			WHERE n.practice_id = d.practice_id AND n.id = d.notice_id AND n.state IN (?, ?, ?)))
		ORDER BY d.waits_for, d.practice_id, d.id LIMIT ?`,
		[]any{millis(at), string(incidents.NoticeIsApproved), string(incidents.NoticeIsSending), string(incidents.NoticeIsSent), atMost(limit)},
		func(row scanner) (d incidents.DueDelivery, err error) {
			var since int64
			err = row.Scan(&d.PracticeID, &d.IncidentID, &d.NoticeID, &d.ID, &d.Attempts, &since)
			if since > 0 {
				d.Since = time.UnixMilli(since).UTC()
			}
			return d, err
		})
	return found, failed("list due deliveries", err)
}
