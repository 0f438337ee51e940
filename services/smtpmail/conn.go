package smtpmail

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// restful is how long a connection may lie idle without being asked
	// whether it still stands.
	restful = 500 * time.Millisecond
	// pulse is how long such a question may take; a firewall that forgot the
	// connection answers nothing at all.
	pulse = 5 * time.Second
)

// conn is one connection to the server, protected and logged in. It serves one
// goroutine at a time.
type conn struct {
	account *Account
	wire    *wire
	client  *smtp.Client
	mails   int               // transactions begun on it
	data    *smtp.DataCommand // of the transaction that has begun

	expiry *time.Timer // closes it when idle for too long; owned by the pool
	tired  *atomic.Bool
	nap    *time.Timer
}

// wire is the network connection under TLS. It remembers a failed write: bytes
// of which a part was not sent cannot have been read whole by the server.
type wire struct {
	net.Conn
	unsent atomic.Bool
	closed atomic.Bool
}

func (w *wire) Write(p []byte) (int, error) {
	n, err := w.Conn.Write(p)
	if err != nil {
		w.unsent.Store(true)
	}
	return n, err
}

func (w *wire) Close() error {
	w.closed.Store(true)
	return w.Conn.Close()
}

// during runs step and cuts the connection when it lasts longer than limit or
// ctx ends, so that no hung server can hold a mail.
func (w *wire) during(ctx context.Context, limit time.Duration, step func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { w.Close() })
	err := step()
	stop()
	if err != nil && ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ctx.Err(), err)
	}
	return err
}

// begin runs a mail transaction up to the message's final dot, and says where it
// ended when it did. Until the dot is out no server delivers anything (RFC 5321
// section 4.1.1.4).
func (c *conn) begin(ctx context.Context, msg *message) failure {
	f := failure{stage: stageMail, reused: c.mails > 0}
	c.mails++
	f.err = c.command(ctx, func() error { return c.client.Mail(msg.from, nil) })
	if f.err != nil {
		return f
	}
	f.stage = stageRcpt
	f.err = c.command(ctx, func() error { return c.client.Rcpt(msg.to, nil) })
	if f.err != nil {
		return f
	}
	f.stage = stageData
	f.err = c.command(ctx, func() error {
		var err error
		c.data, err = c.client.Data()
		return err
	})
	if f.err != nil {
		return f
	}
	f.handed = true
	f.err = c.wire.during(ctx, c.account.DataTimeout, func() error {
		_, err := c.data.Write(msg.raw)
		return err
	})
	return f
}

// end writes the final dot and reads the reply. Once the dot is out, only the
// server knows whether it took the mail.
func (c *conn) end(ctx context.Context, f failure) failure {
	f.err = c.wire.during(ctx, c.account.DataTimeout, func() error {
		reply, err := c.data.CloseWithResponse()
		f.dotted = !c.wire.unsent.Load()
		if err == nil {
			f.reply = reply.StatusText
		}
		return err
	})
	return f
}

func (c *conn) command(ctx context.Context, step func() error) error {
	return c.wire.during(ctx, c.account.CommandTimeout, step)
}

func (c *conn) noop(ctx context.Context) error {
	return c.wire.during(ctx, min(pulse, c.account.CommandTimeout), c.client.Noop)
}

// reset ends an unfinished transaction.
func (c *conn) reset(ctx context.Context) error { return c.command(ctx, c.client.Reset) }

// quit says goodbye; a server that does not answer is left.
func (c *conn) quit(ctx context.Context) {
	_ = c.wire.during(ctx, min(pulse, c.account.CommandTimeout), c.client.Quit)
}

// rest begins an idle time.
func (c *conn) rest() {
	c.tired = new(atomic.Bool)
	tired := c.tired
	c.nap = time.AfterFunc(restful, func() { tired.Store(true) })
}

// doubtful ends the idle time and reports whether it was long enough for the
// server or something between to have closed the connection.
func (c *conn) doubtful() bool {
	c.nap.Stop()
	return c.tired.Load()
}

func (c *conn) cut() bool { return c.wire.closed.Load() }

func (c *conn) close() {
	if c.nap != nil {
		c.nap.Stop()
	}
	c.wire.Close()
}
