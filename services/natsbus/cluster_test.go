package natsbus_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
)

// freePort returns a loopback port that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func startServer(t testing.TB, o *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(o)
	if err != nil {
		t.Fatal(err)
	}
	go s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(20 * time.Second) {
		t.Fatal("a server was not ready")
	}
	return s
}

// startCluster starts three servers on loopback that know each other.
func startCluster(t testing.TB) []*server.Server {
	t.Helper()
	ports := []int{freePort(t), freePort(t), freePort(t)}
	var routes []*url.URL
	for _, port := range ports {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)})
	}
	var all []*server.Server
	for i, port := range ports {
		all = append(all, startServer(t, &server.Options{
			ServerName: fmt.Sprintf("n%d", i+1), Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "test", Host: "127.0.0.1", Port: port},
			Routes:  routes,
		}))
	}
	eventually(t, func() error {
		for _, s := range all {
			if s.JetStreamIsLeader() {
				return nil
			}
		}
		return errors.New("the servers have no leader")
	})
	return all
}

func urlsOf(all []*server.Server) string {
	var urls []string
	for _, s := range all {
		urls = append(urls, s.ClientURL())
	}
	return strings.Join(urls, ",")
}

// clusterRig opens a bus on an emptied cluster.
func clusterRig(t testing.TB, urls string) *rig {
	t.Helper()
	r := &rig{log: &journal{}, admin: plain(t, urls)}
	ctx := within(t, 30*time.Second)
	for name := range r.admin.StreamNames(ctx).Name() {
		if err := r.admin.DeleteStream(ctx, name); err != nil {
			t.Fatalf("delete %s: %v", name, err)
		}
	}
	r.open = opener(natsbus.Options{URL: urls, Log: r.log.logger()})
	r.bus = r.open(t)
	return r
}

func TestCluster(t *testing.T) {
	t.Parallel()
	urls := urlsOf(startCluster(t))
	conform(t, func(t *testing.T) *rig { return clusterRig(t, urls) })
}

func TestClusterKeepsThreeCopiesAndBearsTheLossOfAServer(t *testing.T) {
	t.Parallel()
	all := startCluster(t)
	// One address is enough: the servers tell of each other.
	r := clusterRig(t, all[0].ClientURL())
	ctx := within(t, 60*time.Second)
	s, err := r.admin.Stream(ctx, "JOBS_MAIL")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.CachedInfo().Config.Replicas; got != 3 {
		t.Fatalf("kept on %d servers, want 3", got)
	}
	const jobs = 40
	for i := range jobs / 2 {
		publish(t, r.bus, "mail", fmt.Sprintf("n.%d", i), fmt.Sprintf("evt/%d", i), "")
	}
	got := make(chan string, 4*jobs)
	consume(t, r.bus, "mail", 4, func(_ context.Context, key string, _ []byte, _ int) error { got <- key; return nil })
	next(t, got)
	ticks := make(chan tick, 10)
	consumeTicks(t, r.bus, ticks)
	due := time.Now().Add(3 * time.Second)
	arm(t, r, 1, due)
	all[0].Shutdown()
	all[0].WaitForShutdown()
	for i := jobs / 2; i < jobs; i++ {
		eventually(t, func() error {
			return r.bus.Publish(ctx, "mail", fmt.Sprintf("n.%d", i), fmt.Sprintf("evt/%d", i), nil)
		})
	}
	seen := map[string]bool{}
	for len(seen) < jobs-1 {
		seen[next(t, got)] = true
	}
	if late := next(t, ticks).At.Sub(due); late < 0 {
		t.Errorf("fired %s early", -late)
	}
	eventually(t, func() error { return r.bus.Healthy(ctx) })
}

func TestServerThatComesBackIsUsedAgain(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	start := func() *server.Server {
		return startServer(t, &server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, JetStream: true, StoreDir: dir})
	}
	s := start()
	b := connect(t, natsbus.Options{URL: s.ClientURL()})
	got := make(chan string, 10)
	consume(t, b, "assess", 1, func(_ context.Context, key string, _ []byte, _ int) error { got <- key; return nil })
	publish(t, b, "assess", "one", "", "")
	next(t, got)
	s.Shutdown()
	s.WaitForShutdown()
	eventually(t, func() error {
		if err := b.Publish(within(t, time.Second), "assess", "lost", "evt/2", nil); !errors.Is(err, fault.Unavailable) {
			return fmt.Errorf("publish while down: %w", err)
		}
		return nil
	})
	start()
	eventually(t, func() error { return b.Publish(within(t, time.Second), "assess", "two", "evt/3", nil) })
	if key := next(t, got); key != "two" {
		t.Errorf("got %s, want two", key)
	}
}

