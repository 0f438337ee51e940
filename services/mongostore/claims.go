package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// DeliveriesByIDs returns rows by id; unknown ids are left out.
func (s *Store) DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = keyOf(practice, id)
	}
	return list(ctx, s, deliveries().kind, "read deliveries", query{filter: where("practice_id", practice, "_id", oneOf(keys)), order: where("id", 1)})
}

// RecordDeliveries writes each row over the version it was read at and returns
// those it won, in their order. After an error too: what is saved is saved.
func (s *Store) RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	saved, won := make([]incidents.Delivery, len(rows)), make([]bool, len(rows))
	err := each(len(rows), func(i int) error {
		row := rows[i]
		row.PracticeID = practice
		var err error
		saved[i], won[i], err = deliveries().replace(ctx, s, owned(practice, row.ID), filed[record.Delivery]{}, row)
		return err
	})
	var winners []incidents.Delivery
	for i := range saved {
		if won[i] {
			winners = append(winners, saved[i])
		}
	}
	return winners, failed("record deliveries", err)
}

// UnansweredDeliveries lists ids of a notice's e-mail rows that wait for their
// last answer.
func (s *Store) UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) ([]string, error) {
	rows, err := find[record.Delivery](ctx, s.in(record.Deliveries), query{
		filter: where("practice_id", practice, "notice_id", notice, "id", beyond(after), "waits_for", where("$gte", time.Unix(0, 0))),
		order:  where("id", 1), fields: where("id", 1), limit: limit})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, failed("list unanswered deliveries", err)
}

// duePage is how many waiting rows a sweep reads at a time.
const duePage = 200

// DueDeliveries lists e-mail rows of approved notices and warnings that wait at
// the instant: queued, deferred whose time has come, sending whose lease ended.
func (s *Store) DueDeliveries(ctx context.Context, at time.Time, limit int) ([]incidents.DueDelivery, error) {
	const step = "list due deliveries"
	var due []incidents.DueDelivery
	sweep := dueSweep{store: s, at: at, approved: map[string]bool{"": true}}
	for len(due) < limit {
		rows, err := sweep.next(ctx)
		if err != nil {
			return nil, failed(step, err)
		}
		for _, r := range rows {
			if sweep.approved[sweep.notice(r)] && len(due) < limit {
				due = append(due, dueDelivery(r))
			}
		}
		if len(rows) < duePage {
			break
		}
	}
	return due, nil
}

func dueDelivery(r record.Delivery) incidents.DueDelivery {
	d := incidents.DueDelivery{PracticeID: r.PracticeID, IncidentID: r.IncidentID, NoticeID: r.NoticeID, ID: r.ID, Attempts: r.Attempts}
	if r.WaitsFor.After(time.Unix(0, 0)) {
		d.Since = r.WaitsFor.UTC()
	}
	return d
}

// dueSweep pages through the rows that wait, the longest waiting first.
type dueSweep struct {
	store    *Store
	at       time.Time
	last     *filed[record.Delivery]
	approved map[string]bool // by the notice's key, "" for warnings
}

func (w *dueSweep) notice(r record.Delivery) string {
	if r.NoticeID == "" {
		return ""
	}
	return keyOf(r.PracticeID, r.NoticeID)
}

// next reads a page, and of its notices whether they are approved.
func (w *dueSweep) next(ctx context.Context) ([]record.Delivery, error) {
	filter := where("waits_for", until(w.at))
	if w.last != nil {
		from := *w.last.Record.WaitsFor
		filter = append(filter, bson.E{Key: "$or", Value: bson.A{
			where("waits_for", where("$gte", from.Add(time.Millisecond))), where("waits_for", from, "_id", beyond(w.last.Key)),
		}})
	}
	docs, err := find[filed[record.Delivery]](ctx, w.store.in(record.Deliveries), query{
		filter: filter, order: where("waits_for", 1, "_id", 1), fields: where("sealed", 0), limit: duePage})
	if err != nil || len(docs) == 0 {
		return nil, err
	}
	w.last = &docs[len(docs)-1]
	rows := make([]record.Delivery, len(docs))
	for i, d := range docs {
		rows[i] = d.Record
	}
	return rows, w.learn(ctx, rows)
}

// learn finds out about the notices of rows that were not met before.
func (w *dueSweep) learn(ctx context.Context, rows []record.Delivery) error {
	practices, keys := map[tenant.ID]bool{}, map[string]bool{}
	for _, r := range rows {
		if _, known := w.approved[w.notice(r)]; !known {
			practices[r.PracticeID], keys[w.notice(r)] = true, true
			w.approved[w.notice(r)] = false
		}
	}
	if len(keys) == 0 {
		return nil
	}
	notices, err := find[record.Notice](ctx, w.store.in(record.Notices), query{
		filter: where("practice_id", oneOf(keysOf(practices)), "_id", oneOf(keysOf(keys)),
			"state", oneOf([]incidents.NoticeState{incidents.NoticeIsApproved, incidents.NoticeIsSending, incidents.NoticeIsSent})),
		fields: where("practice_id", 1, "id", 1),
	})
	for _, n := range notices {
		w.approved[keyOf(n.PracticeID, n.ID)] = true
	}
	return err
}
