package vault

import (
	"container/list"
	"sync"

	"datalek/incidents/tenant"
)

// cachedPractices bounds the keys held in memory: a host may have 100,000
// practices, of which few are at work at a time.
const cachedPractices = 1000

// cache holds the keys used last. It is safe for use by several goroutines.
type cache struct {
	mu     sync.Mutex
	most   int
	recent *list.List // of cached, used last in front
	held   map[tenant.ID]*list.Element
}

type cached struct {
	practice tenant.ID
	keys     *practiceKeys
}

func newCache(most int) *cache {
	return &cache{most: most, recent: list.New(), held: map[tenant.ID]*list.Element{}}
}

func (c *cache) get(practice tenant.ID) (*practiceKeys, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	at, found := c.held[practice]
	if !found {
		return nil, false
	}
	c.recent.MoveToFront(at)
	return at.Value.(cached).keys, true
}

func (c *cache) put(practice tenant.ID, keys *practiceKeys) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, found := c.held[practice]; found {
		at.Value = cached{practice, keys}
		return
	}
	c.held[practice] = c.recent.PushFront(cached{practice, keys})
	if c.recent.Len() > c.most {
		oldest := c.recent.Back()
		delete(c.held, oldest.Value.(cached).practice)
		c.recent.Remove(oldest)
	}
}

func (c *cache) drop(practice tenant.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, found := c.held[practice]; found {
		delete(c.held, practice)
		c.recent.Remove(at)
	}
}
