package notifier

import (
	"container/heap"
	"sync"
	"time"

	"datalek/incidents"
)

// nearest holds the instants at which the thresholds of the next minute fall due.
// It is a hint: the store's row decides, and what is missing here the sweep finds.
type nearest struct {
	mu    sync.Mutex
	at    map[incidents.Key]time.Time
	queue upcoming // with instants that were moved since; at decides
	until time.Time
	bell  chan struct{} // rings when the first instant is another one
}

func newNearest() *nearest {
	return &nearest{at: map[incidents.Key]time.Time{}, bell: make(chan struct{}, 1)}
}

// reach says up to when the store was read; later instants are left to later reads.
func (n *nearest) reach(until time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.until = until
}

// put sets a case's next instant, the zero time for none.
func (n *nearest) put(key incidents.Key, at time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if at.IsZero() || at.After(n.until) {
		delete(n.at, key)
		return
	}
	if old, known := n.at[key]; known && old.Equal(at) {
		return
	}
	n.at[key] = at
	heap.Push(&n.queue, incidents.Upcoming{Key: key, At: at})
	if n.queue[0].Key == key {
		hit(n.bell)
	}
}

// take removes the cases that are due at now, and returns how long the next one is
// away, at most the given time.
func (n *nearest) take(now time.Time, most time.Duration) (due []incidents.Key, wait time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for len(n.queue) > 0 {
		first := n.queue[0]
		at, known := n.at[first.Key]
		if stands := known && at.Equal(first.At); stands && at.After(now) {
			return due, min(at.Sub(now), most)
		} else if stands {
			delete(n.at, first.Key)
			due = append(due, first.Key)
		}
		heap.Pop(&n.queue)
	}
	return due, most
}

// upcoming is a heap by instant.
type upcoming []incidents.Upcoming

func (u upcoming) Len() int           { return len(u) }
func (u upcoming) Less(i, j int) bool { return u[i].At.Before(u[j].At) }
func (u upcoming) Swap(i, j int)      { u[i], u[j] = u[j], u[i] }
func (u *upcoming) Push(v any)        { *u = append(*u, v.(incidents.Upcoming)) }

func (u *upcoming) Pop() any {
	list := *u
	last := list[len(list)-1]
	*u = list[:len(list)-1]
	return last
}
