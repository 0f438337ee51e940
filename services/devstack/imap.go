package devstack

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// IMAPOptions describe a mailbox server. It always speaks TLS.
type IMAPOptions struct {
	Addr string // loopback host:port; empty takes a free port of 127.0.0.1
	// Certificate is shown to clients; nil makes one for localhost, 127.0.0.1
	// and ::1, trusted by RootCAs and CertificatePEM.
	Certificate        *tls.Certificate
	Username, Password string
	// Session, when set, wraps each session, to let it demand another login or
	// misbehave.
	Session func(imapserver.Session) imapserver.Session
	// Tokens says whether a token is good for a user. Not nil asks for a login by
	// XOAUTH2 or OAUTHBEARER, and by nothing else.
	Tokens func(user, token string) bool
}

// IMAPServer is a mailbox server in this process with one user, whose folder
// INBOX is there. Close it when done.
type IMAPServer struct {
	listener net.Listener
	server   *imapserver.Server
	user     *imapmemserver.User
	cert     tls.Certificate
	roots    *x509.CertPool
	accepted atomic.Int64
	serving  sync.WaitGroup
	closing  sync.Once
}

// StartIMAP listens on a loopback port and serves until Close.
func StartIMAP(o IMAPOptions) (*IMAPServer, error) {
	s := &IMAPServer{user: imapmemserver.NewUser(o.Username, o.Password)}
	if err := s.user.Create("INBOX", nil); err != nil {
		return nil, fmt.Errorf("make the inbox: %w", err)
	}
	if o.Certificate != nil {
		s.cert = *o.Certificate
	} else {
		var err error
		if s.cert, s.roots, err = SelfSigned("localhost", "127.0.0.1", "::1"); err != nil {
			return nil, err
		}
	}
	memory := imapmemserver.New()
	memory.AddUser(s.user)
	s.server = imapserver.New(&imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s.accepted.Add(1)
			session := memory.NewSession()
			if o.Tokens != nil {
				session = byTokens{session, o}
			}
			if o.Session != nil {
				session = o.Session(session)
			}
			return session, nil, nil
		},
		Logger: log.New(io.Discard, "", 0), // its words may hold addresses
	})
	var err error
	if s.listener, err = listenLoopback(o.Addr); err != nil {
		return nil, err
	}
	protected := tls.NewListener(s.listener, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{s.cert}})
	s.serving.Go(func() { _ = s.server.Serve(protected) })
	return s, nil
}

// Addr is the host:port the server listens on.
func (s *IMAPServer) Addr() string { return s.listener.Addr().String() }

// RootCAs trusts the certificate the server made; nil when it made none.
func (s *IMAPServer) RootCAs() *x509.CertPool { return s.roots }

// CertificatePEM is the server's certificate, for who trusts files.
func (s *IMAPServer) CertificatePEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.cert.Certificate[0]})
}

// Connections counts the connections that began a session.
func (s *IMAPServer) Connections() int { return int(s.accepted.Load()) }

// Create makes a folder.
func (s *IMAPServer) Create(folder string) error { return s.user.Create(folder, nil) }

// Renumber empties a folder and numbers it anew, as servers do that lost count.
func (s *IMAPServer) Renumber(folder string) error {
	if err := s.user.Delete(folder); err != nil {
		return err
	}
	return s.user.Create(folder, nil)
}

// Put lays a message into a folder, as if it came in at the given time.
func (s *IMAPServer) Put(folder string, raw []byte, at time.Time) error {
	_, err := s.user.Append(folder, &literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: at})
	return err
}

// Unseen counts the messages of a folder that nobody has read.
func (s *IMAPServer) Unseen(folder string) (uint32, error) {
	data, err := s.user.Status(folder, &imap.StatusOptions{NumUnseen: true})
	if err != nil || data.NumUnseen == nil {
		return 0, err
	}
	return *data.NumUnseen, nil
}

// Close ends all connections.
func (s *IMAPServer) Close() error {
	var err error
	s.closing.Do(func() {
		err = s.server.Close()
		s.listener.Close() // closed already, unless the library had not begun to serve
		s.serving.Wait()
	})
	if err != nil {
		return fmt.Errorf("close mailbox server: %w", err)
	}
	return nil
}

type literal struct{ *bytes.Reader }

func (l *literal) Size() int64 { return l.Reader.Size() }
