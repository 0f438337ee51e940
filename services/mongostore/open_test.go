package mongostore_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/services/mongostore"
	"datalek/services/record"
)

func TestOpenRefusesAServerThatIsNoReplicaSet(t *testing.T) {
	o := fresh(t, standinAt)
	o.AllowStandalone = false
	if _, err := mongostore.Open(t.Context(), o); !errors.Is(err, mongostore.ErrStandalone) {
		t.Errorf("got error %v, want %v", err, mongostore.ErrStandalone)
	}
	names, err := raw(t, standinAt, o.Database).ListCollectionNames(t.Context(), bson.D{})
	if err != nil || len(names) > 0 {
		t.Errorf("it left collections %v (error %v), want none", names, err)
	}
}

func TestOpenRefusesAnAddressWithoutRepeatingIt(t *testing.T) {
	for name, o := range map[string]mongostore.Options{
		"no address":                   {URI: ""},
		"another scheme":               {URI: "postgres://datalek:geheim@db/datalek"},
		"a password that needs escape": {URI: "mongodb://datalek:geheim/@%zz@db:27017/datalek"},
		"an unknown mechanism":         {URI: "mongodb://datalek:geheim@db:27017/?authMechanism=geheim"},
		"a password without a user":    {URI: "mongodb://db:27017/datalek", Password: "geheim"},
	} {
		_, err := mongostore.Open(t.Context(), o)
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: got error %v, want one without the secret", name, err)
		}
	}
}

func TestOpenRefusesAnIndexThatIsNotAsItMustBe(t *testing.T) {
	o := fresh(t, standinAt)
	loose := mongo.IndexModel{Keys: bson.D{{Key: "practice_id", Value: 1}, {Key: "external_index", Value: 1}},
		Options: options.Index().SetName("practice_id-external_index")} // not unique: a client could be doubled
	if _, err := raw(t, standinAt, o.Database).Collection(record.Clients).Indexes().CreateOne(t.Context(), loose); err != nil {
		t.Fatal(err)
	}
	_, err := mongostore.Open(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), record.Clients) {
		t.Errorf("got error %v, want one that names the collection", err)
	}
}

func TestAnIndexIsComparedByAllThatCounts(t *testing.T) {
	key := bson.D{{Key: "practice_id", Value: int32(1)}, {Key: "id", Value: 1.0}}
	for _, tt := range []struct {
		name   string
		stored mongostore.StoredIndex
		want   bool
	}{
		{"the same", mongostore.StoredIndex{Name: "practice_id-id", Key: key, Unique: true}, true},
		{"another name", mongostore.StoredIndex{Name: "practice_id_1", Key: key, Unique: true}, false},
		{"not unique", mongostore.StoredIndex{Name: "practice_id-id", Key: key}, false},
		{"sparse", mongostore.StoredIndex{Name: "practice_id-id", Key: key, Unique: true, Sparse: true}, false},
		{"hidden", mongostore.StoredIndex{Name: "practice_id-id", Key: key, Unique: true, Hidden: true}, false},
		{"partial", mongostore.StoredIndex{Name: "practice_id-id", Key: key, Unique: true, Partial: bson.D{{Key: "state", Value: "open"}}}, false},
		{"one field", mongostore.StoredIndex{Name: "practice_id-id", Key: key[:1], Unique: true}, false},
		{"another order", mongostore.StoredIndex{Name: "practice_id-id", Key: bson.D{key[0], {Key: "id", Value: -1}}, Unique: true}, false},
		{"fields changed over", mongostore.StoredIndex{Name: "practice_id-id", Key: bson.D{key[1], key[0]}, Unique: true}, false},
	} {
		if got := mongostore.IsUniqueByPracticeAndID(tt.stored); got != tt.want {
			t.Errorf("%s: %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestOpenAgainKeepsEverything(t *testing.T) {
	o := fresh(t, standinAt)
	first := open(t, o)
	if err := first.CreateUser(t.Context(), registry.User{ID: "user-1", Login: "anna@example.org", Name: "Anna"}); err != nil {
		t.Fatal(err)
	}
	second := open(t, o)
	if u, err := second.UserByLogin(t.Context(), "anna@example.org"); err != nil || u.Name != "Anna" {
		t.Errorf("got %+v and error %v, want the user that the first one made", u, err)
	}
}

func TestOpenInSeveralProcessesAtOnceAgreesOnTheKeys(t *testing.T) {
	o := fresh(t, standinAt)
	stores := make([]*mongostore.Store, 4)
	var all sync.WaitGroup
	for n := range stores {
		all.Go(func() {
			var err error
			if stores[n], err = mongostore.Open(t.Context(), o); err != nil {
				t.Errorf("open: %v", err)
			}
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	for n, s := range stores {
		key := string(rune('a' + n))
		if err := s.PutSetting(t.Context(), key, []byte("value of "+key), 0); err != nil {
			t.Fatal(err)
		}
		for m, other := range stores {
			if value, _, err := other.Setting(t.Context(), key); err != nil || string(value) != "value of "+key {
				t.Errorf("store %d reads %q and error %v of what store %d wrote", m, value, err, n)
			}
		}
		t.Cleanup(func() { _ = s.Close() })
	}
}

func TestAStoreThatIsAwayIsUnavailableAndSaysSoInTime(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil { // nobody listens there now
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = mongostore.Open(ctx, mongostore.Options{URI: "mongodb://" + address + "/?directConnection=true"})
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("open: got error %v, want %s", err, fault.Unavailable)
	}
}

func TestAClosedStoreIsUnavailable(t *testing.T) {
	s := open(t, fresh(t, standinAt))
	for range 2 {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	if err := s.Ping(t.Context()); !errors.Is(err, fault.Unavailable) {
		t.Errorf("ping: got error %v, want %s", err, fault.Unavailable)
	}
	if _, err := s.Practice(t.Context(), "practice-1"); !errors.Is(err, fault.Unavailable) {
		t.Errorf("read: got error %v, want %s", err, fault.Unavailable)
	}
	if err := s.CreateUser(t.Context(), registry.User{ID: "user-1"}); !errors.Is(err, fault.Unavailable) {
		t.Errorf("write: got error %v, want %s", err, fault.Unavailable)
	}
}
