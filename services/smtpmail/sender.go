package smtpmail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"datalek/incidents"
	"datalek/incidents/fault"
)

// Sender hands mails to one account's server, over a few connections that are
// used again. It is safe for many goroutines. Close it when done.
type Sender struct {
	account Account
	limit   *rate.Limiter
	pool    *pool
	tls     *tls.Config // shared, so that reconnecting resumes the session
	// patience is how long a mail is held before its final dot.
	patience time.Duration

	// closing ends when Close gives up waiting; it cuts off what still runs.
	closing context.Context
	cutOff  context.CancelFunc
}

// New returns a sender for account. Nothing is dialled until the first mail.
func New(account Account) *Sender {
	account = account.withDefaults()
	limit := rate.Inf
	if account.PerSecond > 0 {
		limit = rate.Limit(account.PerSecond)
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Sender{
		account:  account,
		limit:    rate.NewLimiter(limit, 1),
		tls:      account.tlsConfig(),
		pool:     newPool(account.Connections, account.IdleTimeout),
		patience: holdAtMost,
		closing:  ctx,
		cutOff:   cancel,
	}
}

// Send makes one attempt to send m to its one recipient and says what came of
// it. It never retries, but for a connection that died while it lay idle and
// to which nothing had been handed over: that is not an attempt.
func (s *Sender) Send(ctx context.Context, m incidents.Mail) incidents.Answer {
	msg, err := s.compose(m)
	if err != nil {
		return s.composeAnswer(err)
	}
	return msg.answered(s.deliver(ctx, msg))
}

// compose writes and signs m.
func (s *Sender) compose(m incidents.Mail) (*message, error) {
	if ofDrill(m) {
		return nil, errDrill()
	}
	msg, err := composeFor(m, s.account.Encrypt)
	if err == nil && s.account.DKIM != nil {
		err = s.account.DKIM.sign(msg, m.From.Email)
	}
	return msg, err
}

func (s *Sender) deliver(ctx context.Context, msg *message) incidents.Answer {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if err := s.admit(ctx); err != nil {
		return s.answer(failure{stage: stageGreeting, err: err}, "")
	}
	defer s.pool.release()
	conn, result := s.open(ctx, msg)
	if conn != nil {
		result = conn.end(ctx, result)
		s.putBack(ctx, conn, result)
	}
	return s.answer(result, msg.to)
}

// admit waits for the rate limit and for the right to hold a connection. A
// sender that was closed meanwhile says so, not that some wait was cut short.
func (s *Sender) admit(ctx context.Context) error {
	if err := s.limit.Wait(ctx); err != nil {
		if s.closing.Err() != nil {
			return errClosed
		}
		return fmt.Errorf("wait for the rate limit: %w", err)
	}
	return s.pool.acquire(ctx)
}

// open hands msg over up to its final dot, on an idle connection, or a new one
// when there is none or the idle one turns out dead. Without a connection the
// failure says where it ended.
func (s *Sender) open(ctx context.Context, msg *message) (*conn, failure) {
	if conn := s.reuse(ctx); conn != nil {
		result := conn.begin(ctx, msg)
		if result.err == nil {
			return conn, result
		}
		s.putBack(ctx, conn, result)
		if !result.deadIdle() || ctx.Err() != nil {
			return nil, result
		}
	}
	conn, broken := s.connect(ctx)
	if conn == nil {
		return nil, broken
	}
	result := conn.begin(ctx, msg)
	if result.err != nil {
		s.putBack(ctx, conn, result)
		return nil, result
	}
	return conn, result
}

// reuse takes an idle connection that still answers, nil when there is none.
func (s *Sender) reuse(ctx context.Context) *conn {
	for {
		c := s.pool.take()
		if c == nil || !c.doubtful() || c.noop(ctx) == nil {
			return c
		}
		c.close()
	}
}

// putBack keeps a connection that can carry another mail. After a refused
// recipient the server still holds the sender, so that is reset first.
func (s *Sender) putBack(ctx context.Context, c *conn, result failure) {
	if !result.reusable() || c.cut() || (result.open() && c.reset(ctx) != nil) {
		c.close()
		return
	}
	s.pool.put(c)
}

// Check connects, protects the connection, logs in, says NOOP and QUIT, and
// sends nothing. Accepted means that mail could go out now.
func (s *Sender) Check(ctx context.Context) incidents.Answer {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	if err := s.pool.acquire(ctx); err != nil {
		return s.answer(failure{stage: stageGreeting, err: err}, "")
	}
	defer s.pool.release()
	c, broken := s.connect(ctx)
	if c == nil {
		return s.answer(broken, "")
	}
	defer c.close()
	if err := c.noop(ctx); err != nil {
		return s.answer(failure{stage: stageAuth, err: err}, "")
	}
	c.quit(ctx)
	return s.answer(failure{stage: stageAuth, reply: "ready"}, "")
}

// Close says QUIT on idle connections and waits for running mails until ctx
// ends, then cuts them off. After it every Send answers Later.
func (s *Sender) Close(ctx context.Context) error {
	defer s.cutOff()
	for _, c := range s.pool.close() {
		c.quit(ctx)
		c.close()
	}
	if err := s.pool.drain(ctx); err != nil {
		return fmt.Errorf("close mail sender: %w", err)
	}
	return nil
}

// bound ties ctx to the sender's own life.
func (s *Sender) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.closing, cancel)
	return ctx, func() { stop(); cancel() }
}

// composeAnswer tells a mail that cannot go to this person from one that could
// go to nobody.
func (s *Sender) composeAnswer(err error) incidents.Answer {
	a := incidents.Answer{
		Kind: incidents.RefusedAccount, Stage: stageCompose, Server: s.account.addr(), Text: clean(err.Error()), At: s.now(),
	}
	var f *fault.Error
	if errors.As(err, &f) && strings.HasPrefix(f.Field, "to.") {
		a.Kind = incidents.RefusedPerson
	}
	return a
}
