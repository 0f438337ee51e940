package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// busBinary builds the bus once for all tests of the package, beside the program.
var busBinary = sync.OnceValues(func() (string, error) {
	program, err := binary()
	if err != nil {
		return "", err
	}
	path := filepath.Join(filepath.Dir(program), "busnode")
	cmd := exec.Command("go", "build", "-o", path, "./testdata/busnode") // #nosec G204
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the bus: %w\n%s", err, out)
	}
	return path, nil
})

// bus is one NATS server or a cluster, each in a process of its own.
type bus struct {
	t     testing.TB
	nodes []*busNode
}

type busNode struct {
	t           testing.TB
	name        string
	dir         string
	addr, route string
	routes      []string
	cmd         *exec.Cmd
}

// newBus prepares servers that do not run yet.
func newBus(t testing.TB, nodes int) *bus {
	b := &bus{t: t}
	var routes []string
	for range nodes {
		routes = append(routes, freeAddr(t))
	}
	for i, route := range routes {
		n := &busNode{t: t, name: fmt.Sprintf("n%d", i+1), dir: t.TempDir(), addr: freeAddr(t), route: route, routes: routes}
		t.Cleanup(n.kill)
		b.nodes = append(b.nodes, n)
	}
	return b
}

func startBus(t testing.TB, nodes int) *bus {
	t.Helper()
	b := newBus(t, nodes)
	for _, n := range b.nodes {
		n.start()
	}
	return b
}

func (b *bus) urls() string {
	var all []string
	for _, n := range b.nodes {
		all = append(all, "nats://"+n.addr)
	}
	return strings.Join(all, ",")
}

func (n *busNode) start() {
	n.t.Helper()
	path, err := busBinary()
	if err != nil {
		n.t.Fatal(err)
	}
	args := []string{n.name, n.dir, n.addr}
	if len(n.routes) > 1 {
		args = append(args, n.route, strings.Join(n.routes, ","))
	}
	n.cmd = exec.Command(path, args...) // #nosec G204
	n.cmd.Stderr = os.Stderr
	if err := n.cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
}

// kill ends the server with kill -9.
func (n *busNode) kill() {
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill() // it may have ended already
	_ = n.cmd.Wait()
	n.cmd = nil
}

// leader is the server that leads a stream.
func (b *bus) leader(stream string) *busNode {
	b.t.Helper()
	nc, err := nats.Connect(b.urls(), nats.Timeout(5*time.Second), nats.RetryOnFailedConnect(true))
	if err != nil {
		b.t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		b.t.Fatal(err)
	}
	var found *busNode
	await(b.t, stream+" has a leader", func() error {
		s, err := js.Stream(b.t.Context(), stream)
		if err != nil {
			return err
		}
		for _, n := range b.nodes {
			if c := s.CachedInfo().Cluster; c != nil && c.Leader == n.name {
				found = n
				return nil
			}
		}
		return errNot("none")
	})
	return found
}

// TestABusThatIsLostAndComesBackEmptyLosesNothing takes the bus away in the middle
// of the work, with all that it held, and puts an empty one in its place.
func TestABusThatIsLostAndComesBackEmptyLosesNothing(t *testing.T) {
	t.Parallel()
	b := startBus(t, 1)
	w := startSite(t, shape{clients: 40, bus: b.urls()})
	l := w.work(larger(6, 40))
	for range larger(2, 12) {
		mails := w.post.Count()
		awaitMails(w, mails+30)
		b.nodes[0].kill()
		b.nodes[0].dir = t.TempDir()
		awaitMails(w, mails+40) // it goes on without
		b.nodes[0].start()
		w.all[0].awaitReady()
	}
	l.end()
	w.finish()
}

// awaitMails waits until the mail server has so many mails, or there is no more work.
func awaitMails(w *site, n int) {
	w.t.Helper()
	end := time.Now().Add(15 * time.Second)
	for w.post.Count() < n && time.Now().Before(end) {
		time.Sleep(10 * time.Millisecond)
	}
}

// TestABusThatIsAwayAtTheStartStopsNobody starts the program while its bus is
// away: reports are taken and people told, and the bus is used once it is there.
func TestABusThatIsAwayAtTheStartStopsNobody(t *testing.T) {
	t.Parallel()
	b := newBus(t, 1)
	w := newSite(t, shape{clients: 12, bus: b.urls()})
	w.all[0].serve()
	w.fill(12)
	w.reportUntilTaken("early")
	w.settled(w.approve(w.file("early")))
	if _, err := fetch(w.all[0].url() + "/readyz"); err == nil {
		t.Error("the program reads ready without its bus")
	}
	b.nodes[0].start()
	w.all[0].awaitReady()
	w.all[0].countIdle()
	w.reportUntilTaken("late")
	w.settled(w.approve(w.file("late")))
	w.finish()
}

// TestABusOfThreeThatLosesItsLeaderLosesNothing kills the leader of the mails'
// stream in the middle of them, and then the next one.
func TestABusOfThreeThatLosesItsLeaderLosesNothing(t *testing.T) {
	t.Parallel()
	b := startBus(t, 3)
	w := startSite(t, shape{clients: 40, bus: b.urls()})
	l := w.work(larger(4, 20))
	for range larger(1, 6) {
		awaitMails(w, w.post.Count()+20)
		leader := b.leader("JOBS_MAIL")
		leader.kill()
		awaitMails(w, w.post.Count()+20)
		leader.start()
		w.all[0].awaitReady()
	}
	l.end()
	w.finish()
}
