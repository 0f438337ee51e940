package main

import (
	"context"
	"os"
	"strconv"

	"datalek/incidents"
	"datalek/notifier"
	"datalek/services/natsbus"
)

// graves is where the bus keeps what it gave up, as the workers read it.
type graves struct{ bus *natsbus.Bus }

// DeadLetters lists the oldest of what was given up.
func (g graves) DeadLetters(ctx context.Context, limit int) ([]notifier.DeadLetter, error) {
	found, err := g.bus.DeadLetters(ctx, 0, limit)
	var list []notifier.DeadLetter
	for _, l := range found {
		list = append(list, notifier.DeadLetter{Place: l.Seq, Queue: l.Queue, Data: l.Data, Cause: incidents.StuckCause(l.Kind),
			Detail: l.Cause, At: l.At, Attempts: l.Attempts})
	}
	return list, err
}

// Forget takes a letter from the bus.
func (g graves) Forget(ctx context.Context, place uint64) error { return g.bus.Forget(ctx, place) }

// testTries is how often the bus tries a job before it gives it up, in tests; 0
// takes the usual number.
func testTries() int {
	n, _ := strconv.Atoi(os.Getenv("DATALEK_TEST_TRIES")) // not set: 0
	return n
}
