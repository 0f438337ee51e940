package main

import (
	"os"
	"strings"
	"sync"
	"time"
)

// clockFunc tells the time: UTC, cut to milliseconds, which is what stores keep.
type clockFunc func() time.Time

// testClock names a file with an offset such as "49h" that tests add to the
// machine's time, so that two days pass in a moment. No practice sets it.
const testClock = "DATALEK_TEST_CLOCK"

// clock returns the program's one clock.
func clock(environ []string) clockFunc {
	for _, pair := range environ {
		if name, file, _ := strings.Cut(pair, "="); name == testClock && file != "" {
			moved := &movedClock{file: file}
			return moved.now
		}
	}
	return now
}

func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

// movedClock reads its offset anew now and then, so that a test can move a
// running process.
type movedClock struct {
	file   string
	mu     sync.Mutex
	readAt time.Time
	offset time.Duration
}

func (m *movedClock) now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	t := now()
	if t.Sub(m.readAt) > 50*time.Millisecond {
		m.readAt = t
		if raw, err := os.ReadFile(m.file); err == nil {
			if d, err := time.ParseDuration(strings.TrimSpace(string(raw))); err == nil {
				m.offset = d
			}
		}
	}
	return t.Add(m.offset)
}
