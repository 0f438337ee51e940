package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
)

// wakerStore finds the mails that wait for a refused account.
type wakerStore interface {
	DueDeliveries(ctx context.Context, at time.Time, limit int) ([]incidents.DueDelivery, error)
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
}

// wokenFirst is how many mails go when a person asks for a try: the others follow
// once one of them was taken.
const wokenFirst = 10

// waker lets mails go at once that waited for a refused account: a few when a
// person asks for a try, all of them when the server takes mail again.
type waker struct {
	store  wakerStore
	pauses *Pauses
	now    func() time.Time
	look   func()
	log    *slog.Logger
}

func (w *waker) step(ctx context.Context) (bool, error) {
	list, err := w.pauses.all(ctx)
	if err != nil {
		return false, err
	}
	woken := 0
	for _, p := range list {
		if !p.Wake && !p.Ended {
			continue
		}
		n, oneErr := w.wake(ctx, p)
		woken, err = woken+n, errors.Join(err, oneErr)
	}
	if woken > 0 {
		w.look()
	}
	return false, err
}

// wake brings mails forward, and ends what needed that once it is done.
func (w *waker) wake(ctx context.Context, p incidents.Pause) (int, error) {
	most := sweepPage
	if !p.Ended {
		most = wokenFirst
	}
	due, err := w.store.DueDeliveries(ctx, p.WaitsTo, sweepPage)
	if err != nil {
		return 0, fmt.Errorf("find mails that wait for an account: %w", err)
	}
	ours, err := w.of(ctx, p, due)
	if err != nil {
		return 0, err
	}
	woken := 0
	for practice, ids := range ours {
		n, err := w.bring(ctx, p, practice, ids, most-woken)
		if woken += n; err != nil {
			return woken, err
		}
	}
	switch {
	case !p.Ended:
		_, err = w.pauses.change(ctx, p.Account, func(v *incidents.Pause) bool {
			was := v.Wake
			v.Wake = false
			return was
		})
	case woken == 0 && len(due) < sweepPage:
		err = w.pauses.forget(ctx, p.Account)
	}
	return woken, err
}

// of picks the mails that go out from the account, by practice. Warnings choose
// their sender anew each time.
func (w *waker) of(ctx context.Context, p incidents.Pause, due []incidents.DueDelivery) (map[tenant.ID][]string, error) {
	from := map[incidents.Key]string{}
	ours := map[tenant.ID][]string{}
	for _, d := range due {
		key := incidents.Key{PracticeID: d.PracticeID, ID: d.NoticeID}
		if _, known := from[key]; !known && d.NoticeID != "" && p.Account != "" {
			n, err := w.store.Notice(ctx, d.PracticeID, d.NoticeID)
			if err != nil && !errors.Is(err, fault.NotFound) {
				return nil, fmt.Errorf("read notice: %w", err)
			}
			if err == nil {
				from[key] = strings.ToLower(n.Sender.Email)
			}
		}
		if p.Account == "" || d.NoticeID == "" || from[key] == p.Account {
			ours[d.PracticeID] = append(ours[d.PracticeID], d.ID)
		}
	}
	return ours, nil
}

// bring lets at most so many of one practice's mails go now.
func (w *waker) bring(ctx context.Context, p incidents.Pause, practice tenant.ID, ids []string, most int) (int, error) {
	woken := 0
	for part := range slices.Chunk(ids, chunkSize) {
		rows, err := w.store.DeliveriesByIDs(ctx, practice, part)
		if err != nil {
			return woken, fmt.Errorf("read waiting mails: %w", err)
		}
		now := w.now()
		rows = slices.DeleteFunc(rows, func(d incidents.Delivery) bool { return !p.Holds(d, now) })
		rows = rows[:min(len(rows), max(most-woken, 0))]
		for i := range rows {
			rows[i].NextAt = now
		}
		if len(rows) == 0 {
			continue
		}
		saved, err := w.store.RecordDeliveries(ctx, practice, rows)
		if woken += len(saved); err != nil {
			return woken, fmt.Errorf("bring mails forward: %w", err)
		}
	}
	return woken, nil
}
