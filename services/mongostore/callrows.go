package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// CallRows lists by id a case's rows that stand on its call list in a state.
func (s *Store) CallRows(ctx context.Context, practice tenant.ID, incident string, state incidents.CallState, after string, limit int) ([]incidents.Delivery, error) {
	filter := where("practice_id", practice, "incident_id", incident, "call", string(state), "id", beyond(after))
	return list(ctx, s, deliveries().kind, "list calls", query{filter: filter, order: where("id", 1), limit: limit})
}

// CountCallRows counts a case's rows on its call list, by state and notice.
func (s *Store) CountCallRows(ctx context.Context, practice tenant.ID, incident string) ([]incidents.CallCount, error) {
	const step = "count calls"
	cursor, err := s.in(record.Deliveries).Aggregate(ctx, mongo.Pipeline{
		where("$match", where("practice_id", practice, "incident_id", incident, "call", oneOf([]string{string(incidents.CallOpen), string(incidents.CallDone)}))),
		where("$group", where("_id", where("call", "$call", "notice", "$notice_id"), "n", where("$sum", 1))),
	})
	if err != nil {
		return nil, failed(step, err)
	}
	var groups []struct {
		ID struct {
			Call   string `bson:"call"`
			Notice string `bson:"notice"`
		} `bson:"_id"`
		N int `bson:"n"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, failed(step, err)
	}
	counts := make([]incidents.CallCount, len(groups))
	for i, g := range groups {
		counts[i] = incidents.CallCount{State: incidents.CallState(g.ID.Call), Notice: g.ID.Notice, N: g.N}
	}
	return counts, nil
}
