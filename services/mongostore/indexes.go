package mongostore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datalek/services/record"
)

// index is one plain ascending index.
type index struct {
	collection string
	fields     []string
	unique     bool
}

func (i index) name() string { return strings.Join(i.fields, "-") }

// indexes is every index there must be. Those of the practices' own records
// begin with the practice, unless they serve a sweep over all practices.
func indexes() []index {
	unique := func(collection string, fields ...string) index { return index{collection, fields, true} }
	plain := func(collection string, fields ...string) index { return index{collection, fields, false} }
	list := []index{
		unique(record.Practices, "public_code"),
		plain(record.Processors, "id", "ended", "practice_id"),             // sweep: who uses a processor
		plain(record.Processors, "sub_processors", "ended", "practice_id"), // sweep: who uses one below another
		unique(record.Endpoints, "token_hash"),
		plain(record.Endpoints, "practice_id", "processor_id"),
		unique(record.Clients, "practice_id", "external_index"),
		plain(record.Clients, "practice_id", "email_index"),
		unique(record.Receipts, "dedupe_key"),
		plain(record.Receipts, "done", "received_at"),
		plain(record.Receipts, "status_hash"),
		plain(record.Receipts, "case_hash", "received_at", "id"),
		plain(record.Receipts, "practice_id", "received_at", "id"),
		plain(record.Reports, "receipt_id", "practice_id", "state"), // a processor asks how many it reached
		plain(record.Reports, "practice_id", "processor_id", "received_at", "id"),
		plain(record.Reports, "practice_id", "received_at", "id"),
		plain(record.Reports, "practice_id", "state", "received_at", "id"),
		unique(record.Incidents, "practice_id", "reference"),
		unique(record.Incidents, "practice_id", "case_index"),
		plain(record.Incidents, "practice_id", "created_at", "id"),
		plain(record.Incidents, "practice_id", "state", "due_order", "id"),
		plain(record.Incidents, "practice_id", "measure_at", "id"),
		plain(record.Incidents, "unassessed"), // sweep
		plain(record.Incidents, "practice_id", "state", "assessment.stale"),
		plain(record.Incidents, "assessment.stale"), // sweep
		plain(record.Clients, "unfollowed"),         // sweep
		plain(record.Systems, "unfollowed"),         // sweep
		plain(record.AffectedPersons, "practice_id", "incident_id", "version", "id"),
		plain(record.Notices, "practice_id", "incident_id", "id"),
		plain(record.Deliveries, "practice_id", "notice_id", "id"),
		plain(record.Deliveries, "practice_id", "notice_id", "state"),
		plain(record.Deliveries, "practice_id", "notice_id", "unnoted"),
		plain(record.Deliveries, "practice_id", "incident_id"),
		plain(record.Deliveries, "waits_for"), // sweep
		unique(record.Entries, "practice_id", "event_id"),
		plain(record.Entries, "practice_id", "seq"),
		plain(record.Entries, "practice_id", "incident_id", "seq"),
		unique(record.TreeHeads, "practice_id", "number"),
		unique(record.Looks, "practice_id", "id"),
		plain(record.Looks, "practice_id", "client", "id"),
		plain(record.Looks, "id"), // sweep
		unique(record.Users, "login_index"),
		plain(record.Users, "memberships.practice_id", "id"),
		unique(record.Tokens, "hash"),
		plain(record.Tokens, "practice_id", "id"),
		plain(record.Sessions, "expires_at"),
		plain(record.Drafts, "practice_id", "user_id", "updated_at"),
		plain(record.Drafts, "updated_at"), // sweep
		plain(record.Requests, "at"),       // sweep
		unique(record.Returns, "practice_id", "raw_hash"),
		plain(record.Returns, "practice_id", "state", "received_at", "id"),
		plain(record.Returns, "state", "received_at"), // sweep
		plain(record.Returns, "settled_at"),           // sweep
		plain(record.Deliveries, "practice_id", "code_index"),
		plain(record.Deliveries, "practice_id", "incident_id", "call", "id"),
		plain(record.RightsRequests, "practice_id", "received_at", "id"),
		plain(record.RightsRequests, "practice_id", "state", "due_at", "id"),
		plain(record.Questions, "practice_id", "asked_at", "id"),
		plain(record.Questions, "practice_id", "open", "asked_at", "id"),
		plain(record.Questions, "practice_id", "incident_id", "asked_at", "id"),
		plain(record.Questions, "practice_id", "incident_id", "reader", "asked_at", "id"),
		plain(record.Imports, "practice_id", "created_at", "id"),
		plain(record.Imports, "working"), // sweep
		unique(record.ImportParts, "practice_id", "import_id", "number"),
		plain(record.ImportParts, "created_at"), // sweep
		plain(record.Deliveries, "id"),          // a returned message names no practice
	}
	for _, c := range []string{record.Systems, record.Processors, record.Clients, record.Reports, record.Incidents, record.Notices, record.Deliveries, record.Questions, record.StuckWork, record.Imports, record.RightsRequests, record.Feeds} {
		list = append(list, unique(c, "practice_id", "id"))
	}
	for _, c := range []string{record.Reports, record.Incidents, record.RightsRequests, record.Feeds} {
		list = append(list, plain(c, "next_at")) // sweep
	}
	for _, c := range outboxes() {
		list = append(list, plain(c, "waiting")) // sweep
	}
	return list
}

