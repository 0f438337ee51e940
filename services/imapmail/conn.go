package imapmail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"datalek/incidents/fault"
)

// conn is one connection, logged in, with the folder opened for reading.
type conn struct {
	net     net.Conn
	client  *imapclient.Client
	limit   time.Duration
	folder  *imap.SelectData
	account Account
}

// errLogin says that the server does not let us in, a fault.Forbidden; trying
// again soon may lock the account.
var errLogin = fmt.Errorf("the mail server refuses the login: %w", fault.Forbidden)

// Refused reports whether a failure is about the login, which waiting does not mend.
func Refused(err error) bool { return errors.Is(err, fault.Forbidden) }

// staged is a failure at a place in the talk with the server.
type staged struct {
	place string
	error
}

func (s *staged) Unwrap() error { return s.error }

// Place is where in the talk with the server it happened.
func (s *staged) Place() string { return s.place }

func at(place string, err error) error {
	if err == nil {
		return nil
	}
	return &staged{place, err}
}

// Place returns where in the talk with the server a failure came: "tls", "login",
// "folder", and "connect" for all else.
func Place(err error) string {
	var s *staged
	switch {
	case Refused(err):
		return "login"
	case errors.As(err, &s):
		return s.place
	}
	return "connect"
}

// dial connects, proves the server's certificate, logs in and opens the folder. A
// token that the server does not take is replaced once: it may have been taken
// back before its time.
func dial(ctx context.Context, a Account) (*conn, error) {
	c, err := tryDial(ctx, a)
	if a.Tokens == nil || !errors.Is(err, errLogin) {
		return c, err
	}
	a.Tokens.Refused()
	return tryDial(ctx, a)
}

