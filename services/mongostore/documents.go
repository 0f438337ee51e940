package mongostore

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datalek/incidents/tenant"
	"datalek/services/record"
)

// filed is how a record lies in its collection: under its key, beside what only
// this engine needs to find it.
type filed[R any] struct {
	Key    string `bson:"_id"`
	Record R      `bson:",inline"`
	Aside  aside  `bson:",inline"`
}

// aside is what stands beside a record; each collection has its own of these.
type aside struct {
	// Waiting says that the outbox holds events, Marks counts the times that some
	// were taken out of it, which the record's version does not tell.
	Waiting *bool  `bson:"waiting,omitempty"`
	Marks   *int64 `bson:"marks,omitempty"`
	// DueOrder is the nearest deadline, or noDeadline, so that cases without one come last.
	DueOrder *time.Time `bson:"due_order,omitempty"`
	// Unnoted says that there are attempts which the notice's log does not tell of.
	Unnoted *bool `bson:"unnoted,omitempty"`
	// Unfollowed names the write of a client or system whose cases are not marked
	// yet; it stands in the same write and goes once they are.
	Unfollowed *string `bson:"unfollowed,omitempty"`
	// Tree is what an entry of the register added to the tree over them.
	Tree []byte `bson:"tree,omitempty"`
}

// kind says how a domain value V becomes a record R, and where it lies.
type kind[V, R any] struct {
	collection string
	record     func(ctx context.Context, s record.Sealer, v V) (R, error)
	value      func(r R, ctx context.Context, s record.Sealer) (V, error)
	key        func(r R) string
	aside      func(r R) aside // nil: nothing
}

// file returns the document of a value.
func (k kind[V, R]) file(ctx context.Context, s *Store, v V) (filed[R], error) {
	r, err := k.record(ctx, s.sealer, v)
	d := filed[R]{Key: k.key(r), Record: r}
	if k.aside != nil {
		d.Aside = k.aside(r)
	}
	if len(notesOf(r)) > 0 {
		d.Aside.Waiting = pointer(true)
	}
	return d, err
}

// keyOf returns the key of a record that belongs to a practice, or stands under
// several ids. Equal keys mean equal parts.
func keyOf(practice tenant.ID, parts ...string) string {
	escape := strings.NewReplacer("%", "%25", "/", "%2F")
	escaped := []string{escape.Replace(string(practice))}
	for _, p := range parts {
		escaped = append(escaped, escape.Replace(p))
	}
	return strings.Join(escaped, "/")
}

// where makes a filter of names and values.
func where(pairs ...any) bson.D {
	d := make(bson.D, 0, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		d = append(d, bson.E{Key: pairs[i].(string), Value: pairs[i+1]})
	}
	return d
}

// owned is the filter of one record of a practice. The practice stands in it
// because it is the shard key.
func owned(practice tenant.ID, id string) bson.D {
	return where("_id", keyOf(practice, id), "practice_id", practice)
}

// beyond is the condition on a key that comes after the one given.
func beyond(after string) bson.D { return where("$gte", after+"\x00") }

// until is the condition on an instant that lies at or before at; null is
// neither.
func until(at time.Time) bson.D {
	return where("$gte", time.Time{}, "$lt", at.UTC().Truncate(time.Millisecond).Add(time.Millisecond))
}

// oneOf is the condition that a field has one of the values.
func oneOf[T any](values []T) bson.D {
	list := make(bson.A, len(values))
	for i, v := range values {
		list[i] = v
	}
	return where("$in", list)
}

// findOne reads one document; mongo.ErrNoDocuments when there is none.
func findOne[D any](ctx context.Context, c *mongo.Collection, filter bson.D, o ...options.Lister[options.FindOneOptions]) (D, error) {
	var d D
	err := c.FindOne(ctx, filter, o...).Decode(&d)
	return d, err
}

// query is a list to be read: in this order, at most limit long, 0 for all.
type query struct {
	filter, order, fields bson.D
	limit                 int
}

// find reads a list of documents.
func find[D any](ctx context.Context, c *mongo.Collection, q query) ([]D, error) {
	o := options.Find()
	if len(q.order) > 0 {
		o.SetSort(q.order)
	}
	if len(q.fields) > 0 {
		o.SetProjection(q.fields)
	}
	if q.limit > 0 {
		o.SetLimit(int64(q.limit)).SetBatchSize(int32(min(q.limit, 10_000)))
	}
	cursor, err := c.Find(ctx, q.filter, o)
	if err != nil {
		return nil, err
	}
	var list []D
	err = cursor.All(ctx, &list)
	return list, err
}

