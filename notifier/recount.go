package notifier

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// recountStore is what counting the told reads and writes.
type recountStore interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

// scopes is the store with the readers of the case that was counted last held in
// memory: while its mails go out they are asked for again and again, and those of
// one assessment never change.
type scopes struct {
	recountStore
	mu      sync.Mutex
	of      scope
	readers map[string][]string
}

type scope struct {
	practice tenant.ID
	incident string
	version  int64
}

// ReadersInScope maps every person in scope to those to tell for him. The map is
// shared and only read.
func (s *scopes) ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wanted := (scope{practice, incident, version}); s.readers == nil || s.of != wanted {
		readers, err := s.recountStore.ReadersInScope(ctx, practice, incident, version)
		if err != nil || version == 0 {
			return readers, err
		}
		s.of, s.readers = wanted, readers
	}
	return s.readers, nil
}

// recounter counts who in scope is told. A count reads every delivery of a case,
// so while mails go out cases are marked and counted together, about twice a
// second; the last answer of a notice is counted at once.
type recounter struct {
	store recountStore
	now   func() time.Time
	nudge func()
	log   *slog.Logger
	mu    sync.Mutex
	dirty map[incidents.Key]int // rounds to wait
}

// personsARound is how many persons may be counted in each round: a case of many
// waits so many rounds more, since its count takes that much longer. So counting
// takes a few hundredths of the time at most, however many there are.
const personsARound = 1_000

// mark asks for a count soon; persons is about how many it counts.
func (r *recounter) mark(key incidents.Key, persons int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, marked := r.dirty[key]; !marked {
		r.dirty[key] = persons / personsARound
	}
}

// count counts now.
func (r *recounter) count(ctx context.Context, key incidents.Key) error {
	if err := incidents.Recount(ctx, r.store, key.PracticeID, key.ID, r.now()); err != nil {
		return err
	}
	r.nudge()
	return nil
}

// step counts the marked cases; one that could not be counted stays marked.
func (r *recounter) step(ctx context.Context) (bool, error) {
	wrong := &complaints{log: r.log}
	defer wrong.end()
	for _, key := range r.take() {
		if err := r.count(ctx, key); err != nil {
			wrong.tell(err, "told not counted", "practice", key.PracticeID, "incident", key.ID)
			r.mark(key, 0)
		}
	}
	return false, nil
}

func (r *recounter) take() []incidents.Key {
	r.mu.Lock()
	defer r.mu.Unlock()
	var keys []incidents.Key
	for key, wait := range r.dirty {
		if wait > 0 {
			r.dirty[key] = wait - 1
			continue
		}
		keys = append(keys, key)
		delete(r.dirty, key)
	}
	return keys
}
