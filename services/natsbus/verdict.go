package natsbus

import (
	"errors"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"time"
	"unicode/utf8"

	"datalek/incidents/fault"
)

const (
	// maxTries is how often a message may fail before it becomes a dead
	// letter; with backoff that takes about half an hour.
	maxTries = 12
	// maxPanics is the same for a handler that panics: a fault in the code
	// does not pass by itself.
	maxPanics = 3
	// maxCause is the length of a recorded cause, in bytes.
	maxCause = 300
)

// verdict is what becomes of a message after its handler returned.
type verdict struct {
	fate  fate
	delay time.Duration // of a retry
	// counts says that this failure counts towards maxTries.
	counts bool
}

type fate int

const (
	done fate = iota
	retry
	dead
)

// judge decides over a message whose handler returned err. delivered is how
// often the message was handed out, this time included; failed how many
// failures counted before, of which most may be; jitter lies in [0, 1).
//
// A handler that says when to come back, and one that met an unavailable
// store, may do so without limit: the message is not at fault.
func judge(err error, delivered, failed, most int, jitter float64) verdict {
	var final interface{ GiveUp() bool }
	var later interface{ RetryAfter() time.Duration }
	var crash *panicError
	switch {
	case err == nil:
		return verdict{fate: done}
	case errors.As(err, &final) && final.GiveUp():
		return verdict{fate: dead}
	case errors.As(err, &later):
		return verdict{fate: retry, delay: max(later.RetryAfter(), time.Millisecond)}
	case errors.As(err, &crash) && failed+1 >= maxPanics:
		return verdict{fate: dead}
	case errors.Is(err, fault.Unavailable):
		return verdict{fate: retry, delay: backoff(delivered, jitter)}
	case failed+1 >= most:
		return verdict{fate: dead}
	default:
		return verdict{fate: retry, delay: backoff(failed+1, jitter), counts: true}
	}
}

// backoff is the wait after the given failure, the first being 1: a second,
// doubled each time up to five minutes, spread by a quarter up or down so that
// what failed together does not come back together.
func backoff(failure int, jitter float64) time.Duration {
	const longest = 5 * time.Minute
	wait := longest
	if shift := max(failure, 1) - 1; shift < 9 {
		wait = min(time.Second<<shift, longest)
	}
	return time.Duration(float64(wait) * (0.75 + jitter/2))
}

// panicError is a panic of a handler, as an error.
type panicError struct {
	text  string
	stack []byte
}

func (e *panicError) Error() string { return "handler panicked: " + e.text }

// newPanic keeps the words of the runtime's own panics and only the type of
// any other: its value may hold anything, personal data too.
func newPanic(value any, stack []byte) *panicError {
	if err, ok := value.(runtime.Error); ok {
		return &panicError{text: err.Error(), stack: stack}
	}
	return &panicError{text: fmt.Sprintf("%T", value), stack: stack}
}

var addressLike = regexp.MustCompile(`[^\s<>"']+@[^\s<>"']+`)

// cause is the one line that a person reads beside a dead letter. Our errors
// hold no personal data; what a foreign one may have brought along that looks
// like an address is taken out all the same.
func cause(err error) string {
	text := addressLike.ReplaceAllString(err.Error(), "[address]")
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if len(text) <= maxCause {
		return text
	}
	cut := maxCause
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut]
}

// kindOf names the kind of a failure, for who reads it in plain words.
func kindOf(err error) string {
	var crash *panicError
	switch {
	case errors.As(err, &crash):
		return "crash"
	case errors.Is(err, fault.NotFound):
		return "missing"
	case errors.Is(err, fault.Unavailable):
		return "unavailable"
	case errors.Is(err, fault.Invalid):
		return "invalid"
	case errors.Is(err, fault.Conflict):
		return "conflict"
	default:
		return "other"
	}
}