func (i index) model() mongo.IndexModel {
	keys := bson.D{}
	for _, f := range i.fields {
		keys = append(keys, bson.E{Key: f, Value: 1})
	}
	o := options.Index().SetName(i.name())
	if i.unique {
		o.SetUnique(true)
	}
	return mongo.IndexModel{Keys: keys, Options: o}
}

// byCollection groups the indexes, so that each collection is asked once.
func byCollection() map[string][]index {
	groups := map[string][]index{}
	for _, i := range indexes() {
		groups[i.collection] = append(groups[i.collection], i)
	}
	return groups
}

func (s *Store) makeIndexes(ctx context.Context) error {
	for collection, group := range byCollection() {
		models := make([]mongo.IndexModel, len(group))
		for n, i := range group {
			models[n] = i.model()
		}
		if _, err := s.in(collection).Indexes().CreateMany(ctx, models); err != nil {
			return failed("make the indexes of "+collection, err)
		}
	}
	return nil
}

// storedIndex is an index as the server tells it.
type storedIndex struct {
	Name    string `bson:"name"`
	Key     bson.D `bson:"key"`
	Unique  bool   `bson:"unique"`
	Sparse  bool   `bson:"sparse"`
	Partial bson.D `bson:"partialFilterExpression"`
	Hidden  bool   `bson:"hidden"`
}

// checkIndexes compares every index with what it must be: without the unique
// ones records could be doubled.
func (s *Store) checkIndexes(ctx context.Context) error {
	for collection, group := range byCollection() {
		cursor, err := s.in(collection).Indexes().List(ctx)
		if err != nil {
			return failed("read the indexes of "+collection, err)
		}
		var stored []storedIndex
		if err := cursor.All(ctx, &stored); err != nil {
			return failed("read the indexes of "+collection, err)
		}
		for _, want := range group {
			if !slices.ContainsFunc(stored, want.is) {
				return fmt.Errorf("check the store: collection %s has no index %q on (%s), unique: %t; drop what has that name and start again",
					collection, want.name(), strings.Join(want.fields, ", "), want.unique)
			}
		}
	}
	return nil
}

// is reports whether a stored index is the one wanted.
func (i index) is(stored storedIndex) bool {
	if stored.Name != i.name() || stored.Unique != i.unique || stored.Sparse || stored.Hidden || len(stored.Partial) > 0 || len(stored.Key) != len(i.fields) {
		return false
	}
	for n, f := range i.fields {
		if stored.Key[n].Key != f || fmt.Sprint(stored.Key[n].Value) != "1" {
			return false
		}
	}
	return true
}
