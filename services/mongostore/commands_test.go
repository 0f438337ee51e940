package mongostore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"

	"datalek/services/record"
)

// The only commands, operators and stages that the package may send.
func allowedCommands() []string {
	return []string{"isMaster", "ping", "find", "getMore", "killCursors", "insert", "update", "delete", "findAndModify", "aggregate",
		"createIndexes", "listIndexes", "endSessions", "saslStart", "saslContinue"}
}

func allowedInFilters() []string {
	return []string{"$in", "$nin", "$ne", "$gte", "$lt", "$or", "$and", "$exists"}
}

func allowedInUpdates() []string {
	return []string{"$set", "$unset", "$inc", "$min", "$max", "$setOnInsert", "$push", "$each"}
}

// neverSent are fields of commands that ask for what servers answer differently.
func neverSent() []string {
	return []string{"collation", "hint", "let", "arrayFilters", "startTransaction", "autocommit", "allowDiskUse", "returnKey", "showRecordId", "tailable"}
}

// hostWide are the collections that are not sharded by practice.
func hostWide() []string {
	return []string{record.Practices, record.Endpoints, record.Receipts, record.Returns, record.Feeds, record.StuckWork, record.Users, record.Tokens, record.Sessions, record.Settings, record.Keys}
}

// watch looks at every command and keeps what breaks a rule.
type watch struct {
	mu     sync.Mutex
	seen   map[string]int
	faults []string
}

func (w *watch) monitor() *event.CommandMonitor {
	return &event.CommandMonitor{Started: func(_ context.Context, e *event.CommandStartedEvent) { w.look(e.CommandName, e.Command) }}
}

func (w *watch) look(name string, command bson.Raw) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen[name]++
	if !slices.Contains(allowedCommands(), name) {
		w.fault(name, "the command is not allowed")
	}
	for _, field := range neverSent() {
		if _, err := command.LookupErr(field); err == nil {
			w.fault(name, "asks for "+field)
		}
	}
	w.lookAtConcerns(name, command)
	w.lookAtParts(name, command)
}

func (w *watch) fault(name, what string) { w.faults = append(w.faults, name+": "+what) }

// lookAtConcerns: writes wait for the majority's journal, reads see the majority's data.
func (w *watch) lookAtConcerns(name string, command bson.Raw) {
	switch name {
	case "insert", "update", "delete", "findAndModify":
		majority, _ := command.Lookup("writeConcern", "w").StringValueOK()
		if journal, _ := command.Lookup("writeConcern", "j").BooleanOK(); majority != "majority" || !journal {
			w.fault(name, "does not wait for the majority's journal")
		}
	case "find", "aggregate":
		if level, _ := command.Lookup("readConcern", "level").StringValueOK(); level != "majority" {
			w.fault(name, "does not read what the majority has")
		}
	}
}

func (w *watch) lookAtParts(name string, command bson.Raw) {
	collection, _ := command.Lookup(name).StringValueOK()
	switch name {
	case "find":
		w.filter(name, command.Lookup("filter"))
		w.plain(name, command.Lookup("sort"))
		w.plain(name, command.Lookup("projection"))
	case "findAndModify":
		w.guarded(name, collection, command.Lookup("query"))
		w.update(name, command.Lookup("update"))
		if _, err := command.LookupErr("fields"); err == nil {
			w.fault(name, "has a projection")
		}
	case "update":
		for _, u := range values(command.Lookup("updates")) {
			w.guarded(name, collection, u.Document().Lookup("q"))
			w.update(name, u.Document().Lookup("u"))
		}
	case "delete":
		for _, d := range values(command.Lookup("deletes")) {
			w.filter(name, d.Document().Lookup("q"))
		}
	case "aggregate":
		w.pipeline(name, command)
	case "createIndexes":
		w.indexes(name, command, collection)
	}
}

// guarded: the shard key stands in the filter of every change of one record.
func (w *watch) guarded(name, collection string, filter bson.RawValue) {
	w.filter(name, filter)
	if slices.Contains(hostWide(), collection) {
		return
	}
	if practice, ok := filter.Document().Lookup("practice_id").StringValueOK(); !ok || practice == "" {
		w.fault(name, "changes "+collection+" without naming the practice")
	}
}

func (w *watch) filter(name string, v bson.RawValue) {
	for _, key := range keysWithin(v) {
		if strings.HasPrefix(key, "$") && !slices.Contains(allowedInFilters(), key) {
			w.fault(name, "filters by "+key)
		}
	}
}

// plain: a sort or a projection names fields and nothing else.
func (w *watch) plain(name string, v bson.RawValue) {
	for _, key := range keysWithin(v) {
		if strings.HasPrefix(key, "$") {
			w.fault(name, "sorts or projects by "+key)
		}
	}
}

// update: known operators on named fields, no pipeline, no place in an array.
func (w *watch) update(name string, v bson.RawValue) {
	doc, isDoc := v.DocumentOK()
	if !isDoc {
		w.fault(name, "updates by a pipeline")
		return
	}
	for _, e := range elements(doc) {
		if !slices.Contains(allowedInUpdates(), e.Key()) {
			w.fault(name, "updates by "+e.Key())
		}
		for _, field := range elements(e.Value().Document()) {
			if strings.Contains(field.Key(), "$") || strings.Contains(field.Key(), ".0") {
				w.fault(name, "updates the place "+field.Key())
			}
		}
	}
}

