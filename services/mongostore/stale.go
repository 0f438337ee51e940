package mongostore

import (
	"context"
	"crypto/rand"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/services/record"
)

// A client or system and the cases it concerns are different documents. So each
// write of one leaves its own name in the document, marks the cases, and takes
// the name away; FinishMarking goes on where a writer was cut off in between.

// following runs a write of clients or systems, which must leave the name it is
// given in each document, and marks the practice's open cases.
func (s *Store) following(ctx context.Context, collection string, practice tenant.ID, write func(name string) error) error {
	name := rand.Text()
	if err := write(name); err != nil {
		return err // what was written keeps the name and is found by it
	}
	if err := s.markOpen(ctx, practice); err != nil {
		return failed("mark open cases", err)
	}
	_, err := s.in(collection).UpdateMany(ctx, where("practice_id", practice, "unfollowed", name), followed())
	return failed("note that cases are marked", err)
}

func followed() bson.D { return where("$unset", where("unfollowed", "")) }

// leaving makes the aside that carries the name of a write.
func leaving[R any](name string) func(R) aside {
	return func(R) aside { return aside{Unfollowed: &name} }
}

// markPasses: a case that moves within the index while the first pass goes
// through it, since its deadline changes, is met by the second.
const markPasses = 2

// markOpen marks every open case of a practice stale that is not so already. It
// raises their versions, so that an update that is under way keeps the mark.
func (s *Store) markOpen(ctx context.Context, practice tenant.ID) error {
	filter := where("practice_id", practice, "state", string(incidents.StateOpen), "assessment.stale", where("$ne", true))
	change := append(where("$set", where("assessment.stale", true, "unassessed", true)), oneHigher())
	for range markPasses {
		result, err := s.in(record.Incidents).UpdateMany(ctx, filter, change)
		if err != nil || result.MatchedCount == 0 {
			return err
		}
	}
	return nil
}

// StaleIncidents lists cases that a write of a client or system marked.
func (s *Store) StaleIncidents(ctx context.Context, limit int) ([]incidents.Key, error) {
	return s.keys(ctx, record.Incidents, "list stale incidents", query{filter: where("assessment.stale", true), limit: limit})
}

// unfollowedDoc is the part of a client or system that tells of a write whose
// cases may not be marked.
type unfollowedDoc struct {
	Key        string    `bson:"_id"`
	PracticeID tenant.ID `bson:"practice_id"`
	Version    int64     `bson:"version"`
}

// finishPage bounds how many documents one FinishMarking goes through.
const finishPage = 1000

// FinishMarking marks the cases that a write was cut off from marking. It may
// meet writes that are still under way; marking twice does no harm.
func (s *Store) FinishMarking(ctx context.Context) error {
	for _, collection := range []string{record.Clients, record.Systems} {
		if err := s.finishMarking(ctx, s.in(collection)); err != nil {
			return failed("finish marking for "+collection, err)
		}
	}
	return nil
}

func (s *Store) finishMarking(ctx context.Context, c *mongo.Collection) error {
	docs, err := find[unfollowedDoc](ctx, c, query{filter: where("unfollowed", beyond("")),
		fields: where("practice_id", 1, "version", 1), limit: finishPage})
	if err != nil {
		return err
	}
	marked := map[string]bool{}
	for _, d := range docs {
		if marked[string(d.PracticeID)] {
			continue
		}
		if err := s.markOpen(ctx, d.PracticeID); err != nil {
			return err
		}
		marked[string(d.PracticeID)] = true
	}
	return each(len(docs), func(i int) error {
		// Written again since it was read, it names a write whose cases are not marked.
		d := docs[i]
		_, err := c.UpdateOne(ctx, where("_id", d.Key, "practice_id", d.PracticeID, "version", d.Version), followed())
		return err
	})
}
