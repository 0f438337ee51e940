package mongostore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"datalek/services/contract"
	"datalek/services/mongostore"
	"datalek/services/record"
	"datalek/services/vault"
)

var (
	_ contract.Store = (*mongostore.Store)(nil)
	_ contract.Keys  = (*mongostore.Store)(nil)
)

// standinAt is the address of the stand-in, which TestMain starts.
var standinAt string

func TestMain(m *testing.M) {
	os.Exit(withStandin(m.Run))
}

// withStandin runs the tests while one stand-in answers.
func withStandin(run func() int) int {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	stop, err := startStandin(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "start the MongoDB stand-in:", err)
		return 1
	}
	defer stop()
	return run()
}

// startStandin starts the Java process and waits for its port. It ends when its
// standard input is closed.
func startStandin(ctx context.Context) (stop func(), err error) {
	build := exec.CommandContext(ctx, "../../scripts/standin.sh")
	build.Stderr = os.Stderr
	classes, err := build.Output()
	if err != nil {
		return nil, fmt.Errorf("build it: %w", err)
	}
	java := exec.CommandContext(ctx, "java", "-cp", strings.TrimSpace(string(classes)), "Standin")
	stdin, err := java.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := java.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := java.Start(); err != nil {
		return nil, err
	}
	stop = func() {
		_ = stdin.Close()
		_ = java.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		stop()
		return nil, fmt.Errorf("it told no port: %w", err)
	}
	standinAt = "mongodb://127.0.0.1:" + strings.TrimSpace(line) + "/?directConnection=true"
	return stop, nil
}

var databases atomic.Int64

// fresh returns options for a database that nobody has used, which is dropped
// when the test ends.
func fresh(t testing.TB, uri string) mongostore.Options {
	t.Helper()
	name := fmt.Sprintf("datalek_test_%d_%d", os.Getpid(), databases.Add(1))
	keyFile := filepath.Join(t.TempDir(), "key")
	t.Cleanup(func() { drop(t, uri, name) })
	return mongostore.Options{
		URI: uri, Database: name, AllowStandalone: uri == standinAt,
		Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
			return vault.Open(ctx, keyFile, keys)
		},
	}
}

// raw returns a connection of the driver's own to a database.
func raw(t testing.TB, uri, database string) *mongo.Database {
	t.Helper()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := client.Disconnect(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return client.Database(database)
}

func drop(t testing.TB, uri, database string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Database(database).Drop(ctx); err != nil {
		t.Errorf("drop the test's database: %v", err)
	}
	if err := client.Disconnect(ctx); err != nil {
		t.Error(err)
	}
}

// open opens a store that the test closes.
func open(t testing.TB, o mongostore.Options) *mongostore.Store {
	t.Helper()
	s, err := mongostore.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
