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
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

const (
	recordGroup = 25 // answers written down together
	recordEvery = 200 * time.Millisecond
	recordWait  = 10 * time.Second
	recordTries = 8
	// manyAttempts is after how many a mail is tried once a day only, so that
	// what is kept of it does not grow without end.
	manyAttempts = 200
)

// batch sends the deliveries of one job, a few at once, and writes the answers
// down in groups. The goroutine of run owns the rows; senders only get copies.
type batch struct {
	m         *mailer
	practice  registry.Practice
	compose   func(incidents.Delivery) incidents.Mail
	held      map[string]incidents.Delivery // claimed, not yet written down
	answered  []incidents.Delivery          // waiting to be written down
	recorded  []incidents.Delivery          // written down
	refusal   *incidents.Answer             // the account was refused
	resumesAt time.Time                     // when a refused account is tried again
	stop      chan struct{}                 // closed: begin nothing new
	stopOnce  sync.Once
	failed    error
}

// outcome is what became of one delivery.
type outcome struct {
	id     string
	tried  bool
	from   string
	answer incidents.Answer
}

func (m *mailer) batch(p registry.Practice, compose func(incidents.Delivery) incidents.Mail) *batch {
	return &batch{m: m, practice: p, compose: compose, held: map[string]incidents.Delivery{}, stop: make(chan struct{})}
}

// run claims the deliveries that wait and sends them. What was not tried is put
// back without an attempt counted.
func (b *batch) run(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := b.m.store.ClaimDeliveries(ctx, b.practice.ID, ids, b.m.now(), lease)
	if err != nil {
		return fmt.Errorf("claim deliveries: %w", err)
	}
	for _, d := range rows {
		b.held[d.ID] = d
	}
	b.collect(ctx, b.start(ctx, rows), len(rows))
	return b.failed
}

// start sends the rows over a few goroutines and returns where their outcomes come.
func (b *batch) start(ctx context.Context, rows []incidents.Delivery) <-chan outcome {
	outcomes := make(chan outcome, len(rows))
	todo := make(chan incidents.Delivery, len(rows))
	for _, d := range rows {
		todo <- d
	}
	close(todo)
	for range min(mailParallel, len(rows)) {
		go func() {
			for d := range todo {
				outcomes <- b.send(ctx, d)
			}
		}()
	}
	return outcomes
}

func (b *batch) send(ctx context.Context, d incidents.Delivery) outcome {
	select {
	case <-b.stop:
		return outcome{id: d.ID}
	case <-b.m.stopping:
		return outcome{id: d.ID}
	default:
	}
	var from string
	a := incidents.Answer{Kind: incidents.Lost, Stage: "compose"} // stands when sending panics: it may have gone out
	_ = guarded(b.m.log, "mail", func() error {
		mail := b.compose(d)
		from = mail.From.Email
		a = b.m.sender.Send(ctx, mail)
		return nil
	})
	if a.At.IsZero() {
		a.At = b.m.now()
	}
	a.At = a.At.UTC().Truncate(time.Millisecond)
	if a.Kind == incidents.RefusedAccount {
		b.stopOnce.Do(func() { close(b.stop) }) // here, so that no more than those under way are tried
	}
	return outcome{id: d.ID, tried: true, from: from, answer: a}
}

// collect takes in the outcomes, writes them down in groups and keeps the leases
// of the rest alive.
func (b *batch) collect(ctx context.Context, outcomes <-chan outcome, count int) {
	flush, renew := time.NewTicker(recordEvery), time.NewTicker(lease/3)
	defer flush.Stop()
	defer renew.Stop()
	for range count {
		for arrived := false; !arrived; {
			select {
			case o := <-outcomes:
				b.take(o)
				arrived = true
			case <-flush.C:
				b.write(ctx)
			case <-renew.C:
				b.renew(ctx)
			}
		}
		if len(b.answered) >= recordGroup {
			b.write(ctx)
		}
	}
	b.write(ctx)
}

// take notes an outcome on its row.
func (b *batch) take(o outcome) {
	d := b.held[o.id]
	delete(b.held, o.id)
	if !o.tried {
		b.putBack(&d)
		b.answered = append(b.answered, d)
		return
	}
	if o.answer.Kind == incidents.RefusedAccount {
		b.refused(o)
		d.Record(o.answer, b.resumesAt)
	} else {
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
// for that.
func (b *batch) refused(o outcome) {
	if b.refusal == nil {
		b.refusal = &o.answer
		b.resumesAt = b.m.paused.add(o.from, o.answer, b.m.now())
	}
}

// retryAt is when a mail is tried again after so many attempts, spread by a
// quarter so that what failed together does not come back together.
func (b *batch) retryAt(attempts int) time.Time {
	wait := incidents.Backoff(attempts)
	if attempts > manyAttempts {
		wait = 24 * time.Hour
	}
	spread := 0.75 + rand.Float64()/2 //nolint:gosec // spreads load and guards nothing
	return b.m.now().Add(time.Duration(float64(wait) * spread))
}

// write saves the answers so far. A store that cannot answer is asked again for
// a while: an answer that is lost sends a mail twice.
func (b *batch) write(ctx context.Context) {
	if len(b.answered) == 0 {
		return
	}
	rows := b.answered
	b.answered = nil
	saved, err := b.record(ctx, rows)
	if err != nil {
		b.failed = errors.Join(b.failed, fmt.Errorf("record answers: %w", err))
		return
	}
	b.recorded = append(b.recorded, saved...)
	for _, d := range rows {
		if !slices.ContainsFunc(saved, func(s incidents.Delivery) bool { return s.ID == d.ID }) {
			b.recordLate(ctx, d)
		}
	}
}

func (b *batch) record(ctx context.Context, rows []incidents.Delivery) (saved []incidents.Delivery, err error) {
	wait := recordEvery
	for range recordTries {
		saved, err = b.try(ctx, rows)
		if err == nil || !errors.Is(err, fault.Unavailable) {
			return saved, err
		}
		pause(context.WithoutCancel(ctx), wait)
		wait *= 2
	}
	return nil, err
}

func (b *batch) try(ctx context.Context, rows []incidents.Delivery) ([]incidents.Delivery, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordWait)
	defer cancel()
	return b.m.store.RecordDeliveries(ctx, b.practice.ID, rows)
}

// renew puts off the end of the leases of what is not answered yet.
func (b *batch) renew(ctx context.Context) {
	var rows []incidents.Delivery
	for _, d := range b.held {
		d.NextAt = b.m.now().Add(lease)
		rows = append(rows, d)
	}
	saved, err := b.try(ctx, rows)
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
	after.Record(incidents.Answer{Kind: last.Kind, Stage: last.Stage, Server: last.Server, Code: last.Code, Text: last.Text, At: last.At}, time.Time{})
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
