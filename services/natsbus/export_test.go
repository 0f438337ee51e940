package natsbus

import "time"

// What the pure rules decide, for their tables.
var (
	Backoff = backoff
	Cause   = cause
)

// Judge returns the fate of a message in words, the delay of a retry and
// whether the failure counts.
func Judge(err error, delivered, failed int, jitter float64) (string, time.Duration, bool) {
	v := judge(err, delivered, failed, jitter)
	return [...]string{done: "done", retry: "retry", dead: "dead"}[v.fate], v.delay, v.counts
}

// Panicked is what a panic with value becomes.
func Panicked(value any) error { return newPanic(value, nil) }
