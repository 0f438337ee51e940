package natsbus_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/services/natsbus"
)

type finalError struct{ final bool }

func (finalError) Error() string  { return "refused" }
func (e finalError) GiveUp() bool { return e.final }

type laterError struct{ after time.Duration }

func (laterError) Error() string               { return "not yet" }
func (e laterError) RetryAfter() time.Duration { return e.after }

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		name    string
		failure int
		jitter  float64
		want    time.Duration
	}{
		{"the first failure waits a second", 1, 0.5, time.Second},
		{"each failure doubles the wait", 4, 0.5, 8 * time.Second},
		{"the ninth still doubles", 9, 0.5, 256 * time.Second},
		{"the tenth reaches five minutes", 10, 0.5, 5 * time.Minute},
		{"a thousandth stays at five minutes", 1000, 0.5, 5 * time.Minute},
		{"the least jitter takes a quarter off", 1, 0, 750 * time.Millisecond},
		{"the most jitter stays below a quarter more", 3, 0.999999, 4999999 * time.Microsecond},
		{"a count below one is the first", 0, 0.5, time.Second},
		{"a negative count is the first", -7, 0.5, time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := natsbus.Backoff(tt.failure, tt.jitter)
			if diff := got - tt.want; diff < -time.Millisecond || diff > time.Millisecond {
				t.Errorf("backoff(%d, %g) = %s, want %s", tt.failure, tt.jitter, got, tt.want)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	plain := errors.New("odd")
	for _, tt := range []struct {
		name              string
		err               error
		delivered, failed int
		fate              string
		delay             time.Duration
		counts            bool
	}{
		{"no error is done", nil, 1, 0, "done", 0, false},
		{"no error is done on the hundredth delivery too", nil, 100, 11, "done", 0, false},
		{"giving up is dead at once", fmt.Errorf("mail: %w", finalError{true}), 1, 0, "dead", 0, false},
		{"an error that could give up and does not is tried again", finalError{false}, 1, 0, "retry", time.Second, true},
		{"giving up outweighs a time to come back", errors.Join(laterError{time.Hour}, finalError{true}), 1, 0, "dead", 0, false},
		{"a time to come back is kept", fmt.Errorf("mail: %w", laterError{7 * time.Minute}), 1, 0, "retry", 7 * time.Minute, false},
		{"a time to come back has no limit of tries", laterError{time.Minute}, 500, 11, "retry", time.Minute, false},
		{"a time to come back is never none", laterError{-time.Second}, 1, 0, "retry", time.Millisecond, false},
		{"a first failure comes back soon", plain, 1, 0, "retry", time.Second, true},
		{"the delay follows the failures, not the deliveries", plain, 50, 1, "retry", 2 * time.Second, true},
		{"the eleventh failure comes back", plain, 11, 10, "retry", 5 * time.Minute, true},
		{"the twelfth failure is dead", plain, 12, 11, "dead", 0, false},
		{"an unavailable store does not count", fmt.Errorf("store: %w", fault.Unavailable), 3, 0, "retry", 4 * time.Second, false},
		{"an unavailable store never makes a dead letter", fmt.Errorf("store: %w", fault.Unavailable), 900, 11, "retry", 5 * time.Minute, false},
		{"a panic comes back twice", natsbus.Panicked("boom"), 2, 1, "retry", 2 * time.Second, true},
		{"the third panic is dead", natsbus.Panicked("boom"), 3, 2, "dead", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fate, delay, counts := natsbus.Judge(tt.err, tt.delivered, tt.failed, 0.5)
			if fate != tt.fate || delay != tt.delay || counts != tt.counts {
				t.Errorf("judge = %s %s %t, want %s %s %t", fate, delay, counts, tt.fate, tt.delay, tt.counts)
			}
		})
	}
}

func TestCauseIsOneLineWithoutAddresses(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want string
	}{
		{"a plain text stays", errors.New("store away"), "store away"},
		{"line ends become spaces", errors.New("a\r\nb\tc"), "a b c"},
		{"an address is taken out", errors.New("550 <jan@example.org>: unknown"), "550 <[address]>: unknown"},
		{"a panic's value is not told", natsbus.Panicked("Jan de Vries"), "handler panicked: string"},
		{"a long text is cut between letters", errors.New(strings.Repeat("é", 400)), strings.Repeat("é", 150)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := natsbus.Cause(tt.err); got != tt.want {
				t.Errorf("cause = %q, want %q", got, tt.want)
			}
		})
	}
}
