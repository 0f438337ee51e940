package notifier

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// stuckStore keeps the work that no worker could do.
type stuckStore interface {
	PutStuck(ctx context.Context, v incidents.Stuck) error
	AllStuck(ctx context.Context, after incidents.Key, limit int) ([]incidents.Stuck, error)
	DropStuck(ctx context.Context, practice tenant.ID, id string) error
}

// DeadLetter is a message that the bus gave up.
type DeadLetter struct {
	Place    uint64 // in the bus's list
	Queue    string
	Data     []byte
	Cause    incidents.StuckCause
	Detail   string // one line, without personal data
	At       time.Time
	Attempts int
}

// graveyard is where the bus keeps what it gave up.
type graveyard interface {
	DeadLetters(ctx context.Context, limit int) ([]DeadLetter, error)
	// Forget takes a letter from the list; one that is not there is no error.
	Forget(ctx context.Context, place uint64) error
}

const (
	stuckPage = 200
	// mostStuck bounds what is known of at a time; the rest waits until there is room.
	mostStuck = 2000
	// stuckPatience is after how long work that was asked for again, and neither
	// done nor stuck anew, is asked for once more: the bus may have lost it.
	stuckPatience = 40 * time.Minute
)

// salvager keeps what the bus gave up in the store, where people see it, asks for
// it again when somebody says so, and removes what was done after all.
type salvager struct {
	store stuckStore
	bus   graveyard // nil for a bus that keeps nothing
	jobs  *dispatcher
	now   func() time.Time
	known atomic.Pointer[map[string]bool] // keys of the work that is stuck; nil for none
	asked map[string]time.Time            // by key: for when it was last asked again
}

// step makes one look.
func (s *salvager) step(ctx context.Context) (bool, error) {
	return false, errors.Join(s.collect(ctx), s.again(ctx))
}

// collect brings what the bus gave up to the store, and only then takes it from
// the bus. Cut off in between, the same comes to the same entry once more.
func (s *salvager) collect(ctx context.Context) error {
	if s.bus == nil || s.jobs.down.Load() {
		return nil
	}
	letters, err := s.bus.DeadLetters(ctx, stuckPage)
	if errors.Is(err, fault.Unavailable) {
		return nil // the bus keeps them
	}
	if err != nil {
		return fmt.Errorf("collect what was given up: %w", err)
	}
	for _, l := range letters {
		if err := s.store.PutStuck(ctx, stuckOf(l)); err != nil {
			return fmt.Errorf("keep what was given up: %w", err)
		}
		if err := s.bus.Forget(ctx, l.Place); err != nil && !errors.Is(err, fault.Unavailable) {
			return fmt.Errorf("take what was given up from the bus: %w", err)
		}
	}
	return nil
}

func stuckOf(l DeadLetter) incidents.Stuck {
	j, _ := decodeJob(l.Data) // what is none of ours belongs to no practice
	return incidents.Stuck{ID: workID(l.Queue, l.Data), PracticeID: j.Practice, IncidentID: j.Incident, Queue: l.Queue, Job: l.Data,
		Cause: l.Cause, Detail: l.Detail, At: l.At, Attempts: l.Attempts}
}

// workID names work by what it is, so that the same work is one entry however
// often it gets stuck.
func workID(queue string, data []byte) string { return nameID("stuck", queue, string(plain(data))) }

// plain returns a message in one form, whoever wrote it.
func plain(data []byte) []byte {
	var out bytes.Buffer
	if json.Compact(&out, data) != nil {
		return data
	}
	return out.Bytes()
}

// again asks for the work that somebody wants tried again, and notes what is stuck.
func (s *salvager) again(ctx context.Context) error {
	known, asked := map[string]bool{}, map[string]time.Time{}
	read := func(after incidents.Key, limit int) ([]incidents.Stuck, error) {
		return s.store.AllStuck(ctx, after, limit)
	}
	keyOf := func(v incidents.Stuck) incidents.Key { return incidents.Key{PracticeID: v.PracticeID, ID: v.ID} }
	err := pages(stuckPage, keyOf, read, func(list []incidents.Stuck) error {
		for _, v := range list {
			if len(known) < mostStuck {
				known[string(v.PracticeID)+"/"+v.ID] = true
				s.ask(ctx, v, asked)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read what is stuck: %w", err)
	}
	s.asked = asked
	s.known.Store(&known)
	return nil
}

// ask puts work on its queue anew, once for each time that somebody says so.
func (s *salvager) ask(ctx context.Context, v incidents.Stuck, asked map[string]time.Time) {
	if v.AgainAt.IsZero() {
		return
	}
	key, round := string(v.PracticeID)+"/"+v.ID, v.AgainAt
	if past := s.now().Sub(round); past >= stuckPatience {
		round = round.Add(past.Truncate(stuckPatience))
	}
	asked[key] = round
	if s.asked[key].Equal(round) {
		return
	}
	j, err := decodeJob(v.Job)
	if err != nil || s.jobs.handlers[v.Queue] == nil {
		s.jobs.log.Warn("stuck work cannot be tried again: it is none of ours", "queue", v.Queue, "id", v.ID)
		return
	}
	subject := j.Practice
	if subject == "" {
		subject = "host"
	}
	s.jobs.send(ctx, v.Queue, string(subject)+".again", "again/"+v.ID+"/"+strconv.FormatInt(round.UnixMilli(), 10), j)
}

// done removes the entry of work that was done. Hardly ever is any work stuck, so
// that this costs nothing.
func (s *salvager) done(ctx context.Context, queue string, data []byte, practice tenant.ID) {
	known := s.known.Load()
	if known == nil || len(*known) == 0 {
		return
	}
	id := workID(queue, data)
	if !(*known)[string(practice)+"/"+id] {
		return
	}
	if err := s.store.DropStuck(ctx, practice, id); err != nil {
		s.jobs.log.Warn("work was done, its entry of stuck work could not be removed", "queue", queue, "id", id, "error", err)
	}
}
