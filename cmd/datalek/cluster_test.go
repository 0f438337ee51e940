package main_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"datalek/services/devstack"

	"github.com/nats-io/nats-server/v2/server"
)

// cluster is the many-machine form without containers: MongoDB's wire protocol,
// three NATS servers, two web and two worker processes of the real binary.
type cluster struct {
	*demo // calls go through it; its BaseURL changes from web to web
	webs  []string
	post  *devstack.SMTPServer
	turns atomic.Int64
}

// Story B once more, on many machines: the same result.
func TestStoryBOnManyMachines(t *testing.T) {
	playStoryB(t, startCluster(t))
}

func startCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{demo: &demo{t: t, dir: t.TempDir()}}
	var err error
	if c.post, err = devstack.StartSMTP(devstack.SMTPOptions{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.post.Close() })
	environ := append(os.Environ(), "DATALEK_TEST_CLOCK="+c.clockFile(), "DATALEK_TEST_MONGODB_STANDALONE=1",
		"DATALEK_STORE="+startStandin(t), "DATALEK_KEY_FILE="+filepath.Join(c.dir, "key"))
	c.APIToken = addClusterPractice(t, environ, c.dir)
	bus, post := startNATS(t), "smtp://"+c.post.Addr()+"?tls=none"
	for i, mode := range []string{"web", "web", "worker", "worker"} {
		base := c.serve(environ, fmt.Sprintf("%s-%d", mode, i), "--mode", mode, "--nats", bus, "--smtp", post)
		if mode == "web" {
			c.webs = append(c.webs, base)
		}
	}
	c.BaseURL = c.webs[0]
	for _, id := range []string{"mailbox", "agenda", "client-file", "key-list"} {
		c.must(201, "POST", "/systems", object{"id": id, "name": id, "categories": []string{"name", "contact"}}, nil)
	}
	c.seed()
	return c
}

// seed makes the sixty people known, since the story writes over known ones.
func (c *cluster) seed() {
	var list []object
	for n := 1; n <= 60; n++ {
		list = append(list, object{"external_id": fmt.Sprintf("V-%03d", n), "name": "Voorbeeld"})
	}
	c.must(201, "POST", "/clients", list, nil)
}

// must sends each call to the next web: a case is nobody's own.
func (c *cluster) must(status int, method, path string, body, into any, headers ...string) {
	c.t.Helper()
	c.BaseURL = c.webs[c.turns.Add(1)%int64(len(c.webs))]
	c.demo.must(status, method, path, body, into, headers...)
}

func (c *cluster) mails() []letter {
	var out []letter
	for _, m := range c.post.Messages("", 0) {
		out = append(out, parseLetter(c.t, m.Raw))
	}
	return out
}

func (c *cluster) mailsTo(address string) []letter {
	var out []letter
	for _, m := range c.mails() {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

// serve starts one process and waits until it is ready.
func (c *cluster) serve(environ []string, name string, args ...string) string {
	c.t.Helper()
	path, err := binary()
	if err != nil {
		c.t.Fatal(err)
	}
	addr := freeAddr(c.t)
	out := &safeBuffer{}
	cmd := exec.Command(path, append([]string{"serve", "--addr", addr, "--data", filepath.Join(c.dir, name)}, args...)...) // #nosec G204
	cmd.Env, cmd.Stdout, cmd.Stderr = environ, out, out
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	c.t.Cleanup(func() { c.end(name, cmd, ended, out) })
	await(c.t, name+" is ready", func() error {
		select {
		case err := <-ended:
			ended <- err
			c.t.Fatalf("%s ended: %v\n%s", name, err, out)
		default:
		}
		return probe("http://" + addr + "/healthz")
	})
	return "http://" + addr
}

// end stops a process and expects that it stops cleanly.
func (c *cluster) end(name string, cmd *exec.Cmd, ended chan error, out fmt.Stringer) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	select {
	case err := <-ended:
		if err != nil {
			c.t.Errorf("%s did not end cleanly: %v\n%s", name, err, out)
		}
	case <-time.After(40 * time.Second):
		_ = cmd.Process.Kill()
		c.t.Errorf("%s did not end in 40 seconds\n%s", name, out)
	}
	if c.t.Failed() {
		c.t.Logf("%s wrote:\n%s", name, out)
	}
}

func probe(url string) error {
	path, err := binary()
	if err != nil {
		return err
	}
	return exec.Command(path, "healthcheck", "--url", url).Run() // #nosec G204
}

func addClusterPractice(t *testing.T, environ []string, dir string) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "practice", "add", "--data", dir, "--name", "Praktijk Veel", "--contact", "Anna Voorbeeld", "--phone", "+31 6 12345678",
		"--email", "anna@lindehof.example", "--mailbox-system", "mailbox", "--other-sender", "bericht@lindehof-post.example",
		"--second-email", "anna.thuis@voorbeeldpost.example", "--stand-in-email", "bram@waarnemer.example") // #nosec G204
	cmd.Env = environ
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("practice add: %v\n%s", err, out)
	}
	return practiceToken.FindStringSubmatch(string(out))[1]
}

// startStandin starts the server that answers MongoDB's wire protocol.
func startStandin(t *testing.T) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	classes, err := exec.CommandContext(ctx, "../../scripts/standin.sh").Output()
	if err != nil {
		t.Fatalf("build the stand-in: %v", err)
	}
	cmd := exec.Command("java", "-cp", strings.TrimSpace(string(classes)), "Standin") // #nosec G204
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &safeBuffer{}
	cmd.Stdout = out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // ends it
		_ = cmd.Wait()
	})
	await(t, "the stand-in tells its port", func() error {
		if !strings.Contains(out.String(), "\n") {
			return errNot("nothing yet")
		}
		return nil
	})
	port, _, _ := strings.Cut(out.String(), "\n")
	return "mongodb://127.0.0.1:" + port + "/datalek?directConnection=true"
}

// startNATS starts three servers with JetStream as one cluster.
func startNATS(t *testing.T) string {
	t.Helper()
	var routes []string
	for range 3 {
		routes = append(routes, freeAddr(t))
	}
	var urls []string
	var nodes []*server.Server
	for i, route := range routes {
		host, port, _ := net.SplitHostPort(route)
		o := &server.Options{ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, NoLog: true,
			Cluster: server.ClusterOpts{Name: "datalek", Host: host, Port: atoi(t, port)}, Routes: server.RoutesFromStr("nats://" + strings.Join(routes, ",nats://"))}
		n, err := server.NewServer(o)
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		t.Cleanup(func() {
			n.Shutdown()
			n.WaitForShutdown()
		})
		nodes = append(nodes, n)
	}
	for _, n := range nodes {
		if !n.ReadyForConnections(20 * time.Second) {
			t.Fatal("a NATS server is not ready")
		}
		urls = append(urls, n.ClientURL())
	}
	return strings.Join(urls, ",")
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// givenAddrs are the addresses that freeAddr gave out in this run.
var givenAddrs sync.Map

// freeAddr returns a loopback address that was free a moment ago. Its port is
// chosen at random below those that systems give to outgoing connections, so that
// none of these takes it meanwhile, and no test is given it twice.
func freeAddr(t testing.TB) string {
	t.Helper()
	const lowest, highest = 12_000, 32_000
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", lowest+rand.IntN(highest-lowest))
		if _, given := givenAddrs.LoadOrStore(addr, true); given {
			continue
		}
		ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", addr)
		if err != nil {
			continue // somebody has it
		}
		if err := ln.Close(); err != nil {
			t.Fatal(err)
		}
		return addr
	}
	t.Fatal("no port is free")
	return ""
}