func tryDial(ctx context.Context, a Account) (*conn, error) {
	dial := (&net.Dialer{}).DialContext
	if a.Dial != nil {
		dial = a.Dial
	}
	limited, cancel := context.WithTimeout(ctx, a.ConnectTimeout)
	defer cancel()
	plain, err := dial(limited, "tcp", a.addr())
	if err != nil {
		return nil, unavailable("connect to the mailbox", err)
	}
	c := &conn{net: plain, limit: a.CommandTimeout, account: a}
	protected := tls.Client(plain, a.tls())
	if err := c.during(ctx, a.ConnectTimeout, func() error { return protected.HandshakeContext(ctx) }); err != nil {
		plain.Close()
		return nil, at("tls", unavailable("protect the connection", err))
	}
	c.client = imapclient.New(protected, nil)
	for _, step := range []func(context.Context) error{c.greeting, c.login, c.open} {
		if err := step(ctx); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// during runs step and cuts the connection when it lasts longer than limit or ctx
// ends, so that no hung server holds us.
func (c *conn) during(ctx context.Context, limit time.Duration, step func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { c.net.Close() })
	err := step()
	stop()
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *conn) command(ctx context.Context, step func() error) error {
	return c.during(ctx, c.limit, step)
}

func (c *conn) greeting(ctx context.Context) error {
	err := c.during(ctx, c.account.ConnectTimeout, c.client.WaitGreeting)
	return unavailable("read the greeting", err)
}

func (c *conn) login(ctx context.Context) error {
	if c.account.Tokens == nil {
		return signIn(c.command(ctx, func() error { return c.client.Login(c.account.Username, c.account.Password).Wait() }))
	}
	var offered imap.CapSet
	if err := c.command(ctx, func() error { offered = c.client.Caps(); return nil }); err != nil {
		return unavailable("log in to the mailbox", err)
	}
	exchange, err := c.account.Tokens.Login(ctx, func(mechanism string) bool { return offered.Has(imap.AuthCap(mechanism)) })
	if err != nil {
		return fmt.Errorf("log in to the mailbox: %w", err)
	}
	if exchange == nil {
		return fmt.Errorf("log in to the mailbox: the server takes no token: %w", fault.Forbidden)
	}
	return signIn(c.command(ctx, func() error { return c.client.Authenticate(exchange) }))
}

func signIn(err error) error {
	var said *imap.Error
	var bearer *sasl.OAuthBearerError
	if errors.As(err, &bearer) {
		return fmt.Errorf("log in to the mailbox: %w", errLogin)
	}
	if errors.As(err, &said) && said.Type == imap.StatusResponseTypeNo && said.Code != imap.ResponseCodeUnavailable {
		return fmt.Errorf("log in to the mailbox: %w", errLogin)
	}
	return unavailable("log in to the mailbox", err)
}

// open opens the folder for reading only: nothing in it gets a flag.
func (c *conn) open(ctx context.Context) error {
	err := c.command(ctx, func() (err error) {
		c.folder, err = c.client.Select(c.account.Folder, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	return at("folder", unavailable("open the folder", err))
}

// newer lists the ids after uid, lowest first; since, when set, leaves out what
// came in before.
func (c *conn) newer(ctx context.Context, uid imap.UID, since time.Time) ([]imap.UID, error) {
	var after imap.UIDSet
	after.AddRange(uid+1, 0)
	var ids []imap.UID
	err := c.command(ctx, func() error {
		found, err := c.client.UIDSearch(&imap.SearchCriteria{UID: []imap.UIDSet{after}, Since: since}, nil).Wait()
		if err == nil {
			ids = found.AllUIDs()
		}
		return err
	})
	return ids, unavailable("look for new mail", err)
}

// to returns a message whose To holds an address, 0 when there is none.
func (c *conn) to(ctx context.Context, address string) (imap.UID, error) {
	var id imap.UID
	err := c.command(ctx, func() error {
		found, err := c.client.UIDSearch(&imap.SearchCriteria{Header: []imap.SearchCriteriaHeaderField{{Key: "To", Value: address}}}, nil).Wait()
		if err == nil && len(found.AllUIDs()) > 0 {
			id = found.AllUIDs()[0]
		}
		return err
	})
	return id, unavailable("look for a mail", err)
}

// fetch reads the first bytes of a section of some messages.
func (c *conn) fetch(ctx context.Context, ids []imap.UID, part imap.PartSpecifier, most int64) (map[imap.UID][]byte, error) {
	section := &imap.FetchItemBodySection{Specifier: part, Peek: true, Partial: &imap.SectionPartial{Size: most}}
	found := map[imap.UID][]byte{}
	err := c.command(ctx, func() error {
		command := c.client.Fetch(imap.UIDSetNum(ids...), &imap.FetchOptions{UID: true, BodySection: []*imap.FetchItemBodySection{section}})
		for m := command.Next(); m != nil; m = command.Next() {
			uid, body := take(m, most)
			if uid != 0 && body != nil {
				found[uid] = body
			}
		}
		return command.Close()
	})
	return found, unavailable("fetch mail", err)
}

// take reads one message's data, of its literals no more than was asked for.
func take(m *imapclient.FetchMessageData, most int64) (uid imap.UID, body []byte) {
	for item := m.Next(); item != nil; item = m.Next() {
		switch v := item.(type) {
		case imapclient.FetchItemDataUID:
			uid = v.UID
		case imapclient.FetchItemDataBodySection:
			body = []byte{} // of a mail without a header, or without a word, the server says NIL
			if v.Literal != nil {
				body, _ = io.ReadAll(io.LimitReader(v.Literal, most)) // a broken line shows when the command ends
			}
		}
	}
	return uid, body
}

// goodbye says LOGOUT; a server that does not answer is left.
func (c *conn) goodbye(ctx context.Context) {
	_ = c.during(ctx, 5*time.Second, func() error { return c.client.Logout().Wait() })
	c.close()
}

func (c *conn) close() {
	c.net.Close() // first, so that no answer is waited for
	_ = c.client.Close()
}

// unavailable names a failure by its step and, of what the server said, the code
// alone: its words may hold an address.
func unavailable(step string, err error) error {
	if err == nil {
		return nil
	}
	var said *imap.Error
	if errors.As(err, &said) {
		return fmt.Errorf("%s: %w: the mail server answers %s %s", step, fault.Unavailable, said.Type, said.Code)
	}
	return fmt.Errorf("%s: %w: %w", step, fault.Unavailable, err)
}
