package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// mailerStore is what sending reads and writes.
type mailerStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
	UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error)
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	RecordDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) ([]incidents.Delivery, error)
	UnnotedDeliveries(ctx context.Context, practice tenant.ID, notice string, limit int) ([]incidents.Delivery, error)
	MarkNoted(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	UnansweredDeliveries(ctx context.Context, practice tenant.ID, notice, after string, limit int) ([]string, error)
}

// mailSender makes one attempt to send one mail, and says what came of it.
type mailSender interface {
	Send(ctx context.Context, m incidents.Mail) incidents.Answer
}

const (
	chunkSize   = 250 // deliveries of one job
	lease       = 2 * time.Minute
	unnotedPage = 1000
)

// mailer sends approved notices and the practitioner's own warnings: claim,
// send, record the answer. A crash between the server's answer and the record
// sends again under the same Message-ID: rather twice than never.
type mailer struct {
	store    mailerStore
	sender   mailSender
	host     registry.Sender
	recount  *recounter
	jobs     *dispatcher
	lanes    *lanes
	record   *recorder
	begun    *underway
	paused   *Pauses
	envelope *Envelope // nil: mails go out under their plain sender
	now      func() time.Time
	nudge    func()
	log      *slog.Logger
	stopping <-chan struct{} // closed when this process goes down; nil never
	// readingAt is the address of a practice's page for readers, "" for none.
	readingAt func(registry.Practice) string
}

// handle does one mail job: spread a notice over jobs, send some deliveries, or
// look how far a notice is.
func (m *mailer) handle(ctx context.Context, j job) error {
	if j.Notice == "" {
		return m.sendWarnings(ctx, j)
	}
	n, err := m.store.Notice(ctx, j.Practice, j.Notice)
	if err != nil {
		return missing(fmt.Errorf("read notice: %w", err))
	}
	switch {
	case j.Count:
		return m.settle(ctx, n, nil, true)
	case !approved(n):
		return nil // withdrawn, or not approved yet
	case len(j.Deliveries) == 0:
		return m.spread(ctx, n)
	}
	return m.sendNotice(ctx, n, j.Deliveries)
}

// approved reports whether a notice's mails may go out.
func approved(n *incidents.Notice) bool {
	return n.State == incidents.NoticeIsApproved || n.State == incidents.NoticeIsSending || n.State == incidents.NoticeIsSent
}

// spread makes jobs of a notice's mails. Few are sent at once.
func (m *mailer) spread(ctx context.Context, n *incidents.Notice) error {
	many := false
	var few []string
	err := pages(chunkSize, func(id string) string { return id },
		func(after string, limit int) ([]string, error) {
			return m.store.UnansweredDeliveries(ctx, n.PracticeID, n.ID, after, limit)
		},
		func(ids []string) error {
			if !many && len(ids) < chunkSize {
				few = ids
				return nil
			}
			many = true
			m.sendChunk(ctx, n, ids)
			return nil
		})
	if err != nil {
		return fmt.Errorf("list unanswered deliveries: %w", err)
	}
	if many {
		return nil
	}
	return m.sendNotice(ctx, n, few)
}

func (m *mailer) sendChunk(ctx context.Context, n *incidents.Notice, ids []string) {
	m.jobs.send(ctx, queueMail, string(n.PracticeID)+"."+n.ID, chunkID(n.ID, ids),
		job{Practice: n.PracticeID, Incident: n.IncidentID, Notice: n.ID, Deliveries: ids})
}

func chunkID(notice string, ids []string) string {
	return "notice/" + notice + "/" + ids[0] + "/" + strconv.Itoa(len(ids))
}

