package smtpmail

import (
	"context"
	"sync"
	"time"

	"datalek/incidents"
)

// holdAtMost is how long a message is held before its final dot: a store that is
// slow to write down the claim must not run out a server's own patience (RFC 5321
// section 4.5.3.2.6 gives ten minutes, few servers do).
const holdAtMost = 5 * time.Second

// held is a mail that a server has up to its final dot. send or drop ends it.
type held struct {
	sender *Sender
	msg    *message

	mu      sync.Mutex
	conn    *conn // nil once it was given up
	so      failure
	tooLong *time.Timer
}

// Prepare composes m and signs it. What it returns hands the mail over up to its
// final dot, which takes nearly as long as sending it. Nobody receives it before
// send, which says what came of it; drop gives it up. One of those must be called.
func (s *Sender) Prepare(m incidents.Mail) (handOver func(context.Context) (send func(context.Context) incidents.Answer, drop func())) {
	msg, err := s.compose(m)
	return func(ctx context.Context) (func(context.Context) incidents.Answer, func()) {
		if err != nil {
			return s.ended(s.composeAnswer(err))
		}
		send, drop := s.handOver(ctx, msg)
		return func(ctx context.Context) incidents.Answer { return msg.answered(send(ctx)) }, drop
	}
}

func (s *Sender) handOver(ctx context.Context, msg *message) (send func(context.Context) incidents.Answer, drop func()) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if err := s.admit(ctx); err != nil {
		return s.ended(s.answer(failure{stage: stageGreeting, err: err}, ""))
	}
	conn, so := s.open(ctx, msg)
	if conn == nil {
		s.pool.release()
		return s.ended(s.answer(so, msg.to))
	}
	h := &held{sender: s, msg: msg, conn: conn, so: so}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tooLong = time.AfterFunc(s.patience, h.drop)
	return h.send, h.drop
}

// ended is what to send and to drop of a mail that ended before its dot.
func (s *Sender) ended(a incidents.Answer) (send func(context.Context) incidents.Answer, drop func()) {
	return func(context.Context) incidents.Answer { return a }, func() {}
}

// send lets the mail go and says what came of it. One that was held for too long
// is handed over anew.
func (h *held) send(ctx context.Context) incidents.Answer {
	conn := h.take()
	if conn == nil {
		return h.sender.deliver(ctx, h.msg)
	}
	ctx, cancel := h.sender.bound(ctx)
	defer cancel()
	defer h.sender.pool.release()
	result := conn.end(ctx, h.so)
	h.sender.putBack(ctx, conn, result)
	return h.sender.answer(result, h.msg.to)
}

// drop gives the mail up before its dot: the connection is cut, and the server
// throws away what it has (RFC 5321 section 4.1.1.4).
func (h *held) drop() {
	if conn := h.take(); conn != nil {
		conn.close()
		h.sender.pool.release()
	}
}

// take returns the held connection to its one taker.
func (h *held) take() *conn {
	h.mu.Lock()
	defer h.mu.Unlock()
	conn := h.conn
	h.conn = nil
	h.tooLong.Stop()
	return conn
}
