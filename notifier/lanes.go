package notifier

import (
	"sync"
	"sync/atomic"
)

// lanes bounds how many mails are on their way at once in this process, over all
// its jobs: as many as the sender has connections.
type lanes struct {
	free chan struct{} // takes one element for each lane in use
	// wanted is how many jobs wait without a single lane. A job with several
	// leaves one to them.
	wanted atomic.Int32
}

const mostLanes = 8

func newLanes(n int) *lanes {
	if n <= 0 {
		n = mostLanes
	}
	return &lanes{free: make(chan struct{}, n)}
}

func (l *lanes) count() int { return cap(l.free) }

// used is how many mails are on their way or wait for their answer to be written.
func (l *lanes) used() int { return len(l.free) }

// underway counts the jobs of each notice in this process.
type underway struct {
	mu   sync.Mutex
	jobs map[string]int
}

func (u *underway) enter(notice string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[notice]++
}

// leave reports whether the job was the last one.
func (u *underway) leave(notice string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.jobs[notice]--
	if u.jobs[notice] > 0 {
		return false
	}
	delete(u.jobs, notice)
	return true
}
