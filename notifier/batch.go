package notifier

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// manyAttempts is after how many a mail is tried once a day only, so that what is
// kept of it does not grow without end.
const manyAttempts = 200

// batch sends the deliveries of one job over the lanes that it gets. Each mail is
// claimed on disk before it goes out, and its lane carries the next one only once
// the answer is on disk: whatever cuts this process off, no more mails than there
// are lanes have gone out without an answer written down, and those are marked.
//
// Answers and the claims of the mails that follow them go to the store together,
// while other lanes go on sending. The goroutine of run owns the rows; senders
// only get copies.
type batch struct {
	m         *mailer
	practice  registry.Practice
	compose   func(incidents.Delivery) incidents.Mail
	waiting   []incidents.Delivery          // not begun
	begun     []*departure                  // a lane is theirs, to be claimed
	ahead     map[string]<-chan parcel      // being composed before they have a lane
	held      map[string]incidents.Delivery // claimed, going out
	answered  []incidents.Delivery          // to be written down; their lanes are kept
	writing   int                           // entries that are being written
	outcomes  chan outcome
	done      chan *entry
	lanes     int                  // that this batch has
	recorded  []incidents.Delivery // written down
	refusal   *incidents.Answer    // the account was refused
	resumesAt time.Time            // when a refused account is tried again
	stop      chan struct{}        // closed: begin nothing new
	stopOnce  sync.Once
	cause     outcome // the refusal that closed stop; set before, zero when none did
	failed    error
	due       time.Time // when the readers must have been told; zero for no such time
	probing   bool      // one mail goes alone, to find out whether the account works again
}

// outcome is what became of one delivery. One that was not tried tells whose
// refusal, if any, it was spared.
type outcome struct {
	id     string
	tried  bool
	from   string
	answer incidents.Answer
}

func (m *mailer) batch(p registry.Practice, compose func(incidents.Delivery) incidents.Mail) *batch {
	return &batch{m: m, practice: p, compose: compose, ahead: map[string]<-chan parcel{}, held: map[string]incidents.Delivery{}, stop: make(chan struct{}),
		outcomes: make(chan outcome, m.lanes.count()), done: make(chan *entry, m.lanes.count()+1)}
}

// run sends those of the deliveries that wait. What it did not begin is as it was.
func (b *batch) run(ctx context.Context, ids []string) error {
	rows, err := b.m.store.DeliveriesByIDs(ctx, b.practice.ID, ids)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	for _, d := range rows {
		if probe := d; probe.Claim(b.m.now(), lease) == nil {
			b.waiting = append(b.waiting, d)
		} else if d.State != incidents.Sending && len(d.Attempts) > d.Noted {
			b.recorded = append(b.recorded, d) // an earlier run was cut off before it noted them
		}
	}
	renew := time.NewTicker(lease / 3)
	defer renew.Stop()
	defer b.leave()
	for b.left(ctx) {
		b.gather(ctx, renew.C)
		b.exchange(ctx)
	}
	b.putOff(ctx)
	return b.failed
}

// leave gives lanes back; after a panic alone there are any.
func (b *batch) leave() {
	for _, p := range b.begun {
		close(p.claimed)
	}
	b.release(b.lanes)
}

// left reports whether anything is still to be begun, answered or written down.
func (b *batch) left(ctx context.Context) bool {
	return len(b.held)+b.writing > 0 || len(b.waiting) > 0 && !b.stopped(ctx)
}

func (b *batch) stopped(ctx context.Context) bool {
	select {
	case <-b.stop:
	case <-b.m.stopping:
	case <-ctx.Done():
	default:
		return false
	}
	return true
}

// putOff lets the mails that were not begun wait for a refused account.
func (b *batch) putOff(ctx context.Context) {
	if b.refusal == nil || len(b.waiting) == 0 {
		return
	}
	for i := range b.waiting {
		b.putBack(&b.waiting[i])
	}
	b.m.record.write(ctx, &entry{practice: b.practice.ID, answers: b.waiting, done: b.done})
	if e := <-b.done; e.err != nil {
		b.failed = errors.Join(b.failed, fmt.Errorf("put off mails: %w", e.err))
	}
}

