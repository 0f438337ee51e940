package notifier

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"datalek/incidents"
)

// recountStore is what counting the told reads and writes.
type recountStore interface {
	Incident(ctx context.Context, practice, id string) (*incidents.Incident, error)
	ReadersInScope(ctx context.Context, practice, incident string, version int64) (map[string][]string, error)
	Tellings(ctx context.Context, practice, incident string) ([]incidents.Telling, error)
	UpdateIncident(ctx context.Context, practice, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
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
