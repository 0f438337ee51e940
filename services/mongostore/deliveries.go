package mongostore

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func deliveries() guarded[incidents.Delivery, record.Delivery] {
	return guarded[incidents.Delivery, record.Delivery]{
		kind: kind[incidents.Delivery, record.Delivery]{collection: record.Deliveries, record: record.FromDelivery, value: record.Delivery.ToDelivery,
			key:   func(r record.Delivery) string { return keyOf(r.PracticeID, r.ID) },
			aside: func(r record.Delivery) aside { return aside{Unnoted: pointer(r.Attempts > r.Noted)} }},
		version: func(v *incidents.Delivery) *int64 { return &v.Version },
		// MarkNoted raises no version; what it wrote is never taken back.
		apart: []string{"noted"},
		most:  func(r record.Delivery) bson.D { return where("noted", r.Noted) },
	}
}

// PutDeliveries inserts; a row with a known id is left as it is.
func (s *Store) PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	const step = "put deliveries"
	docs := make([]filed[record.Delivery], len(rows))
	for i, row := range rows {
		var err error
		row.PracticeID, row.Version = practice, 1
		if docs[i], err = deliveries().file(ctx, s, row); err != nil {
			return failed(step, err)
		}
	}
	_, err := addMissing(ctx, s.in(record.Deliveries), docs)
	return failed(step, err)
}

// DropQueued removes the untouched rows of a notice whose approval was cut off.
func (s *Store) DropQueued(ctx context.Context, practice tenant.ID, notice string) error {
	if notice == "" {
		return nil // warnings belong to no notice
	}
	_, err := s.in(record.Deliveries).DeleteMany(ctx,
		where("practice_id", practice, "notice_id", notice, "state", string(incidents.Queued), "attempts", 0))
	return failed("drop queued deliveries", err)
}

// Delivery reads a row.
func (s *Store) Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error) {
	return read(ctx, s, deliveries().kind, "read delivery", owned(practice, id))
}

// UpdateDelivery changes a row under its version.
func (s *Store) UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error) {
	return update(ctx, s, deliveries(), "update delivery", owned(practice, id), change)
}

// DeliveriesOf lists a notice's rows by id; empty states is all.
func (s *Store) DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error) {
	filter := where("practice_id", practice, "notice_id", notice, "id", beyond(after))
	if len(states) > 0 {
		filter = append(filter, bson.E{Key: "state", Value: oneOf(states)})
	}
	return list(ctx, s, deliveries().kind, "list deliveries", query{filter: filter, order: where("id", 1), limit: limit})
}

// UnnotedDeliveries lists rows of a notice with attempts its log does not tell of.
func (s *Store) UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) ([]incidents.Delivery, error) {
	q := query{filter: where("practice_id", practice, "notice_id", notice, "unnoted", true), limit: limit}
	return list(ctx, s, deliveries().kind, "list unnoted deliveries", q)
}

// MarkNoted records that the log tells of as many attempts as each row has. It
// does not raise their Version. A row that was tried again since stays unnoted.
func (s *Store) MarkNoted(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error {
	err := each(len(rows), func(i int) error {
		told := len(rows[i].Attempts)
		row := owned(practice, rows[i].ID)
		exact := append(append(bson.D{}, row...), bson.E{Key: "attempts", Value: told})
		result, err := s.in(record.Deliveries).UpdateOne(ctx, exact, where("$set", where("unnoted", false), "$max", where("noted", told)))
		if err != nil || result.MatchedCount > 0 {
			return err
		}
		_, err = s.in(record.Deliveries).UpdateOne(ctx, row, where("$max", where("noted", told)))
		return err
	})
	return failed("mark deliveries noted", err)
}

// CountDeliveries counts a notice's rows by state.
func (s *Store) CountDeliveries(ctx context.Context, practice tenant.ID, notice string) (map[incidents.DeliveryState]int, error) {
	const step = "count deliveries"
	cursor, err := s.in(record.Deliveries).Aggregate(ctx, mongo.Pipeline{
		where("$match", where("practice_id", practice, "notice_id", notice)),
		where("$group", where("_id", "$state", "n", where("$sum", 1))),
	})
	if err != nil {
		return nil, failed(step, err)
	}
	var groups []struct {
		State string `bson:"_id"`
		N     int    `bson:"n"`
	}
	if err := cursor.All(ctx, &groups); err != nil {
		return nil, failed(step, err)
	}
	counts := make(map[incidents.DeliveryState]int, len(groups))
	for _, g := range groups {
		counts[incidents.DeliveryState(g.State)] = g.N
	}
	return counts, nil
}

// Tellings lists what an incident's rows say about their readers (no warnings).
func (s *Store) Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error) {
	rows, err := find[record.Delivery](ctx, s.in(record.Deliveries), query{
		filter: where("practice_id", practice, "incident_id", incident, "notice_id", where("$ne", "")),
		fields: where("person", 1, "reader", 1, "notice_id", 1, "state", 1, "told_at", 1),
	})
	tellings := make([]incidents.Telling, len(rows))
	for i, r := range rows {
		tellings[i] = incidents.Telling{Person: r.Person, Reader: r.Reader, Notice: r.NoticeID, State: incidents.DeliveryState(r.State), At: r.ToldAt.UTC()}
	}
	return tellings, failed("list tellings", err)
}
