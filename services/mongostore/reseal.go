package mongostore

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"datalek/incidents/tenant"
	"datalek/services/record"
)

// portion is the part of a collection that is sealed anew at a time.
type portion struct {
	practice          tenant.ID
	collection, after string
	limit             int
}

// againFunc seals a portion of one collection anew.
type againFunc func(ctx context.Context, s *Store, sealer record.Resealer, p portion) (next string, changed int, err error)

// sealedCollections is every collection with sealed parts.
func sealedCollections() map[string]againFunc {
	return map[string]againFunc{
		record.Practices:       again(func(r *record.Practice) (*[]byte, *record.Outbox) { return &r.Sealed, &r.Outbox }),
		record.Systems:         again(func(r *record.System) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Processors:      again(func(r *record.Processor) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Endpoints:       again(func(r *record.Endpoint) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Clients:         again(func(r *record.Client) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Feeds:           again(func(r *record.Feed) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Receipts:        again(func(r *record.Receipt) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Reports:         again(func(r *record.Report) (*[]byte, *record.Outbox) { return &r.Sealed, &r.Outbox }),
		record.Incidents:       again(func(r *record.Incident) (*[]byte, *record.Outbox) { return &r.Sealed, &r.Outbox }),
		record.AffectedPersons: again(func(r *record.Affected) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Notices:         again(func(r *record.Notice) (*[]byte, *record.Outbox) { return &r.Sealed, &r.Outbox }),
		record.Deliveries:      again(func(r *record.Delivery) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Entries:         again(func(r *record.Entry) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Users:           again(func(r *record.User) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Tokens:          again(func(r *record.Token) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.Sessions:        again(func(r *record.Session) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Settings:        again(func(r *record.Setting) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Drafts:          again(func(r *record.Draft) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Requests:        again(func(r *record.Request) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Returns:         again(func(r *record.Return) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Questions:       again(func(r *record.Question) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.RightsRequests:  again(func(r *record.RightsRequest) (*[]byte, *record.Outbox) { return &r.Sealed, &r.Outbox }),
		record.StuckWork:       again(func(r *record.Stuck) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
		record.Imports:         again(func(r *record.Import) (*[]byte, *record.Outbox) { return &r.Sealed, r.Outbox }),
		record.ImportParts:     again(func(r *record.ImportPart) (*[]byte, *record.Outbox) { return &r.Sealed, nil }),
	}
}

// Reseal puts up to limit documents of one of a practice's collections under its
// newest key, after the place given ("" begins). It returns how many lay under an
// older one, and the place to go on from, "" after the last. A document that is
// written meanwhile is left to its writer, who has the newest key.
func (s *Store) Reseal(ctx context.Context, practice tenant.ID, collection, after string, limit int) (next string, changed int, err error) {
	step := "seal " + collection + " anew"
	run, known := sealedCollections()[collection]
	if !known {
		return "", 0, fmt.Errorf("%s: there is no such collection", step)
	}
	sealer, err := record.ResealerOf(s.sealer)
	if err != nil {
		return "", 0, err
	}
	next, changed, err = run(ctx, s, sealer, portion{practice, collection, after, limit})
	return next, changed, failed(step, err)
}

// resealable is a pointer to a record with sealed parts.
type resealable[R any] interface {
	*R
	record.Resealable
}

func again[R any, P resealable[R]](parts func(*R) (*[]byte, *record.Outbox)) againFunc {
	return func(ctx context.Context, s *Store, sealer record.Resealer, p portion) (next string, changed int, err error) {
		docs, err := find[filed[R]](ctx, s.in(p.collection), query{filter: append(ofPractice(p.collection, p.practice), bson.E{Key: "_id", Value: beyond(p.after)}),
			order: where("_id", 1), limit: p.limit})
		if err != nil {
			return "", 0, err
		}
		for _, d := range docs {
			older, err := sealAgain[R, P](ctx, s, sealer, p, d, parts)
			if err != nil {
				return "", changed, err
			}
			if older {
				changed++
			}
		}
		if len(docs) == p.limit {
			next = docs[len(docs)-1].Key
		}
		return next, changed, nil
	}
}

// sealAgain writes over a document that is still as it was read.
func sealAgain[R any, P resealable[R]](ctx context.Context, s *Store, sealer record.Resealer, p portion, d filed[R], parts func(*R) (*[]byte, *record.Outbox)) (bool, error) {
	sealed, outbox := parts(&d.Record)
	guard := append(ofPractice(p.collection, p.practice), bson.E{Key: "_id", Value: d.Key}, bson.E{Key: "sealed", Value: *sealed})
	if outbox != nil { // its events are taken out without a trace in the sealed part
		guard = append(guard, marked(d)...)
	}
	changed, err := record.Reseal(ctx, sealer, P(&d.Record))
	if err != nil || !changed {
		return false, err
	}
	set := where("sealed", *sealed)
	if outbox != nil {
		set = append(set, bson.E{Key: "outbox.pending", Value: outbox.Pending})
	}
	_, err = s.in(p.collection).UpdateOne(ctx, guard, where("$set", set))
	return true, err
}

// ofPractice is the filter of a practice's own documents; all of them in a
// collection that is the host's.
func ofPractice(collection string, practice tenant.ID) bson.D {
	switch collection {
	case record.Practices:
		return where("id", practice)
	case record.Users, record.Sessions, record.Settings:
		return where()
	default:
		return where("practice_id", practice)
	}
}