// create inserts a value; a known key or unique field is fault.Duplicate.
func create[V, R any](ctx context.Context, s *Store, k kind[V, R], step string, v V) error {
	d, err := k.file(ctx, s, v)
	if err == nil {
		_, err = s.in(k.collection).InsertOne(ctx, d)
	}
	return failed(step, err)
}

// read gives the value that a filter finds.
func read[V, R any](ctx context.Context, s *Store, k kind[V, R], step string, filter bson.D) (V, error) {
	var v V
	d, err := findOne[filed[R]](ctx, s.in(k.collection), filter)
	if err == nil {
		v, err = k.value(d.Record, ctx, s.sealer)
	}
	return v, failed(step, err)
}

// list gives the values that a query finds.
func list[V, R any](ctx context.Context, s *Store, k kind[V, R], step string, q query) ([]V, error) {
	docs, err := find[filed[R]](ctx, s.in(k.collection), q)
	if err != nil {
		return nil, failed(step, err)
	}
	values := make([]V, len(docs))
	for i, d := range docs {
		if values[i], err = k.value(d.Record, ctx, s.sealer); err != nil {
			return nil, failed(step, err)
		}
	}
	return values, nil
}

// addMissing inserts those documents whose keys are not known, and returns the
// places of those that are.
func addMissing[D any](ctx context.Context, c *mongo.Collection, docs []D) (known []int, err error) {
	const group = 500
	for first := 0; first < len(docs); first += group {
		part := docs[first:min(first+group, len(docs))]
		_, err := c.InsertMany(ctx, part, options.InsertMany().SetOrdered(false))
		var refused mongo.BulkWriteException
		if err != nil && (!errors.As(err, &refused) || refused.WriteConcernError != nil) {
			return known, err
		}
		for _, w := range refused.WriteErrors {
			if !isDuplicate(w) {
				return known, w
			}
			known = append(known, first+w.Index)
		}
	}
	slices.Sort(known)
	return known, nil
}

// setting makes the $set of a document: all its fields but those named.
func setting(d any, but ...string) (bson.D, error) {
	raw, err := bson.Marshal(d)
	if err != nil {
		return nil, err
	}
	elements, err := bson.Raw(raw).Elements()
	if err != nil {
		return nil, err
	}
	set := make(bson.D, 0, len(elements))
	for _, e := range elements {
		if !slices.Contains(but, e.Key()) {
			set = append(set, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	return set, nil
}

// writing makes the update that writes a document over an older one: it sets its
// fields but those named, and takes away those of the record that are left out
// when they are empty. The notes of the write go to the end of those that wait.
func writing[R any](d filed[R], but ...string) (bson.D, error) {
	change, err := writingOver(d, append(besideNotes(d.Record), but...))
	if err != nil {
		return nil, err
	}
	if notes := notesOf(d.Record); len(notes) > 0 {
		change[0].Value = append(change[0].Value.(bson.D), bson.E{Key: "waiting", Value: true})
		change = append(change, bson.E{Key: "$push", Value: where("outbox.pending", where("$each", notes))})
	}
	return change, nil
}

func writingOver[R any](d filed[R], but []string) (bson.D, error) {
	set, err := setting(d, but...)
	if err != nil {
		return nil, err
	}
	gone := bson.D{}
	for _, name := range optional(reflect.TypeFor[R]()) {
		if !slices.Contains(but, name) && !slices.ContainsFunc(set, func(e bson.E) bool { return e.Key == name }) {
			gone = append(gone, bson.E{Key: name, Value: ""})
		}
	}
	if len(gone) == 0 {
		return where("$set", set), nil
	}
	return where("$set", set, "$unset", gone), nil
}

// optional returns the names of a record's fields that are not stored when empty.
func optional(record reflect.Type) []string {
	var names []string
	for n := range record.NumField() {
		name, rest, _ := strings.Cut(record.Field(n).Tag.Get("bson"), ",")
		if strings.Contains(rest, "omitempty") {
			names = append(names, name)
		}
	}
	return names
}

func pointer[T any](v T) *T { return &v }
