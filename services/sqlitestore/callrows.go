package sqlitestore

import (
	"context"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CallRows lists by id a case's rows that stand on its call list in a state.
func (s *Store) CallRows(ctx context.Context, practice tenant.ID, incident string, state incidents.CallState, after string, limit int) ([]incidents.Delivery, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	r, err := many(ctx, s, selectDelivery+` AND incident_id = ? AND call = ? AND id > ? ORDER BY id LIMIT ?`,
		[]any{practice, incident, string(state), after, atMost(limit)}, delivery)
	return list(ctx, s, "list calls", r, err, record.Delivery.ToDelivery)
}

// CountCallRows counts a case's rows on its call list, by state and notice.
func (s *Store) CountCallRows(ctx context.Context, practice tenant.ID, incident string) ([]incidents.CallCount, error) {
	if err := s.brought(ctx, practice); err != nil {
		return nil, err
	}
	counts, err := many(ctx, s, `SELECT call, notice_id, count(*) FROM deliveries WHERE practice_id = ? AND incident_id = ? AND call IS NOT NULL
		GROUP BY call, notice_id`, []any{practice, incident}, func(row scanner) (c incidents.CallCount, err error) {
		err = row.Scan(&c.State, &c.Notice, &c.N)
		return c, err
	})
	return counts, failed("count calls", err)
}
