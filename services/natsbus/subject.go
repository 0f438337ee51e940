package natsbus

import (
	"fmt"
	"slices"
	"strings"

	"datalek/incidents/fault"
)

const (
	maxKey = 200 // characters in a key
	maxID  = 200 // characters in a message id
)

// queues are the work queues, each one a stream of its own.
func queues() []string {
	return []string{"intake", "assess", "draft", "mail", "warn"}
}

func queueStream(queue string) string  { return "JOBS_" + strings.ToUpper(queue) }
func queueSubject(queue string) string { return "job." + queue }

func checkQueue(queue string) error {
	if !slices.Contains(queues(), queue) {
		return fmt.Errorf("queue: %w: no such queue", fault.Invalid)
	}
	return nil
}

// checkKey refuses what is not tokens joined with dots. The key is not
// repeated in the error: a wrong one may hold an address.
func checkKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("key: %w: longer than %d characters", fault.Invalid, maxKey)
	}
	for token := range strings.SplitSeq(key, ".") {
		if !isToken(token) {
			return fmt.Errorf("key: %w: tokens of [A-Za-z0-9_-] joined with dots are allowed", fault.Invalid)
		}
	}
	return nil
}

func isToken(s string) bool {
	for _, c := range []byte(s) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return s != ""
}

// checkID keeps line ends and other control characters out of a header.
func checkID(id string) error {
	if len(id) > maxID {
		return fmt.Errorf("message id: %w: longer than %d characters", fault.Invalid, maxID)
	}
	for _, c := range []byte(id) {
		if c <= ' ' || c > '~' {
			return fmt.Errorf("message id: %w: printable ASCII without spaces is allowed", fault.Invalid)
		}
	}
	return nil
}