// sendNotice sends deliveries of an approved notice and notes the answers in its log.
func (m *mailer) sendNotice(ctx context.Context, n *incidents.Notice, ids []string) error {
	p, err := m.store.Practice(ctx, n.PracticeID)
	if err != nil {
		return missing(fmt.Errorf("read practice: %w", err))
	}
	due, err := m.dueOf(ctx, n)
	if err != nil {
		return err
	}
	probe := false
	if len(ids) > 0 {
		wait, alone, err := m.paused.enter(ctx, n.Sender.Email, due)
		if err != nil {
			return err
		}
		if !wait.IsZero() {
			return m.putOff(ctx, p.ID, ids, wait)
		}
		probe = alone
	}
	m.begun.enter(n.ID)
	last := sync.OnceValue(func() bool { return m.begun.leave(n.ID) })
	defer last()
	letter, back := newLetter(p, n, m.readingAt(p)), m.envelope.For(ctx, p.ID)
	b := m.batch(p, func(d incidents.Delivery) incidents.Mail { return returningTo(back(d.ID), letter.mail(d, m.now())) })
	b.due, b.probing = due, probe
	sendErr := b.run(ctx, ids)
	if b.refusal != nil {
		sendErr = errors.Join(sendErr, m.alarm(ctx, n, *b.refusal))
	}
	ctx, cancel := afterSending(ctx)
	defer cancel()
	return errors.Join(sendErr, m.settle(ctx, n, b.recorded, last()))
}

// dueOf is until when a notice's readers must have been told; zero for no such time.
func (m *mailer) dueOf(ctx context.Context, n *incidents.Notice) (time.Time, error) {
	inc, err := m.store.Incident(ctx, n.PracticeID, n.IncidentID)
	if err != nil {
		return time.Time{}, missing(fmt.Errorf("read incident: %w", err))
	}
	return inc.DueAtFor(n.Audience), nil
}

// putOff lets mails wait for an account that is refused. One in another worker's
// hands is left there.
func (m *mailer) putOff(ctx context.Context, practice tenant.ID, ids []string, until time.Time) error {
	rows, err := m.store.DeliveriesByIDs(ctx, practice, ids)
	if err != nil {
		return fmt.Errorf("read deliveries: %w", err)
	}
	rows = slices.DeleteFunc(rows, func(d incidents.Delivery) bool {
		return d.State == incidents.Sending || d.Claim(m.now(), lease) != nil
	})
	for i := range rows {
		rows[i].State, rows[i].NextAt = incidents.Deferred, until
	}
	if len(rows) == 0 {
		return nil
	}
	if _, err := m.record.try(ctx, practice, rows); err != nil {
		return fmt.Errorf("put off mails: %w", err)
	}
	return nil
}

