package sqlitestore

import (
	"context"

	"datalek/incidents/access"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// AddLook keeps a look; one that is known is left as it is.
func (s *Store) AddLook(ctx context.Context, l access.Look) error {
	const step = "keep look"
	raw, err := format(record.FromLook(l))
	if err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error {
		return t.exec(`INSERT INTO looks (practice_id, id, client_id, doc) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`, l.PracticeID, l.ID, l.Client, raw)
	})
}

// Looks lists a practice's looks, newest first.
func (s *Store) Looks(ctx context.Context, practice tenant.ID, after string, limit int) ([]access.Look, error) {
	found, err := many(ctx, s, `SELECT doc FROM looks WHERE practice_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		[]any{practice, afterLook(after), atMost(limit)}, look)
	return found, failed("list looks", err)
}

// LooksAt lists looks at one person's own data, newest first.
func (s *Store) LooksAt(ctx context.Context, practice tenant.ID, client, after string, limit int) ([]access.Look, error) {
	found, err := many(ctx, s, `SELECT doc FROM looks INDEXED BY looks_at WHERE practice_id = ? AND client_id = ? AND id < ? ORDER BY id DESC LIMIT ?`,
		[]any{practice, client, afterLook(after), atMost(limit)}, look)
	return found, failed("list looks at a person", err)
}

// afterLook is the key before which a page begins.
func afterLook(after string) string {
	if after == "" {
		return lastRune
	}
	return after
}

func look(row scanner) (access.Look, error) {
	r, err := doc[record.Look](row)
	if err != nil {
		return access.Look{}, err
	}
	return r.ToLook()
}
