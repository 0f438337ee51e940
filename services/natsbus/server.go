package natsbus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// Server is a NATS server inside this process. It opens no socket.
type Server struct {
	dir  string
	lock *os.File
	log  *serverLog
	stop func() error

	mu   sync.Mutex
	ns   *server.Server
	hurt atomic.Pointer[func()] // told when the disk refuses

	closing context.CancelFunc // ends healing
	healing sync.WaitGroup
}

// StartEmbedded starts a server whose streams live in dir, which is made when
// missing. The server itself takes no lock on its folder, and two of them on
// one folder lose messages; so a lock file is held in dir and a second start
// on it is refused.
func StartEmbedded(dir string) (*Server, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make bus folder: %w", err)
	}
	lock, err := lockFile(filepath.Join(dir, "bus.lock"))
	if err != nil {
		return nil, fmt.Errorf("start bus: the folder %s is in use by another running datalek: %w", dir, err)
	}
	s := &Server{dir: dir, lock: lock, log: &serverLog{refused: make(chan struct{}, 1)}}
	s.stop = sync.OnceValue(s.shutdown)
	if s.ns, err = startServer(dir, s.log); err != nil {
		return nil, errors.Join(fmt.Errorf("start bus: %w", err), lock.Close())
	}
	ctx, cancel := context.WithCancel(context.Background()) // ends with Close
	s.closing = cancel
	s.healing.Go(func() { s.heal(ctx) })
	return s, nil
}

func startServer(dir string, log server.Logger) (*server.Server, error) {
	ns, err := server.NewServer(&server.Options{
		ServerName:         "embedded",
		DontListen:         true,
		NoSigs:             true,
		JetStream:          true,
		StoreDir:           dir, // the server adds "jetstream" below it
		SyncAlways:         true,
		JetStreamMaxMemory: 16 << 20,
		JetStreamMaxStore:  10 << 30,
		MaxPayload:         256 << 10,
	})
	if err != nil {
		return nil, err
	}
	ns.SetLoggerV2(log, false, false, false)
	go ns.Start()
	if !ns.ReadyForConnections(30 * time.Second) {
		ns.Shutdown()
		ns.WaitForShutdown()
		return nil, errors.New("the server was not ready within 30 s")
	}
	return ns, nil
}

// InProcessConn opens a connection to the server that passes through memory;
// nats.InProcessServer takes the Server for it.
func (s *Server) InProcessConn() (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ns.InProcessConn()
}

// Close stops the server, waits until its files are closed and gives the
// folder free. Close every Bus on it first. Calling it again does nothing.
func (s *Server) Close() error { return s.stop() }

func (s *Server) shutdown() error {
	s.closing()
	s.healing.Wait()
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	return s.lock.Close()
}

// serverLog passes the server's own complaints to a slog.Logger, the default
// one until a Bus brings its own.
type serverLog struct {
	to      atomic.Pointer[slog.Logger]
	refused chan struct{} // rings when the disk refused a write
}

func (l *serverLog) logger() *slog.Logger {
	if to := l.to.Load(); to != nil {
		return to
	}
	return slog.Default()
}

func (l *serverLog) Noticef(format string, v ...any) {
	l.logger().Debug("bus server", "says", fmt.Sprintf(format, v...))
}

func (l *serverLog) Warnf(format string, v ...any) {
	l.logger().Warn("bus server", "says", fmt.Sprintf(format, v...))
}

// Errorf is the only place where the server tells that a stream or consumer takes
// nothing more, because the disk refused a write: whoever published hears nothing.
func (l *serverLog) Errorf(format string, v ...any) {
	l.logger().Error("bus server", "says", fmt.Sprintf(format, v...))
	if strings.Contains(format, writeError) {
		select {
		case l.refused <- struct{}{}:
		default: // it rings already
		}
	}
}

// Fatalf logs; ending the process is not the bus's decision.
func (l *serverLog) Fatalf(format string, v ...any) {
	l.logger().Error("bus server", "says", fmt.Sprintf(format, v...))
}

func (l *serverLog) Debugf(string, ...any) {}

func (l *serverLog) Tracef(string, ...any) {}
