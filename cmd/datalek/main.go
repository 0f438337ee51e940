// Command datalek serves the web, runs the workers, or both; it also imports
// clients, checks itself and makes backups.
package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // zones must be known on every machine
)

// version is set when a release is built.
var version = "0.1.0"

func main() {
	if err := hush(); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "datalek:", err) // it works on; who runs it knows
	}
	slog.SetDefault(redacted(slog.NewTextHandler(os.Stderr, nil))) // net/http and other libraries write there
	os.Exit(run(os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

// run is main without the process around it.
func run(args, environ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	parsed, _, err := parse(args, environ)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "datalek:", err)
		return 2
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	parsed.Bind(&terminal{in: os.Stdin, out: stdout, err: stderr, now: clock(environ)})
	if err := parsed.Run(); err != nil {
		_, _ = fmt.Fprintln(stderr, "datalek:", err)
		return 1
	}
	return 0
}

// terminal is where a command reads and writes, and what time it is.
type terminal struct {
	in  io.Reader
	out io.Writer
	err io.Writer
	now clockFunc
}

func (t *terminal) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(t.out, format, args...) // a closed terminal is no reason to stop serving
}

type versionCmd struct{}

// Run prints the version.
func (versionCmd) Run(t *terminal) error {
	t.printf("datalek %s\n", version)
	return nil
}
