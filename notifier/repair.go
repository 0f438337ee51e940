package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/drill"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// repairStore finds the cases in which something may have stopped half-way.
type repairStore interface {
	ArmedIncidents(ctx context.Context, after incidents.Key, limit int) ([]incidents.Key, error)
	UpcomingIncidents(ctx context.Context, until time.Time, after incidents.Upcoming, limit int) ([]incidents.Upcoming, error)
	Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) ([]incidents.Delivery, error)
	Expire(ctx context.Context, now time.Time) error
	drill.Store
}

// repairer goes through open cases: arms their clocks anew, has missing drafts
// written, and has answers noted and counted that a cut-off worker left behind.
type repairer struct {
	store   repairStore
	clocks  *armer
	jobs    *dispatcher
	recount *recounter
	now     func() time.Time
	log     *slog.Logger
	after   incidents.Key // the last case that was looked through
}

const (
	repairPage = 100
	// walkRest is how many times as long as a page took the walk rests: it may go
	// through very many cases, and nothing waits for it.
	walkRest = 5
)

// repairMost is how many cases are looked through in one round; of more than that
// the next round takes the next ones.
const repairMost = 2_000

// armed arms the clocks that are near, and looks through cases with a threshold
// still to fire.
func (r *repairer) armed(ctx context.Context) (bool, error) {
	return false, errors.Join(r.near(ctx), r.through(ctx))
}

func (r *repairer) near(ctx context.Context) error {
	until := r.now().Add(armAhead)
	err := pages(repairPage, func(u incidents.Upcoming) incidents.Upcoming { return u },
		func(after incidents.Upcoming, limit int) ([]incidents.Upcoming, error) {
			return r.store.UpcomingIncidents(ctx, until, after, limit)
		},
		func(list []incidents.Upcoming) error {
			for _, u := range list {
				r.clocks.follow(ctx, u.PracticeID, u.ID)
			}
			return nil
		})
	if err != nil {
		return fmt.Errorf("list near thresholds: %w", err)
	}
	return nil
}

func (r *repairer) through(ctx context.Context) error {
	for range repairMost / repairPage {
		keys, err := r.store.ArmedIncidents(ctx, r.after, repairPage)
		if err != nil {
			return fmt.Errorf("list armed clocks: %w", err)
		}
		for _, k := range keys {
			r.one(ctx, k)
			r.after = k
		}
		if len(keys) < repairPage {
			r.after = incidents.Key{}
			return nil
		}
	}
	return nil
}

func (r *repairer) one(ctx context.Context, key incidents.Key) {
	inc, err := r.store.Incident(ctx, key.PracticeID, key.ID)
	if err == nil {
		err = r.notices(ctx, inc)
	}
	if err != nil {
		r.log.Warn("case not looked through", "practice", key.PracticeID, "incident", key.ID, "error", err)
	}
}

// all goes through every open case of every practice, those too whose clocks
// have all run out, and removes what has expired and the drills of a year ago.
func (r *repairer) all(ctx context.Context) (bool, error) {
	if err := r.store.Expire(ctx, r.now()); err != nil {
		return false, fmt.Errorf("remove what expired: %w", err)
	}
	return false, pages(repairPage, func(p registry.Practice) string { return string(p.ID) },
		func(after string, limit int) ([]registry.Practice, error) {
			return r.store.Practices(ctx, after, limit)
		},
		func(list []registry.Practice) error {
			for _, p := range list {
				if p.Drill.Old(r.now()) {
					r.drop(ctx, p)
					continue
				}
				if err := r.practice(ctx, p.ID); err != nil {
					return err
				}
			}
			return nil
		})
}

// drop removes a drill of a year ago; another worker may do so at the same time.
func (r *repairer) drop(ctx context.Context, p registry.Practice) {
	if err := drill.Drop(ctx, r.store, incidents.Act{By: incidents.System(), At: r.now()}, p.Drill.Of, p.ID); err != nil && !errors.Is(err, fault.NotFound) {
		r.log.Warn("old drill not removed", "practice", p.ID, "error", err)
	}
}

func (r *repairer) practice(ctx context.Context, practice tenant.ID) error {
	err := pages(repairPage, func(i *incidents.Incident) string { return i.ID },
		func(after string, limit int) ([]*incidents.Incident, error) {
			return r.store.OpenIncidents(ctx, practice, after, limit)
		},
		func(list []*incidents.Incident) error {
			began := r.now()
			for _, inc := range list {
				if err := r.notices(ctx, inc); err != nil {
					r.log.Warn("case not looked through", "practice", practice, "incident", inc.ID, "error", err)
				}
			}
			pause(ctx, walkRest*r.now().Sub(began))
			return nil
		})
	if err != nil {
		return fmt.Errorf("list open incidents: %w", err)
	}
	return nil
}

// notices has missing drafts written, and looks how far sending is.
func (r *repairer) notices(ctx context.Context, inc *incidents.Incident) error {
	notices, err := noticesOf(ctx, r.store, inc)
	if err != nil {
		return err
	}
	base := job{Practice: inc.PracticeID, Incident: inc.ID}
	key := string(inc.PracticeID) + "." + inc.ID
	slot := "/" + strconv.FormatInt(r.now().Unix()/60, 10)
	if inc.Assessment.Complete() && len(notices) == 0 {
		r.jobs.send(ctx, queueDraft, key, "draft/"+inc.ID+slot, base)
	}
	for _, n := range notices {
		unfinished, err := r.unfinished(ctx, n)
		if err != nil {
			return err
		}
		if unfinished {
			j := base
			j.Notice, j.Count = n.ID, true
			r.jobs.send(ctx, queueMail, key, "count/"+n.ID+slot, j)
		}
	}
	if inc.Assessment.Done > 0 {
		r.recount.mark(incidents.Key{PracticeID: inc.PracticeID, ID: inc.ID}, inc.Assessment.Counts.InScope)
	}
	return nil
}

// unfinished reports whether mails of a notice wait, or answers that its log does
// not tell of: another worker may have finished it meanwhile.
func (r *repairer) unfinished(ctx context.Context, n *incidents.Notice) (bool, error) {
	switch n.State {
	case incidents.NoticeIsApproved, incidents.NoticeIsSending:
		return true, nil
	case incidents.NoticeIsSent:
		rows, err := r.store.UnnotedDeliveries(ctx, n.PracticeID, n.ID, 1)
		if err != nil {
			return false, fmt.Errorf("list answers without a note: %w", err)
		}
		return len(rows) > 0, nil
	}
	return false, nil
}
