package smtpmail

import (
	"context"
	"errors"
	"sync"
	"time"
)

var errClosed = errors.New("the mail sender is closed")

// pool bounds the connections of one account and keeps idle ones for a while.
// An idle connection is closed by its own timer, so that a server does not
// have to do it while a mail is on its way.
type pool struct {
	slots   chan struct{} // one token for each connection in use
	done    chan struct{} // closed by close
	idleFor time.Duration

	mu     sync.Mutex
	idle   []*conn // the last one was used last
	closed bool
}

func newPool(size int, idleFor time.Duration) *pool {
	return &pool{slots: make(chan struct{}, size), done: make(chan struct{}), idleFor: idleFor}
}

// acquire waits for the right to hold one connection.
func (p *pool) acquire(ctx context.Context) error {
	select {
	case <-p.done:
		return errClosed
	default:
	}
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-p.done:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *pool) release() { <-p.slots }

// take returns the connection used last, nil when none is idle.
func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if c.expiry.Stop() {
			return c
		}
	}
	return nil
}

// put keeps c until it is taken or has been idle for too long.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		c.close()
		return
	}
	c.rest()
	c.expiry = time.AfterFunc(p.idleFor, func() { p.expire(c) })
	p.idle = append(p.idle, c)
}

// expire drops c from the idle ones. take leaves alone a connection whose
// timer has fired already, so only one of the two gets it.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	for i, other := range p.idle {
		if other == c {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			break
		}
	}
	p.mu.Unlock()
	c.close()
}

// close refuses further use and hands over the idle connections.
func (p *pool) close() []*conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.closed = true
	close(p.done)
	var rest []*conn
	for _, c := range p.idle {
		if c.expiry.Stop() {
			rest = append(rest, c)
		}
	}
	p.idle = nil
	return rest
}

// drain waits until no connection is in use.
func (p *pool) drain(ctx context.Context) error {
	for range cap(p.slots) {
		select {
		case p.slots <- struct{}{}:
			defer p.release()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
