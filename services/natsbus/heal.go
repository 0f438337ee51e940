package natsbus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"
)

const (
	// writeError is in what the server says when the disk refused a write.
	writeError = "critical write error"
	// healEvery is how often the disk is tried again after that.
	healEvery = time.Second
	// healRoom is how many bytes the disk must take before the server is started
	// again: a few hundred jobs.
	healRoom = 256 << 10
)

// heal starts the server again after the disk refused a write, as soon as the
// disk takes something: until then its stream takes nothing more, for ever.
func (s *Server) heal(ctx context.Context) {
	for {
		select {
		case <-s.log.refused:
		case <-ctx.Done():
			return
		}
		if told := s.hurt.Load(); told != nil {
			(*told)()
		}
		for {
			if !pause(ctx, healEvery) {
				return
			}
			if s.tryDisk() != nil {
				continue
			}
			if err := s.restart(); err != nil {
				s.log.logger().Error("the bus could not be started again", "error", err)
				continue
			}
			s.log.logger().Warn("the bus was started again, since the disk had refused a write")
			break
		}
	}
}

// tryDisk writes as much as the server needs to go on, and takes it away again.
func (s *Server) tryDisk() error {
	f, err := os.CreateTemp(s.dir, ".room-*")
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, healRoom))
	return errors.Join(err, f.Sync(), f.Close(), os.Remove(f.Name()))
}

// restart starts the server on its folder anew. Whoever is connected comes back
// by himself.
func (s *Server) restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ns.Shutdown()
	s.ns.WaitForShutdown()
	ns, err := startServer(s.dir, s.log)
	if err != nil {
		return fmt.Errorf("restart bus: %w", err)
	}
	s.ns = ns
	select {
	case <-s.log.refused: // of the one before
	default:
	}
	return nil
}
