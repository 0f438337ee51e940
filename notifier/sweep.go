package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"datalek/incidents"
)

// sweepStore finds work that no message tells of.
type sweepStore interface {
	PendingReceipts(ctx context.Context, before time.Time, limit int) ([]string, error)
	UnassessedIncidents(ctx context.Context, limit int) ([]incidents.Key, error)
	DueDeliveries(ctx context.Context, at time.Time, limit int) ([]incidents.DueDelivery, error)
}

const (
	sweepPage = 2000
	// A thing seen waiting in this many sweeps was forgotten: its job is made
	// again, and once more each time that many sweeps have passed.
	sweepPatience = 3
	sweepAgain    = 120
)

// sweeper makes jobs of what waits in the store, each second: receipts that came
// in, mails whose time has come, and whatever the bus lost.
type sweeper struct {
	store sweepStore
	jobs  *dispatcher
	now   func() time.Time
	seen  map[string]int // in how many sweeps in a row
}

// step makes one sweep.
func (s *sweeper) step(ctx context.Context) (bool, error) {
	seen := map[string]int{}
	err := errors.Join(s.receipts(ctx, seen), s.unassessed(ctx, seen), s.deliveries(ctx, seen))
	s.seen = seen
	return false, err
}

// forgotten reports whether a job must be made of a thing found waiting. New
// things have a job already and get a moment, unless they are made here.
func (s *sweeper) forgotten(seen map[string]int, name string, madeHere bool) bool {
	n := s.seen[name] + 1
	seen[name] = n
	first := sweepPatience
	if madeHere {
		first = 1
	}
	return n >= first && (n-first)%sweepAgain == 0
}

// again makes the id of a repeated job differ from the one that was lost.
func (s *sweeper) again(name string) string {
	return name + "/" + strconv.FormatInt(s.now().Unix()/60, 10)
}

func (s *sweeper) receipts(ctx context.Context, seen map[string]int) error {
	ids, err := s.store.PendingReceipts(ctx, s.now().Add(time.Millisecond), sweepPage)
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	for _, id := range ids {
		if name := "intake/" + id; s.forgotten(seen, name, true) {
			s.jobs.send(ctx, queueIntake, id, s.again(name), job{Receipt: id})
		}
	}
	return nil
}

func (s *sweeper) unassessed(ctx context.Context, seen map[string]int) error {
	keys, err := s.store.UnassessedIncidents(ctx, sweepPage)
	if err != nil {
		return fmt.Errorf("find unassessed incidents: %w", err)
	}
	for _, k := range keys {
		if name := "assess/" + k.ID; s.forgotten(seen, name, false) {
			s.jobs.send(ctx, queueAssess, k.PracticeID+"."+k.ID, s.again(name), job{Practice: k.PracticeID, Incident: k.ID})
		}
	}
	return nil
}

// mailGroup is what the deliveries of one mail job have in common.
type mailGroup struct{ practice, incident, notice string }

func (s *sweeper) deliveries(ctx context.Context, seen map[string]int) error {
	due, err := s.store.DueDeliveries(ctx, s.now(), sweepPage)
	if err != nil {
		return fmt.Errorf("find due mails: %w", err)
	}
	groups := map[mailGroup][]string{}
	for _, d := range due {
		madeHere := d.NoticeID == "" || d.Attempts > 0 // trials and retries have no other job
		if s.forgotten(seen, "mail/"+d.ID+"/"+strconv.Itoa(d.Attempts), madeHere) {
			g := mailGroup{d.PracticeID, d.IncidentID, d.NoticeID}
			groups[g] = append(groups[g], d.ID)
		}
	}
	for g, ids := range groups {
		for part := range slices.Chunk(ids, chunkSize) {
			s.mail(ctx, g, part)
		}
	}
	return nil
}

func (s *sweeper) mail(ctx context.Context, g mailGroup, ids []string) {
	name := nameID(append([]string{g.notice}, ids...)...)
	s.jobs.send(ctx, queueMail, g.practice+".due", s.again("mail/"+name),
		job{Practice: g.practice, Incident: g.incident, Notice: g.notice, Deliveries: ids})
}