// pipeline: $match and one $group with one $sum.
func (w *watch) pipeline(name string, command bson.Raw) {
	for _, stage := range values(command.Lookup("pipeline")) {
		for _, e := range elements(stage.Document()) {
			switch e.Key() {
			case "$match":
				w.filter(name, e.Value())
			case "$group":
				operators := slices.DeleteFunc(keysWithin(e.Value()), func(k string) bool { return !strings.HasPrefix(k, "$") })
				if !slices.Equal(operators, []string{"$sum"}) {
					w.fault(name, fmt.Sprintf("groups by %v", operators))
				}
			default:
				w.fault(name, "has the stage "+e.Key())
			}
		}
	}
}

// indexes: plain ascending; a unique one begins with the practice where its
// collection can be sharded.
func (w *watch) indexes(name string, command bson.Raw, collection string) {
	for _, index := range values(command.Lookup("indexes")) {
		for _, e := range elements(index.Document()) {
			if !slices.Contains([]string{"key", "name", "unique"}, e.Key()) {
				w.fault(name, "makes an index with "+e.Key())
			}
		}
		fields := elements(index.Document().Lookup("key").Document())
		for _, f := range fields {
			if f.Value().AsInt64() != 1 {
				w.fault(name, "makes an index that does not ascend on "+f.Key())
			}
		}
		unique, _ := index.Document().Lookup("unique").BooleanOK()
		if unique && !slices.Contains(hostWide(), collection) && fields[0].Key() != "practice_id" {
			w.fault(name, "makes a unique index of "+collection+" that does not begin with the practice")
		}
	}
}

func elements(doc bson.Raw) []bson.RawElement {
	list, err := doc.Elements()
	if err != nil {
		panic(err) // the driver's own bytes
	}
	return list
}

func values(v bson.RawValue) []bson.RawValue {
	list, err := v.Array().Values()
	if err != nil {
		panic(err)
	}
	return list
}

// keysWithin returns the keys of a document and of all documents in it.
func keysWithin(v bson.RawValue) []string {
	var keys []string
	if doc, isDoc := v.DocumentOK(); isDoc {
		for _, e := range elements(doc) {
			keys = append(append(keys, e.Key()), keysWithin(e.Value())...)
		}
	}
	if array, isArray := v.ArrayOK(); isArray {
		list, _ := array.Values()
		for _, item := range list {
			keys = append(keys, keysWithin(item)...)
		}
	}
	return keys
}

// report tells of what broke a rule, and of commands that were never watched.
func (w *watch) report(t *testing.T) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.Sort(w.faults)
	for _, f := range slices.Compact(w.faults) {
		t.Error(f)
	}
	for _, name := range []string{"find", "insert", "createIndexes", "listIndexes"} {
		if w.seen[name] == 0 {
			t.Errorf("%s was never seen, so nothing was watched of it", name)
		}
	}
}

func TestTheWatchSeesWhatIsNotAllowed(t *testing.T) {
	concern := bson.E{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}, {Key: "j", Value: true}}}
	level := bson.E{Key: "readConcern", Value: bson.D{{Key: "level", Value: "majority"}}}
	updates := func(q, u any) bson.D {
		return bson.D{{Key: "update", Value: "incidents"}, {Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: q}, {Key: "u", Value: u}}}}, concern}
	}
	finds := func(filter any, more ...bson.E) bson.D {
		return append(bson.D{{Key: "find", Value: "clients"}, {Key: "filter", Value: filter}, level}, more...)
	}
	mine, set := bson.D{{Key: "practice_id", Value: "p"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "a", Value: 1}}}}
	for name, command := range map[string]bson.D{
		"a command":                   {{Key: "distinct", Value: "clients"}},
		"an element match":            finds(bson.D{{Key: "holdings", Value: bson.D{{Key: "$elemMatch", Value: bson.D{}}}}}),
		"an expression deep inside":   finds(bson.D{{Key: "$or", Value: bson.A{bson.D{{Key: "$expr", Value: 1}}}}}),
		"a collation":                 finds(mine, bson.E{Key: "collation", Value: bson.D{}}),
		"a read without the majority": {{Key: "find", Value: "clients"}, {Key: "filter", Value: mine}},
		"a write without the journal": updates(mine, set)[:2],
		"no practice":                 updates(bson.D{{Key: "_id", Value: "x"}}, set),
		"a pipeline":                  updates(mine, bson.A{set}),
		"a pull":                      updates(mine, bson.D{{Key: "$pull", Value: bson.D{{Key: "a", Value: 1}}}}),
		"a place in an array":         updates(mine, bson.D{{Key: "$set", Value: bson.D{{Key: "a.$.b", Value: 1}}}}),
		"a join":                      {{Key: "aggregate", Value: "clients"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$lookup", Value: bson.D{}}}}}, level},
		"two sums": {{Key: "aggregate", Value: "clients"}, {Key: "pipeline", Value: bson.A{bson.D{{Key: "$group", Value: bson.D{
			{Key: "a", Value: bson.D{{Key: "$sum", Value: 1}}}, {Key: "b", Value: bson.D{{Key: "$avg", Value: 1}}}}}}}}, level},
		"a sparse index": {{Key: "createIndexes", Value: "clients"}, {Key: "indexes", Value: bson.A{bson.D{
			{Key: "key", Value: bson.D{{Key: "practice_id", Value: 1}}}, {Key: "sparse", Value: true}}}}},
	} {
		w := &watch{seen: map[string]int{}}
		raw, err := bson.Marshal(command)
		if err != nil {
			t.Fatal(err)
		}
		w.look(command[0].Key, raw)
		if len(w.faults) != 1 {
			t.Errorf("%s: %q, want one fault", name, w.faults)
		}
	}
}
