package mongostore

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// ServerTime returns the primary's clock, which is another machine's.
func (s *Store) ServerTime(ctx context.Context) (time.Time, error) {
	var answer struct {
		LocalTime time.Time `bson:"localTime"`
	}
	err := s.db.RunCommand(ctx, bson.D{{Key: "hello", Value: 1}}).Decode(&answer)
	return answer.LocalTime, failed("ask the store's time", err)
}