// alarm notes that the mail server refuses the account; the note becomes a
// warning to the practitioner.
func (m *mailer) alarm(ctx context.Context, n *incidents.Notice, a incidents.Answer) error {
	m.log.Error("the mail server refuses the sending account; mails wait", "practice", n.PracticeID, "incident", n.IncidentID,
		"server", a.Server, "stage", a.Stage, "code", a.Code)
	_, err := m.store.UpdateNotice(ctx, n.PracticeID, n.ID, func(n *incidents.Notice) error {
		if !n.SenderRefused(a, m.now()) {
			return errUnchanged
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return fmt.Errorf("note refused account: %w", err)
	}
	m.nudge()
	return nil
}

// sendWarnings sends messages of their own, all about one case or none.
func (m *mailer) sendWarnings(ctx context.Context, j job) error {
	p, err := m.store.Practice(ctx, j.Practice)
	if err != nil {
		return missing(fmt.Errorf("read practice: %w", err))
	}
	var breached []string
	if j.Incident != "" {
		inc, err := m.store.Incident(ctx, j.Practice, j.Incident)
		if err != nil {
			return missing(fmt.Errorf("read incident: %w", err))
		}
		breached = inc.Facts.Systems
	}
	from, err := m.warningSender(ctx, p, breached)
	if err != nil {
		return err
	}
	wait, probe, err := m.paused.enter(ctx, from.Email, time.Time{})
	if err != nil {
		return err
	}
	if !wait.IsZero() {
		return m.putOff(ctx, p.ID, j.Deliveries, wait)
	}
	back := m.envelope.For(ctx, p.ID)
	b := m.batch(p, func(d incidents.Delivery) incidents.Mail { return returningTo(back(d.ID), ownMail(from, d, m.now())) })
	b.probing = probe
	err = b.run(ctx, j.Deliveries)
	if b.refusal != nil {
		m.log.Error("the mail server refuses the account that warns", "practice", p.ID, "stage", b.refusal.Stage, "code", b.refusal.Code)
	}
	return err
}

// warningSender chooses an address outside the breached systems that the server
// takes mail from: the practice's own first, else the host's.
func (m *mailer) warningSender(ctx context.Context, p registry.Practice, breached []string) (registry.Sender, error) {
	for _, s := range p.Details.Senders {
		if slices.Contains(breached, s.System) {
			continue
		}
		rests, err := m.paused.rests(ctx, s.Email)
		if err != nil || !rests {
			return s, err
		}
	}
	if m.host.Email != "" {
		return m.host, nil
	}
	first, _ := p.Sender("")
	return first, nil
}

// settle notes answers in the notice's log. The last job in hand counts who is told
// as well, looks whether the notice is done, and notes what workers that were cut
// off had recorded and not noted.
func (m *mailer) settle(ctx context.Context, n *incidents.Notice, rows []incidents.Delivery, last bool) error {
	left := true
	if last {
		var err error
		if rows, left, err = m.state(ctx, n, rows); err != nil {
			return err
		}
	}
	countErr := m.count(ctx, n, left) // first, so that a notice that reads sent is counted
	_, err := m.store.UpdateNotice(ctx, n.PracticeID, n.ID, func(n *incidents.Notice) error {
		if !approved(n) || !n.Progressed(rows, some(left), m.now()) {
			return errUnchanged
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return fmt.Errorf("note progress: %w", err)
	}
	if len(rows) > 0 {
		if err := m.store.MarkNoted(ctx, n.PracticeID, rows); err != nil {
			return fmt.Errorf("mark as noted: %w", err)
		}
	}
	m.nudge()
	return countErr
}

// some is a number that says whether there are any.
func some(any bool) int {
	if any {
		return 1
	}
	return 0
}

// state adds the answers that others left without a note, and says whether mails
// are still to be answered for good.
func (m *mailer) state(ctx context.Context, n *incidents.Notice, rows []incidents.Delivery) ([]incidents.Delivery, bool, error) {
	behind, err := m.store.UnnotedDeliveries(ctx, n.PracticeID, n.ID, unnotedPage)
	if err != nil {
		return nil, false, fmt.Errorf("list answers without a note: %w", err)
	}
	seen := map[string]bool{}
	for _, d := range rows {
		seen[d.ID] = true
	}
	for _, d := range behind {
		if !seen[d.ID] && d.State != incidents.Sending && m.leftBehind(d) {
			rows = append(rows, d)
		}
	}
	ids, err := m.store.UnansweredDeliveries(ctx, n.PracticeID, n.ID, "", 1)
	if err != nil {
		return nil, false, fmt.Errorf("look for unanswered deliveries: %w", err)
	}
	return rows, len(ids) > 0, nil
}

// count counts who is told: at once after the last answer, else together with
// what else comes in.
func (m *mailer) count(ctx context.Context, n *incidents.Notice, left bool) error {
	key := incidents.Key{PracticeID: n.PracticeID, ID: n.IncidentID}
	if left {
		m.recount.mark(key, n.Recipients)
		return nil
	}
	if err := m.recount.count(ctx, key); err != nil {
		return fmt.Errorf("count the told: %w", err)
	}
	return nil
}

// leftBehind reports whether the worker that sent a mail must have been cut off
// before it could note the answer: no job runs that long.
func (m *mailer) leftBehind(d incidents.Delivery) bool {
	return len(d.Attempts) > 0 && m.now().Sub(d.Attempts[len(d.Attempts)-1].At) > localWait
}

// afterSending returns a context in which answers can still be noted although
// the job's own has ended.
func afterSending(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), 30*time.Second)
}
