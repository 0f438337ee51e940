package mongostore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"datalek/services/record"
)

// Options says which server to use and how.
type Options struct {
	// URI is the server's address, mongodb://user@host-1,host-2/datalek?replicaSet=name.
	// What it says of write and read concerns, reading and retrying is overruled.
	URI string
	// Password belongs to the URI's user; "" takes the one in the URI, if any.
	Password string
	// Database overrules the one in the URI; when neither names one it is "datalek".
	Database string
	// Seal returns the sealer whose wrapped keys lie in the store. It is called
	// before anything but indexes is written. Required.
	Seal func(ctx context.Context, keys record.Keyring) (record.Sealer, error)
	// AllowStandalone lets a server be used that is no replica set and so cannot
	// keep what it acknowledged: for tests only.
	AllowStandalone bool
	// Log gets what an operator should know; nil keeps silent.
	Log *slog.Logger

	monitor *event.CommandMonitor // watched by the package's tests
}

// How long a step may take before the caller is told that the store is away.
const (
	connectWithin = 5 * time.Second
	selectWithin  = 8 * time.Second
	answerWithin  = 15 * time.Second
	closeWithin   = 10 * time.Second
)

const defaultDatabase = "datalek"

// client returns the client's options, all but the address set here and not in
// the address, and the name of the database.
func (o Options) client() (*options.ClientOptions, string, error) {
	address, err := connstring.ParseAndValidate(o.URI)
	if err != nil {
		// The parser's words may hold the password.
		return nil, "", errors.New("the store's address is not one of MongoDB's: use mongodb://user@host:27017/datalek?replicaSet=name, with special characters in the password escaped")
	}
	journal := true
	c := options.Client().ApplyURI(o.URI).
		SetAppName("datalek").
		SetWriteConcern(&writeconcern.WriteConcern{W: "majority", Journal: &journal}).
		SetReadConcern(readconcern.Majority()).
		SetReadPreference(readpref.Primary()).
		SetRetryWrites(true).
		SetRetryReads(true).
		SetConnectTimeout(connectWithin).
		SetServerSelectionTimeout(selectWithin).
		SetTimeout(answerWithin).
		SetMonitor(o.monitor)
	if o.Password != "" {
		if c.Auth == nil {
			return nil, "", errors.New("a password was given for the store, but its address names no user")
		}
		c.Auth.Password, c.Auth.PasswordSet = o.Password, true
	}
	return c, o.database(address.Database), nil
}

func (o Options) database(inAddress string) string {
	switch {
	case o.Database != "":
		return o.Database
	case inAddress != "":
		return inAddress
	default:
		return defaultDatabase
	}
}

func (o Options) log() *slog.Logger {
	if o.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return o.Log
}

// ErrStandalone says that the server is no member of a replica set.
var ErrStandalone = errors.New("this MongoDB server is no member of a replica set, so it cannot promise to keep what it acknowledges; start it with --replSet, or name the replica set's members in the store's address")

// checkMember refuses a server that is no member of a replica set. The command
// has a newer name, which not every server of the protocol knows.
func checkMember(ctx context.Context, client *mongo.Client, o Options) error {
	var hello struct {
		SetName string `bson:"setName"`
		Message string `bson:"msg"` // "isdbgrid" on a router of shards
	}
	err := client.Database("admin").RunCommand(ctx, bson.D{{Key: "isMaster", Value: 1}}).Decode(&hello)
	if err != nil {
		return failed("reach the store", err)
	}
	switch {
	case hello.SetName != "" || hello.Message == "isdbgrid":
		return nil
	case o.AllowStandalone:
		o.log().Warn("the store is a standalone MongoDB server: what it acknowledges may be lost")
		return nil
	default:
		return fmt.Errorf("open store: %w", ErrStandalone)
	}
}
