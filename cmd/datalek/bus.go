package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"datalek/services/natsbus"
)

// ownBusWithin is how long the bus in this process may take to stand; a sound
// one needs less than a second.
const ownBusWithin = 10 * time.Second

// openBus connects to the bus that --nats names, or starts one in this process.
// One elsewhere may be away at the start as at any other time: the work goes on
// without it.
func (a *app) openBus(ctx context.Context) error {
	if a.cfg.Nats == "" {
		return a.openOwnBus(ctx)
	}
	return a.connectBus(ctx, natsbus.Options{URL: a.cfg.Nats, CredentialsFile: a.cfg.NatsCredentialsFile, Log: a.log, MayBeAway: true})
}

// openOwnBus starts the bus in this process. One whose files are damaged is set
// aside and made anew: it holds only jobs, which the sweeps find again in the
// store, and losing it costs a moment.
func (a *app) openOwnBus(ctx context.Context) error {
	dir := filepath.Join(a.cfg.Data, "nats")
	first, cancel := context.WithTimeout(ctx, ownBusWithin)
	defer cancel()
	server, err := a.startBus(first, dir)
	if server == nil || err == nil || ctx.Err() != nil {
		return err
	}
	aside := dir + "-damaged"
	if moved := errors.Join(server.Close(), os.RemoveAll(aside), os.Rename(dir, aside)); moved != nil {
		return errors.Join(err, fmt.Errorf("set the damaged bus aside: %w", moved))
	}
	a.log.Warn("the bus in this folder was damaged and is made anew; nothing is lost", "set_aside", aside, "error", err)
	_, err = a.startBus(ctx, dir)
	return err
}

// startBus starts the bus in dir and connects to it. An error with a server
// says that it runs but cannot be used.
func (a *app) startBus(ctx context.Context, dir string) (*natsbus.Server, error) {
	server, err := natsbus.StartEmbedded(dir)
	if err != nil {
		return nil, fmt.Errorf("start the bus: %w", err)
	}
	a.onStop(func(context.Context) error { return server.Close() })
	return server, a.connectBus(ctx, natsbus.Options{Server: server, Log: a.log})
}

func (a *app) connectBus(ctx context.Context, opts natsbus.Options) error {
	opts.Tries = testTries()
	bus, err := natsbus.Connect(ctx, opts)
	if err != nil {
		return fmt.Errorf("connect to the bus: %w", err)
	}
	a.bus = bus
	a.onStop(bus.Close)
	return nil
}