// gather waits until a mail can begin, is answered or is written down, and takes
// along what else there is by then.
func (b *batch) gather(ctx context.Context, renew <-chan time.Time) {
	if len(b.held) == 0 && b.writing == 0 {
		b.await(ctx)
	} else {
		select {
		case b.free(ctx) <- struct{}{}:
			b.begin(ctx)
		case o := <-b.outcomes:
			b.take(ctx, o)
		case e := <-b.done:
			b.written(ctx, e)
		case <-renew:
			b.renew(ctx)
		}
	}
	for {
		select {
		case b.free(ctx) <- struct{}{}:
			b.begin(ctx)
		case o := <-b.outcomes:
			b.take(ctx, o)
		case e := <-b.done:
			b.written(ctx, e)
		default:
			return
		}
	}
}

// free is where a lane is to be had; nil when no mail is to begin.
func (b *batch) free(ctx context.Context) chan<- struct{} {
	if len(b.waiting) == 0 || b.probing && b.lanes > 0 || b.stopped(ctx) {
		return nil
	}
	return b.m.lanes.free
}

// await waits for the first lane, and lets others know that it does.
func (b *batch) await(ctx context.Context) {
	b.m.lanes.wanted.Add(1)
	defer b.m.lanes.wanted.Add(-1)
	select {
	case b.m.lanes.free <- struct{}{}:
		b.begin(ctx)
	case <-b.m.stopping:
	case <-ctx.Done():
	}
}

// begin takes the next mail that waits onto a lane just got.
func (b *batch) begin(ctx context.Context) {
	b.lanes++
	d := b.waiting[0]
	b.waiting = b.waiting[1:]
	if d.Claim(b.m.now(), lease) != nil {
		b.release(1) // the clock was set back: its time has not come after all
		return
	}
	b.begun = append(b.begun, b.depart(ctx, d))
}

func (b *batch) release(n int) {
	for range n {
		<-b.m.lanes.free
	}
	b.lanes -= n
}

// exchange has answers and claims written down in one group. Lanes that were
// answered take the next mails.
func (b *batch) exchange(ctx context.Context) {
	e := &entry{practice: b.practice.ID, answers: b.answered, done: b.done}
	b.answered = nil
	idle := len(e.answers)
	for ; idle > 0 && b.keeps(ctx); idle-- {
		b.lanes-- // the answered mail's, got anew
		b.begin(ctx)
	}
	e.claims, e.standing = b.begun, idle+len(b.begun)
	b.begun = nil
	if len(e.answers)+len(e.claims) > 0 {
		b.writing++
		b.m.record.write(ctx, e)
		b.packAhead()
	}
}

// keeps reports whether a lane whose mail was answered carries the next one of
// this batch.
func (b *batch) keeps(ctx context.Context) bool {
	return len(b.waiting) > 0 && b.m.lanes.wanted.Load() == 0 && !b.stopped(ctx)
}

// fail notes an error after which nothing new begins.
func (b *batch) fail(err error) {
	b.failed = errors.Join(b.failed, err)
	b.stopOnce.Do(func() { close(b.stop) })
}

// written takes over answers that are on disk now, and lets the mails go whose
// claims are. An answer that is not saved belongs to a mail that another worker has
// claimed meanwhile; a claim that is not saved is another worker's.
func (b *batch) written(ctx context.Context, e *entry) {
	b.writing--
	if e.err != nil {
		b.fail(fmt.Errorf("record answers: %w", e.err))
	}
	won := map[string]incidents.Delivery{}
	for _, d := range e.saved {
		won[d.ID] = d
	}
	b.release(e.standing - len(e.claims))
	b.dispatch(e.claims, won)
	for _, d := range e.answers {
		if saved, some := won[d.ID]; some {
			b.recorded = append(b.recorded, saved)
		} else if e.err == nil {
			b.recordLate(ctx, d)
		}
	}
}

// dispatch lets the mails go whose claims are on disk. The lanes of the others are
// free.
func (b *batch) dispatch(claims []*departure, won map[string]incidents.Delivery) {
	for _, p := range claims {
		if d, some := won[p.row.ID]; some {
			b.held[d.ID] = d
			p.claimed <- d
		} else {
			b.release(1)
		}
		close(p.claimed)
	}
}

// take notes an outcome on its row.
func (b *batch) take(ctx context.Context, o outcome) {
	d := b.held[o.id]
	delete(b.held, o.id)
	refused := o.answer.Kind == incidents.RefusedAccount
	if refused {
		b.refused(ctx, o)
	}
	if b.probing && o.tried && o.answer.Passed() {
		b.passed(ctx, o)
	}
	switch {
	case !o.tried:
		b.putBack(&d)
	case refused:
		d.Record(o.answer, b.resumesAt)
	default:
		d.Record(o.answer, b.retryAt(len(d.Attempts)+1))
	}
	b.answered = append(b.answered, d)
}

