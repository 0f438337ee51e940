package mongostore

import (
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
)

// Watched returns the options with a monitor that sees every command.
func (o Options) Watched(monitor *event.CommandMonitor) Options {
	o.monitor = monitor
	return o
}

// Failed is the one mapping of errors.
func Failed(step string, err error) error { return failed(step, err) }

// StoredIndex is an index as the server tells it.
type StoredIndex = storedIndex

// IsUniqueByPracticeAndID compares a stored index with the one on practice and id.
func IsUniqueByPracticeAndID(stored StoredIndex) bool {
	return index{collection: "any", fields: []string{"practice_id", "id"}, unique: true}.is(stored)
}

// Writing gives the update that writes a record over an older one.
func Writing[R any](r R, but ...string) (bson.D, error) {
	return writing(filed[R]{Key: "key", Record: r}, but...)
}