func TestServerThatComesBackEmptyIsFilledAgain(t *testing.T) {
	port := freePort(t)
	start := func() *server.Server {
		return startServer(t, &server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, JetStream: true, StoreDir: t.TempDir()})
	}
	s := start()
	anew := make(chan string, 100)
	b := connect(t, natsbus.Options{URL: s.ClientURL(), Recreated: func(stream string) { anew <- stream }})
	streams := len(anew)
	for range streams {
		<-anew
	}
	got, ticks := make(chan string, 10), make(chan tick, 10)
	consume(t, b, "assess", 1, func(_ context.Context, key string, _ []byte, _ int) error { got <- key; return nil })
	consumeTicks(t, b, ticks)
	s.Shutdown()
	s.WaitForShutdown()
	start()
	// Nobody publishes: the consumers themselves notice and mend.
	for range streams {
		next(t, anew)
	}
	publish(t, b, "assess", "again", "", "")
	if key := next(t, got); key != "again" {
		t.Errorf("got %s, want again", key)
	}
}

func TestConnectGivesUpWhenNobodyAnswers(t *testing.T) {
	address := fmt.Sprintf("nats://127.0.0.1:%d", freePort(t))
	_, err := natsbus.Connect(within(t, 600*time.Millisecond), natsbus.Options{URL: address})
	if !errors.Is(err, fault.Unavailable) {
		t.Errorf("connect: %v, want unavailable", err)
	}
}

func TestABusThatIsAwayAtTheStartIsUsedOnceItComes(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	b := connect(t, natsbus.Options{URL: fmt.Sprintf("nats://127.0.0.1:%d", port), MayBeAway: true})
	if err := b.Publish(within(t, time.Second), "assess", "early", "", nil); !errors.Is(err, fault.Unavailable) {
		t.Errorf("publish while away: %v, want unavailable", err)
	}
	if err := b.Healthy(within(t, time.Second)); !errors.Is(err, fault.Unavailable) {
		t.Errorf("healthy while away: %v, want unavailable", err)
	}
	got := make(chan string, 10)
	consume(t, b, "assess", 1, func(_ context.Context, key string, _ []byte, _ int) error { got <- key; return nil })
	startServer(t, &server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, JetStream: true, StoreDir: dir})
	eventually(t, func() error { return b.Healthy(within(t, time.Second)) })
	publish(t, b, "assess", "late", "", "")
	if key := next(t, got); key != "late" {
		t.Errorf("got %s, want late", key)
	}
}

func TestConnectWaitsForTheServer(t *testing.T) {
	port, dir := freePort(t), t.TempDir()
	opened := make(chan error, 1)
	go func() {
		b, err := natsbus.Connect(within(t, 20*time.Second), natsbus.Options{URL: fmt.Sprintf("nats://127.0.0.1:%d", port)})
		if err == nil {
			err = b.Close(within(t, 10*time.Second))
		}
		opened <- err
	}()
	nothing(t, opened, 300*time.Millisecond)
	startServer(t, &server.Options{Host: "127.0.0.1", Port: port, NoSigs: true, JetStream: true, StoreDir: dir})
	if err := next(t, opened); err != nil {
		t.Errorf("connect: %v", err)
	}
}

// settled waits until every stream has all its copies.
func settled(t *testing.T, admin jetstream.JetStream, copies int) {
	t.Helper()
	eventually(t, func() error {
		list := admin.ListStreams(within(t, 10*time.Second))
		for info := range list.Info() {
			if info.Cluster == nil || info.Cluster.Leader == "" || len(info.Cluster.Replicas) != copies-1 {
				return fmt.Errorf("%s has not its copies yet", info.Config.Name)
			}
			for _, peer := range info.Cluster.Replicas {
				if !peer.Current {
					return fmt.Errorf("%s is not yet the same everywhere", info.Config.Name)
				}
			}
		}
		return list.Err()
	})
}

func TestReplicasAreRaisedAndNeverLowered(t *testing.T) {
	urls := urlsOf(startCluster(t))
	admin := plain(t, urls)
	for _, tt := range []struct{ asked, want int }{{1, 1}, {3, 3}, {1, 3}} {
		closeBus(t, connect(t, natsbus.Options{URL: urls, Replicas: tt.asked}))
		s, err := admin.Stream(within(t, 10*time.Second), "CLOCKS")
		if err != nil {
			t.Fatal(err)
		}
		if got := s.CachedInfo().Config.Replicas; got != tt.want {
			t.Errorf("asked for %d copies: %d, want %d", tt.asked, got, tt.want)
		}
		settled(t, admin, tt.want)
	}
}