// putBack returns a delivery as if it had never been claimed; while the account
// is refused it waits for that.
func (b *batch) putBack(d *incidents.Delivery) {
	switch {
	case b.refusal != nil:
		d.State, d.NextAt = incidents.Deferred, b.resumesAt
	case len(d.Attempts) == 0:
		d.State, d.NextAt = incidents.Queued, time.Time{}
	default:
		d.State, d.NextAt = incidents.Deferred, b.m.now()
	}
}

// refused pauses the account: nobody can be mailed from it, and nobody is marked
// for that. A store that cannot keep the pause leaves the mails waiting all the same.
func (b *batch) refused(ctx context.Context, o outcome) {
	if b.refusal != nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWait)
	defer cancel()
	b.refusal = &o.answer
	at, err := b.m.paused.refused(ctx, o.from, o.answer, b.due)
	if err != nil {
		b.m.log.Warn("the pause of a refused account is not written down", "practice", b.practice.ID, "error", err)
		at = incidents.RetryAt(b.m.now(), incidents.PauseBackoff(1), b.due)
	}
	b.resumesAt = at
}

// passed ends the account's pause, and lets the other mails of this batch go.
func (b *batch) passed(ctx context.Context, o outcome) {
	b.probing = false
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWait)
	defer cancel()
	if err := b.m.paused.passed(ctx, o.from); err != nil {
		b.m.log.Warn("the end of a pause is not written down", "practice", b.practice.ID, "error", err)
	}
}

// retryAt is when a mail is tried again after so many attempts, before it is due
// if that can be.
func (b *batch) retryAt(attempts int) time.Time {
	wait := incidents.Backoff(attempts)
	if attempts > manyAttempts {
		wait = 24 * time.Hour
	}
	wait = incidents.Spread(wait, rand.Float64()) //nolint:gosec // spreads load and guards nothing
	return incidents.RetryAt(b.m.now(), wait, b.due)
}

// renew puts off the end of the leases of what is not answered yet.
func (b *batch) renew(ctx context.Context) {
	var rows []incidents.Delivery
	for _, d := range b.held {
		d.NextAt = b.m.now().Add(lease)
		rows = append(rows, d)
	}
	saved, err := b.m.record.try(ctx, b.practice.ID, rows)
	if err != nil {
		b.m.log.Warn("leases of mails not renewed", "practice", b.practice.ID, "error", err)
		return
	}
	for _, d := range saved {
		b.held[d.ID] = d
	}
}

// recordLate keeps the answer to a mail whose claim another worker took over
// meanwhile. A person told stays told; both attempts are kept.
func (b *batch) recordLate(ctx context.Context, row incidents.Delivery) {
	if len(row.Attempts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWait)
	defer cancel()
	last := row.Attempts[len(row.Attempts)-1]
	saved, err := b.m.store.UpdateDelivery(ctx, b.practice.ID, row.ID, func(d *incidents.Delivery) error {
		same := func(a incidents.Attempt) bool { return a.Kind == last.Kind && a.At.Equal(last.At) }
		if slices.ContainsFunc(d.Attempts, same) {
			return errUnchanged
		}
		addAttempt(d, last)
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		b.failed = errors.Join(b.failed, fmt.Errorf("record late answer: %w", err))
		return
	}
	if saved.ID != "" {
		b.recorded = append(b.recorded, saved)
	}
}

// addAttempt adds an attempt to a row that others have written since, in place of
// the cut-off one that stood for it. Only an acceptance changes its state.
func addAttempt(d *incidents.Delivery, last incidents.Attempt) {
	after := *d
	after.Record(incidents.Answer{Kind: last.Kind, Stage: last.Stage, Server: last.Server, Code: last.Code, Text: last.Text, At: last.At,
		ComposedAt: last.ComposedAt, MailHash: last.MailHash}, time.Time{})
	cutOff := func(a incidents.Attempt) bool { return a.Stage == incidents.StageCutOff }
	if at := slices.IndexFunc(after.Attempts, cutOff); at >= 0 {
		after.Attempts = slices.Delete(slices.Clone(after.Attempts), at, at+1)
		after.Noted = min(after.Noted, len(after.Attempts)-1) // the log does not tell of this answer yet
	}
	if last.Kind == incidents.Accepted && !d.State.Told() {
		*d = after
		return
	}
	d.Attempts, d.Noted = after.Attempts, after.Noted
}
