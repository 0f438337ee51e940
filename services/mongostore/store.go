package mongostore

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"datalek/services/record"
)

// Store keeps the data of all practices of one host in one database. It is safe
// for use by several goroutines, and several processes may use one database.
type Store struct {
	client *mongo.Client
	db     *mongo.Database
	sealer record.Sealer
}

// Open connects to the server, refuses one that is no replica set, makes the
// missing indexes, checks that all are as they should be, and opens the keys.
func Open(ctx context.Context, o Options) (*Store, error) {
	settings, database, err := o.client()
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(settings)
	if err != nil {
		return nil, errors.New("open store: the address asks for something this program cannot do; check its options")
	}
	s := &Store{client: client, db: client.Database(database)}
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) prepare(ctx context.Context, o Options) error {
	if err := checkMember(ctx, s.client, o); err != nil {
		return err
	}
	if err := s.makeIndexes(ctx); err != nil {
		return err
	}
	if err := s.checkIndexes(ctx); err != nil {
		return err
	}
	var err error
	if s.sealer, err = o.Seal(ctx, s); err != nil {
		return fmt.Errorf("open keys: %w", err)
	}
	return nil
}

// Close ends the connections.
func (s *Store) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
	defer cancel()
	if err := s.client.Disconnect(ctx); err != nil && !errors.Is(err, mongo.ErrClientDisconnected) {
		return failed("close store", err)
	}
	return nil
}

// Ping reports whether the store's primary answers.
func (s *Store) Ping(ctx context.Context) error {
	return failed("ping", s.client.Ping(ctx, nil))
}

func (s *Store) in(collection string) *mongo.Collection { return s.db.Collection(collection) }
