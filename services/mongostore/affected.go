package mongostore

import (
	"context"
	"strconv"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

func affected() kind[incidents.Affected, record.Affected] {
	return kind[incidents.Affected, record.Affected]{collection: record.AffectedPersons, record: record.FromAffected, value: record.Affected.ToAffected,
		key: func(r record.Affected) string {
			return keyOf(r.PracticeID, r.IncidentID, strconv.FormatInt(r.Version, 10), r.ID)
		}}
}

// SaveAffected inserts rows; the same row again changes nothing.
func (s *Store) SaveAffected(ctx context.Context, practice tenant.ID, rows []incidents.Affected) error {
	const step = "save affected"
	docs := make([]filed[record.Affected], len(rows))
	for i, row := range rows {
		var err error
		row.PracticeID = practice
		if docs[i], err = affected().file(ctx, s, row); err != nil {
			return failed(step, err)
		}
	}
	_, err := addMissing(ctx, s.in(record.AffectedPersons), docs)
	return failed(step, err)
}

// assessment is the filter of one version's rows.
func assessment(practice tenant.ID, incident string, version int64, more ...bson.E) bson.D {
	return append(where("practice_id", practice, "incident_id", incident, "version", version), more...)
}

// AffectedPage lists one version by id. Empty groups is all.
func (s *Store) AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error) {
	filter := assessment(practice, incident, version, bson.E{Key: "id", Value: beyond(after)})
	if len(groups) > 0 {
		filter = append(filter, bson.E{Key: "group", Value: oneOf(groups)})
	}
	return list(ctx, s, affected(), "list affected", query{filter: filter, order: where("id", 1), limit: limit})
}

// AffectedByIDs reads those of the rows that are known.
func (s *Store) AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	filter := assessment(practice, incident, version, bson.E{Key: "id", Value: oneOf(ids)})
	return list(ctx, s, affected(), "find affected", query{filter: filter, order: where("id", 1)})
}

// AffectedPersons lists the ids of one version that are certain or possible.
func (s *Store) AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error) {
	rows, err := find[record.Affected](ctx, s.in(record.AffectedPersons), query{
		filter: assessment(practice, incident, version, bson.E{Key: "certainty", Value: oneOf([]incidents.Certainty{incidents.Certain, incidents.Possible})}),
		order:  where("id", 1), fields: where("id", 1),
	})
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids, failed("list affected persons", err)
}

// ReadersInScope maps every person in scope to those to tell for him.
func (s *Store) ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error) {
	rows, err := find[record.Affected](ctx, s.in(record.AffectedPersons), query{
		filter: assessment(practice, incident, version, bson.E{Key: "in_scope", Value: true}), fields: where("id", 1, "readers", 1),
	})
	readers := make(map[string][]string, len(rows))
	for _, r := range rows {
		readers[r.ID] = r.Readers
	}
	return readers, failed("list readers", err)
}
