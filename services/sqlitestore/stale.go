package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// markOpen marks every open case of a practice stale that is not so already. It
// raises their versions, so that an update that is under way keeps the mark.
func (t *tx) markOpen(practice tenant.ID) error {
	return t.exec(`UPDATE incidents INDEXED BY incidents_to_mark SET version = version + 1, unassessed = 1, stale = 1,
		doc = json_set(doc, '$.version', version + 1, '$.unassessed', json('true'), '$.assessment.stale', json('true'))
		WHERE practice_id = ? AND state = 'open' AND stale = 0`, practice)
}

// marking makes a write of a client or system mark the cases, when its guard held.
func marking(practice tenant.ID, run func(*tx) (int64, error)) func(*tx) (int64, error) {
	return func(t *tx) (int64, error) {
		n, err := run(t)
		if err == nil && n > 0 {
			err = t.markOpen(practice)
		}
		return n, err
	}
}

// StaleIncidents lists cases that a write of a client or system marked.
func (s *Store) StaleIncidents(ctx context.Context, limit int) ([]incidents.Key, error) {
	found, err := many(ctx, s, `SELECT practice_id, id FROM incidents WHERE stale = 1 ORDER BY practice_id, id LIMIT ?`,
		[]any{atMost(limit)}, key)
	return found, failed("list stale incidents", err)
}

// FinishMarking has nothing to finish: a client or system and the marks it
// leaves are one transaction.
func (s *Store) FinishMarking(ctx context.Context) error {
	return failed("finish marking", ctx.Err())
}
