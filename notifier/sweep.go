package notifier

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/tenant"
)

// sweepStore finds work that no message tells of.
type sweepStore interface {
	PendingReceipts(ctx context.Context, before time.Time, limit int) ([]string, error)
	UnassessedIncidents(ctx context.Context, limit int) ([]incidents.Key, error)
	DueDeliveries(ctx context.Context, at time.Time, limit int) ([]incidents.DueDelivery, error)
}

const (
	sweepPage = 2000
	freshPage = 200
	// A thing seen waiting in this many sweeps was forgotten: its job is made
	// again, and once more each time that many sweeps have passed.
	sweepPatience = 3
	sweepAgain    = 120
	// mailSlot is for how many seconds the same mails make the same job: long enough
	// for the sweeps of several workers, and shorter than any wait of a mail.
	mailSlot = 5
	// sweepCrowd is how many cases that wait to be assessed take about a sweep's
	// time: of more, fewer sweeps count, since their jobs wait in a queue.
	sweepCrowd = 50
)

// sweeper makes jobs of what waits in the store, each second: receipts that came
// in, cases under which a client or system changed, mails whose time has come,
// and whatever the bus lost.
type sweeper struct {
	store sweepStore
	renew *renewer
	jobs  *dispatcher
	now   func() time.Time
	seen  map[string]int // in how many sweeps in a row
	turn  int            // counts the sweeps
}

// step makes one sweep.
func (s *sweeper) step(ctx context.Context) (bool, error) {
	seen := map[string]int{}
	wanted := func(name string, madeHere bool) bool {
		seen[name] = s.seen[name] + 1
		return forgotten(seen[name], madeHere)
	}
	s.turn++
	asBefore := func(name string) { seen[name] = s.seen[name] }
	err := errors.Join(s.renew.round(ctx, sweepPage), s.receipts(ctx, sweepPage, wanted), s.unassessed(ctx, wanted, asBefore), s.deliveries(ctx, sweepPage, wanted))
	s.seen = seen
	return false, err
}

// fresh looks between two sweeps for what just came in.
func (s *sweeper) fresh(ctx context.Context) (bool, error) {
	wanted := func(name string, madeHere bool) bool {
		if !madeHere || s.seen[name] > 0 {
			return false
		}
		s.seen[name] = 1
		return true
	}
	return false, errors.Join(s.renew.fresh(ctx, freshPage), s.receipts(ctx, freshPage, wanted), s.deliveries(ctx, freshPage, wanted))
}

// forgotten reports whether a job must be made of a thing found waiting in so
// many sweeps. New things have a job already and get a moment, unless their
// jobs are made here.
func forgotten(sweeps int, madeHere bool) bool {
	first := sweepPatience
	if madeHere {
		first = 1
	}
	return sweeps >= first && (sweeps-first)%sweepAgain == 0
}

// wantedFunc says whether a job must be made of a thing found waiting; madeHere
// says that nobody else makes one.
type wantedFunc func(name string, madeHere bool) bool

// again makes the id of a repeated job differ from the one that was lost.
func (s *sweeper) again(name string) string {
	return name + "/" + strconv.FormatInt(s.now().Unix()/60, 10)
}

func (s *sweeper) receipts(ctx context.Context, limit int, wanted wantedFunc) error {
	ids, err := s.store.PendingReceipts(ctx, s.now().Add(time.Millisecond), limit)
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	for _, id := range ids {
		if name := "intake/" + id; wanted(name, true) {
			s.jobs.send(ctx, queueIntake, id, s.again(name), job{Receipt: id})
		}
	}
	return nil
}

func (s *sweeper) unassessed(ctx context.Context, wanted wantedFunc, asBefore func(name string)) error {
	keys, err := s.store.UnassessedIncidents(ctx, sweepPage)
	if err != nil {
		return fmt.Errorf("find unassessed incidents: %w", err)
	}
	counts := s.turn%(1+len(keys)/sweepCrowd) == 0
	for _, k := range keys {
		name := "assess/" + k.ID
		if !counts {
			asBefore(name)
			continue
		}
		if wanted(name, false) {
			s.jobs.send(ctx, queueAssess, string(k.PracticeID)+"."+k.ID, s.again(name), job{Practice: k.PracticeID, Incident: k.ID})
		}
	}
	return nil
}

// mailGroup is what the deliveries of one mail job have in common.
type mailGroup struct {
	practice         tenant.ID
	incident, notice string
}

func (s *sweeper) deliveries(ctx context.Context, limit int, wanted wantedFunc) error {
	due, err := s.store.DueDeliveries(ctx, s.now(), limit)
	if err != nil {
		return fmt.Errorf("find due mails: %w", err)
	}
	groups := map[mailGroup][]string{}
	for _, d := range due {
		madeHere := d.NoticeID == "" || !d.Since.IsZero() // trials, and what was put off, have no other job
		if wanted("mail/"+d.ID+"/"+strconv.Itoa(d.Attempts)+"/"+strconv.FormatInt(d.Since.UnixMilli(), 10), madeHere) {
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

// mail makes a job of mails. Those that were put off and let go may come again
// soon, so that its id holds for mailSlot alone.
func (s *sweeper) mail(ctx context.Context, g mailGroup, ids []string) {
	name := nameID(append([]string{g.notice}, ids...)...)
	slot := strconv.FormatInt(s.now().Unix()/mailSlot, 10)
	s.jobs.send(ctx, queueMail, string(g.practice)+".due", "mail/"+name+"/"+slot,
		job{Practice: g.practice, Incident: g.incident, Notice: g.notice, Deliveries: ids})
}
