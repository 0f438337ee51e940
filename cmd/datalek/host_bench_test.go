package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/services/record"
	"datalek/services/sqlitestore"
	"datalek/services/vault"
)

// openBenchStore opens a store whose key lies beside its folder's files.
func openBenchStore(b *testing.B, ctx context.Context, dir string) *sqlitestore.Store {
	b.Helper()
	store, err := sqlitestore.Open(ctx, dir, sqlitestore.Options{Seal: func(ctx context.Context, keys record.Keyring) (record.Sealer, error) {
		return vault.Open(ctx, filepath.Join(dir, "datalek.key"), keys)
	}})
	if err != nil {
		b.Fatal(err)
	}
	return store
}

func benchNoon() time.Time { return time.Date(2027, 3, 5, 12, 0, 0, 0, time.UTC) }

// benchIncident is about the mailbox, in which every second client's data was gone.
func benchIncident(practice tenant.ID) *incidents.Incident {
	from, until := benchNoon().Add(-48*time.Hour), benchNoon().Add(-time.Hour)
	return &incidents.Incident{ID: "i", PracticeID: practice, Aware: []incidents.Finding{{AwareAt: benchNoon()}},
		Facts: incidents.Facts{OccurredFrom: &from, OccurredUntil: &until, Systems: []string{"mailbox"}, Categories: []registry.Category{registry.Contact}}}
}

// findIn reads the clients of a practice and finds for each whether he is affected, and why.
func findIn(ctx context.Context, store *sqlitestore.Store, practice tenant.ID) (inScope int, err error) {
	assessor := incidents.NewAssessor(benchIncident(practice), nil, registry.Policy{}, time.UTC)
	for after := ""; ; {
		clients, err := store.MatchableClients(ctx, practice, after, 10_000)
		if err != nil || len(clients) == 0 {
			return inScope, err
		}
		for _, c := range clients {
			if assessor.Assess(c).InScope {
				inScope++
			}
		}
		after = clients[len(clients)-1].ID
	}
}

// BenchmarkFindAffectedOfHundredThousand finds who of one practice with 100,000
// clients is affected, and why.
func BenchmarkFindAffectedOfHundredThousand(b *testing.B) {
	const people = 100_000
	ctx, store := context.Background(), openBenchStore(b, context.Background(), b.TempDir())
	b.Cleanup(func() { _ = store.Close() }) // it is thrown away
	for start := 0; start < people; start += 1000 {
		if _, err := store.PutClients(ctx, "p", manyClients(start, 1000, benchNoon())); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if found, err := findIn(ctx, store, "p"); err != nil || found != people/2 {
			b.Fatalf("found %d in scope, %v, want %d", found, err, people/2)
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1000/float64(b.N), "ms/100000-clients")
}

const (
	hostPractices = 10_000
	hostPeople    = 100 // of each practice
	hostFinds     = 5_000
	// hostFolder tells the process that measures where the host's data lies.
	hostFolder = "DATALEK_TEST_HOST"
)

// hostFigures is what that process finds.
type hostFigures struct {
	MedianMillis float64 `json:"median_ms"`
	P99Millis    float64 `json:"p99_ms"`
	PeakMiB      float64 `json:"peak_mib"`
}

// BenchmarkHostOfAMillion fills a host with 1,000,000 clients in 10,000 practices.
// A process of its own, so that the filling weighs nothing, then finds the affected
// of 5,000 practices in random order: half of them, and then the slowest but one
// per cent, and the most memory that the process ever had. Last the real server is
// weighed on the same data.
func BenchmarkHostOfAMillion(b *testing.B) {
	if dir := os.Getenv(hostFolder); dir != "" {
		measureHost(b, dir)
		return
	}
	dir := filepath.Join(b.TempDir(), "data")
	fillHost(b, dir)
	for b.Loop() {
		f := hostInProcess(b, dir)
		b.ReportMetric(f.MedianMillis, "ms-median")
		b.ReportMetric(f.P99Millis, "ms-p99")
		b.ReportMetric(f.PeakMiB, "MiB-peak")
		b.ReportMetric(serverPeakMiB(b, dir), "MiB-server-peak")
	}
}

func hostPractice(n int) string { return fmt.Sprintf("practice-%05d", n) }

func fillHost(b *testing.B, dir string) {
	b.Helper()
	ctx := context.Background()
	store := openBenchStore(b, ctx, dir)
	for n := range hostPractices {
		id := hostPractice(n)
		err := store.CreatePractice(ctx, registry.Practice{ID: tenant.ID(id), PublicCode: id, Language: "nl", TimeZone: "Europe/Amsterdam", Details: registry.Details{Name: "Meetpraktijk"}})
		if err == nil {
			_, err = store.PutClients(ctx, tenant.ID(id), manyClients(0, hostPeople, benchNoon()))
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		b.Fatal(err)
	}
}

// hostInProcess measures in a process of its own.
func hostInProcess(b *testing.B, dir string) (f hostFigures) {
	b.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^$", "-test.bench", "^BenchmarkHostOfAMillion$", "-test.benchtime", "1x") // #nosec G204
	cmd.Env = append(os.Environ(), hostFolder+"="+dir)
	var out bytes.Buffer
	cmd.Stderr = &out
	if text, err := cmd.Output(); err != nil {
		b.Fatalf("%v\n%s%s", err, text, &out)
	}
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		b.Fatalf("%v\n%s", err, &out)
	}
	return f
}

func measureHost(b *testing.B, dir string) {
	ctx := context.Background()
	store := openBenchStore(b, ctx, dir)
	random := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	for range hostFinds {
		practice, began := hostPractice(random.IntN(hostPractices)), time.Now()
		if found, err := findIn(ctx, store, tenant.ID(practice)); err != nil || found != hostPeople/2 {
			b.Fatalf("found %d, %v", found, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	millis := func(share float64) float64 { return took[int(float64(len(took)-1)*share)].Seconds() * 1000 }
	raw, err := json.Marshal(hostFigures{millis(0.5), millis(0.99), peakMiB(b, os.Getpid())})
	if err := errors.Join(err, store.Close()); err != nil {
		b.Fatal(err)
	}
	_, _ = os.Stderr.Write(raw) // the other process reads it
}

// serverPeakMiB is the most memory that the real server had, some seconds after
// it was ready.
func serverPeakMiB(b *testing.B, dir string) float64 {
	b.Helper()
	path, err := binary()
	if err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command(path, "serve", "--data", dir, "--addr", "127.0.0.1:0", "--smtp", "smtp://127.0.0.1:1?tls=none") // #nosec G204
	var out safeBuffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	awaitWithin(b, 2*time.Minute, "the server answers", func() error {
		if !strings.Contains(out.String(), "answers on") {
			return errNot("%s", out.String())
		}
		return nil
	})
	time.Sleep(30 * time.Second) // its sweeps go over all practices meanwhile
	peak := peakMiB(b, cmd.Process.Pid)
	if err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait()); err != nil {
		b.Fatalf("%v\n%s", err, out.String())
	}
	return peak
}

// peakMiB is the most memory that a process had resident.
func peakMiB(b testing.TB, pid int) float64 {
	b.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(raw), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil {
		b.Fatal(err)
	}
	return kib / 1024
}
