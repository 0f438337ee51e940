package sqlitestore

import (
	"context"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/services/record"
)

// takeOver finishes what an earlier process was cut off from: it brings rows over
// from the ledger and ends the leases of mails that were going out. One process
// at a time has the folder, so whoever held them is gone, and nobody need wait.
func (s *Store) takeOver(ctx context.Context) error {
	if err := s.bringLeft(ctx); err != nil {
		return err
	}
	held, err := many(ctx, s, selectHeld, []any{string(incidents.Sending)}, delivery)
	if err != nil || len(held) == 0 {
		return err
	}
	ended := time.Unix(0, 0).UTC()
	return s.w.write(ctx, func(t *tx) error {
		for _, r := range held {
			r.Version, r.NextAt, r.WaitsFor = r.Version+1, ended, &ended
			v, err := wholeLine(r, nil)
			if err == nil {
				err = t.bring(v)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

const selectHeld = `SELECT doc, noted FROM deliveries WHERE waits_for > 0 AND state = ?`

// bringLeft brings over the lines that are left of an earlier process.
func (s *Store) bringLeft(ctx context.Context) error {
	groups, err := many(ctx, s, `SELECT doc FROM sendings WHERE seq > 0 ORDER BY seq`, nil, text)
	if err != nil || len(groups) == 0 {
		return err
	}
	return s.w.write(ctx, func(t *tx) error {
		for _, group := range groups {
			for raw := range strings.SplitSeq(group, "\n") {
				if err := t.bringEntry(raw); err != nil {
					return err
				}
			}
		}
		return t.exec(`DELETE FROM sendings`)
	})
}

// bringEntry brings over what lies in the table sendings.
func (t *tx) bringEntry(raw string) error {
	var r record.Delivery
	if !strings.HasPrefix(raw, claimBegins) {
		if err := parse(raw, &r); err != nil {
			return err
		}
		return t.bring(line{row: r, raw: raw})
	}
	var c claim
	if err := parse(raw, &c); err != nil {
		return err
	}
	var doc string
	err := t.one(`SELECT doc FROM deliveries WHERE practice_id = ? AND id = ?`, []any{c.PracticeID, c.ID}, &doc)
	if err == nil {
		err = parse(doc, &r)
	}
	if err != nil {
		return err
	}
	r.State, r.Version, r.NextAt, r.WaitsFor = string(incidents.Sending), c.Version, c.NextAt, &c.NextAt
	v, err := wholeLine(r, nil)
	if err != nil {
		return err
	}
	return t.bring(v)
}
