package sqlitestore

import (
	"context"
	"sync"
	"time"
)

// lockPatience is how long an update waits for another one of the same
// aggregate before it tries beside it.
const lockPatience = 250 * time.Millisecond

// keyLocks lets one update of an aggregate run at a time, so that they do not
// race each other within the process. It only spares work: the version guard
// decides, and whoever waits too long (inside another update, say) goes on
// without the lock. The zero value is ready to use.
type keyLocks struct {
	mu   sync.Mutex
	held map[string]*keyLock
}

type keyLock struct {
	free  chan struct{} // holds one token while nobody has the lock
	users int
}

// acquire waits for the lock on key and returns its release.
func (l *keyLocks) acquire(ctx context.Context, key string) (release func(), err error) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*keyLock{}
	}
	k := l.held[key]
	if k == nil {
		k = &keyLock{free: make(chan struct{}, 1)}
		k.free <- struct{}{}
		l.held[key] = k
	}
	k.users++
	l.mu.Unlock()
	patience := time.NewTimer(lockPatience)
	defer patience.Stop()
	select {
	case <-k.free:
		return func() { k.free <- struct{}{}; l.leave(key, k) }, nil
	case <-patience.C:
		return func() { l.leave(key, k) }, nil
	case <-ctx.Done():
		l.leave(key, k)
		return nil, ctx.Err()
	}
}

func (l *keyLocks) leave(key string, k *keyLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if k.users--; k.users == 0 {
		delete(l.held, key)
	}
}
