package sqlitestore

import (
	"context"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// DropDrill removes a drill of the practice with all that was made up for it, its
// keys last. What is no drill of the practice is fault.NotFound, and stays as it is.
func (s *Store) DropDrill(ctx context.Context, practice, id tenant.ID) error {
	const step = "drop drill"
	p, err := s.Practice(ctx, id)
	if err == nil && (!p.IsDrill() || p.Drill.Of != practice) { // what it is a drill of never changes
		err = fault.NotFound
	}
	if err != nil {
		return failed(step, err)
	}
	if err := s.ErasePractice(ctx, id, time.Time{}); err != nil {
		return failed(step, err)
	}
	return s.write(ctx, step, func(t *tx) error { return t.exec(`DELETE FROM keys WHERE practice_id = ?`, id) })
}
