// Command busnode is one NATS server with JetStream in a process of its own, so
// that tests can kill it. Arguments: name, folder, address for clients, and for a
// cluster of several the address for the others and theirs, joined with commas.
package main

import (
	"fmt"
	"net"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "busnode:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	host, port, err := address(args[2])
	if err != nil {
		return err
	}
	o := &server.Options{ServerName: args[0], StoreDir: args[1], Host: host, Port: port, JetStream: true, NoSigs: true, NoLog: true, SyncAlways: true}
	if len(args) == 5 {
		if o.Cluster.Host, o.Cluster.Port, err = address(args[3]); err != nil {
			return err
		}
		o.Cluster.Name = "datalek"
		o.Routes = server.RoutesFromStr("nats://" + strings.ReplaceAll(args[4], ",", ",nats://"))
	}
	node, err := server.NewServer(o)
	if err != nil {
		return err
	}
	node.Start()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	node.Shutdown()
	node.WaitForShutdown()
	return nil
}

func address(s string) (string, int, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		return "", 0, err
	}
	n, err := strconv.Atoi(port)
	return host, n, err
}
