package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// natsOptions reads deploy/nats/nats.conf as node name reads it, with the
// variables quoted as start.sh quotes them.
func natsOptions(t *testing.T, name string) *server.Options {
	t.Helper()
	for variable, value := range map[string]string{
		"NATS_NAME": name, "NATS_USER": `"datalek"`, "NATS_PASSWORD": `"12e5"`, // bare it would be a number
		"ROUTE_PASSWORD": `"34e5"`, "JS_KEY": `"56e5"`,
		"ROUTE_1": `"nats://route:34e5@nats-1:6222"`,
		"ROUTE_2": `"nats://route:34e5@nats-2:6222"`,
		"ROUTE_3": `"nats://route:34e5@nats-3:6222"`,
	} {
		t.Setenv(variable, value)
	}
	opts, err := server.ProcessConfigFile(moduleRoot + "/deploy/nats/nats.conf")
	if err != nil {
		t.Fatal(err)
	}
	return opts
}

func TestTheNATSConfigurationIsSafe(t *testing.T) {
	opts := natsOptions(t, "nats-1")
	for what, holds := range map[string]bool{
		"JetStream is on":                                  opts.JetStream,
		"what is acknowledged is on the disk":              opts.SyncAlways,
		"what is kept is encrypted":                        opts.JetStreamKey == "56e5" && opts.JetStreamCipher == server.ChaCha,
		"clients log in":                                   opts.Username == "datalek" && opts.Password == "12e5",
		"nodes log in":                                     opts.Cluster.Username == "route" && opts.Cluster.Password == "34e5",
		"the monitoring page is not for others to look at": opts.HTTPHost == "127.0.0.1",
	} {
		if !holds {
			t.Errorf("it does not hold that %s", what)
		}
	}
}

func TestTheNATSNodesAreThoseOfCompose(t *testing.T) {
	var routes []string
	for _, route := range natsOptions(t, "nats-1").Routes {
		routes = append(routes, route.Hostname())
	}
	var nodes []string
	for name, service := range readCompose(t).Services {
		if !strings.HasPrefix(service.Image, "nats:") {
			continue
		}
		nodes = append(nodes, name)
		if got := service.Environment["NATS_NAME"]; got != name {
			t.Errorf("%s calls itself %q", name, got)
		}
	}
	slices.Sort(nodes)
	if diff := cmp.Diff(nodes, routes); diff != "" {
		t.Errorf("the nodes and the routes between them differ (-nodes +routes):\n%s", diff)
	}
}

// TestThreeNodesOfTheConfigurationKeepWorkInThree runs the cluster with its own
// configuration, moved to free loopback ports and a folder of the test.
func TestThreeNodesOfTheConfigurationKeepWorkInThree(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ports := freePorts(t, 3)
	nodes := make([]*server.Server, len(ports))
	for i, port := range ports {
		opts := natsOptions(t, fmt.Sprintf("nats-%d", i+1))
		opts.Host, opts.Port, opts.Cluster.Host, opts.Cluster.Port = "127.0.0.1", server.RANDOM_PORT, "127.0.0.1", port
		opts.HTTPPort, opts.StoreDir, opts.NoSigs, opts.NoLog = 0, t.TempDir(), true, true
		for i, route := range opts.Routes {
			route.Host = fmt.Sprintf("127.0.0.1:%d", ports[i])
		}
		node, err := server.NewServer(opts)
		if err != nil {
			t.Fatal(err)
		}
		nodes[i] = node
		node.Start()
		t.Cleanup(func() {
			node.Shutdown()
			node.WaitForShutdown()
		})
	}
	for _, node := range nodes {
		if !node.ReadyForConnections(time.Minute) {
			t.Fatalf("%s is not ready", node.Name())
		}
	}
	if _, err := nats.Connect(nodes[0].ClientURL()); err == nil {
		t.Error("the cluster lets in whoever gives no name")
	}
	conn, err := nats.Connect(nodes[0].ClientURL(), nats.UserInfo("datalek", "12e5"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	stream, err := createReplicated(ctx, conn)
	if err != nil {
		t.Fatal(err)
	}
	if info := stream.CachedInfo(); info.Cluster == nil || len(info.Cluster.Replicas) != 2 {
		t.Errorf("cluster of the stream = %+v, want a leader and two replicas", info.Cluster)
	}
}

// freePorts finds n loopback ports that nobody listens on.
func freePorts(t *testing.T, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = listener.Close() }() // all at the end, so that no two are the same
		ports[i] = listener.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// createReplicated makes a stream kept on three nodes, and tries again while
// the nodes are still electing a leader.
func createReplicated(ctx context.Context, conn *nats.Conn) (jetstream.Stream, error) {
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	for {
		attempt, cancel := context.WithTimeout(ctx, 5*time.Second)
		stream, err := js.CreateOrUpdateStream(attempt, jetstream.StreamConfig{Name: "WORK", Subjects: []string{"work.>"}, Replicas: 3})
		cancel()
		if err == nil {
			return stream, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("create a stream on three nodes: %w", err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
