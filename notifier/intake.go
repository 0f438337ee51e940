package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/law"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// intakeStore is what fanning a processor's message out reads and writes.
type intakeStore interface {
	Receipt(ctx context.Context, id string) (incidents.Receipt, error)
	FileReceipt(ctx context.Context, id, caseHash string) error
	AdvanceReceipt(ctx context.Context, id, reached string, doneAt time.Time) error
	PracticesUsing(ctx context.Context, processor string, after tenant.ID, limit int) ([]tenant.ID, error)
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error)
	CreateIncident(ctx context.Context, i *incidents.Incident) error
	IncidentByCase(ctx context.Context, practice tenant.ID, caseKey string) (*incidents.Incident, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	CreateReport(ctx context.Context, r *incidents.Report) error
}

const (
	intakePage = 200 // practices between two marks of how far a receipt came
	// intakeParallel is how many practices are reached at once: they share the
	// store's commits.
	intakeParallel = 16
)

// caseBook knows the rules of law on the day of a moment, and the kinds of breach.
type caseBook interface {
	LawOf(p registry.Practice, at time.Time) law.Set
	Playbook(id string) (playbooks.Playbook, bool)
}

// messageReader makes out what a supplier's message says, whatever its form. It
// reads the same bytes the same each time.
type messageReader interface {
	Read(raw []byte, headers map[string]string, received time.Time) advisory.Advisory
}

// intake brings a processor's message to every practice it concerns. A receipt
// may be fanned out twice: case keys and report ids are the same each time.
type intake struct {
	store intakeStore
	book  caseBook
	read  messageReader
	now   func() time.Time
	newID func() string
	nudge func()
	heard func(kind incidents.MessageKind, format string) // may be nil
	log   *slog.Logger
}

// message is one receipt, read.
type message struct {
	receipt incidents.Receipt
	said    advisory.Advisory
	later   time.Time // when a practice hears it that noted the sender later; zero: at once
}

// heardAt is when the practice is told: the moment from which it is aware.
func (m message) heardAt() time.Time {
	if m.later.IsZero() {
		return m.receipt.ReceivedAt
	}
	return m.later
}

// because are the reasons why the message reaches a practice.
func (m message) because(causes []incidents.Cause) []incidents.Cause {
	if m.later.IsZero() {
		return causes
	}
	return append(causes, incidents.Cause{Code: incidents.CauseNotedLater})
}

func (m message) caseKey() string { return m.receipt.ProcessorID + "/" + m.said.Reference }

// by is the processor, as the one who acts.
func (m message) by() incidents.Actor {
	return incidents.Actor{Kind: register.ActorProcessor, ID: m.receipt.ProcessorID}
}

// handle fans one receipt out, from where it was left.
func (i *intake) handle(ctx context.Context, j job) error {
	r, err := i.store.Receipt(ctx, j.Receipt)
	if err != nil {
		return missing(fmt.Errorf("read receipt: %w", err))
	}
	if !r.DoneAt.IsZero() {
		return nil
	}
	m := message{receipt: r, said: i.read.Read(r.Raw, r.Headers, r.ReceivedAt)}
	if i.heard != nil {
		i.heard(m.said.Kind, string(m.said.Format))
	}
	if err := i.file(ctx, m); err != nil {
		return err
	}
	defer i.nudge()
	if r.PracticeID != "" {
		if err := i.reach(ctx, m, r.PracticeID); err != nil {
			return err
		}
		return i.advance(ctx, r.ID, string(r.PracticeID), true)
	}
	return i.reachAll(ctx, m)
}

// file puts a message that names a case of its sender with the others of that case.
func (i *intake) file(ctx context.Context, m message) error {
	of := incidents.CaseHash(m.receipt.PracticeID, m.receipt.ProcessorID, m.said.Reference)
	if m.said.Kind != incidents.MessageReport || m.receipt.CaseHash == of {
		return nil
	}
	if err := i.store.FileReceipt(ctx, m.receipt.ID, of); err != nil {
		return fmt.Errorf("file receipt: %w", err)
	}
	return nil
}

// reachAll walks through the practices that use the processor, page by page.
func (i *intake) reachAll(ctx context.Context, m message) error {
	reached := tenant.ID(m.receipt.Reached)
	for {
		ids, err := i.store.PracticesUsing(ctx, m.receipt.ProcessorID, reached, intakePage)
		if err != nil {
			return fmt.Errorf("find practices: %w", err)
		}
		if err := i.reachPage(ctx, m, ids); err != nil {
			return err
		}
		if len(ids) > 0 {
			reached = ids[len(ids)-1]
		}
		last := len(ids) < intakePage
		if err := i.advance(ctx, m.receipt.ID, string(reached), last); err != nil || last {
			return err
		}
		i.nudge()
	}
}

func (i *intake) reachPage(ctx context.Context, m message, ids []tenant.ID) error {
	var mu sync.Mutex
	var failed error
	inParallel(ids, intakeParallel, func(id tenant.ID) {
		if err := i.reach(ctx, m, id); err != nil {
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
		}
	})
	return failed
}

func (i *intake) advance(ctx context.Context, id, reached string, done bool) error {
	var doneAt time.Time
	if done {
		doneAt = i.now()
	}
	if err := i.store.AdvanceReceipt(ctx, id, reached, doneAt); err != nil {
		return fmt.Errorf("mark receipt: %w", err)
	}
	return nil
}

// reach brings the message to one practice: into its case when it can be read,
// else before a person. What cannot be made a case is never lost for it.
func (i *intake) reach(ctx context.Context, m message, practice tenant.ID) error {
	p, err := i.store.Practice(ctx, practice)
	if errors.Is(err, fault.NotFound) {
		i.log.Warn("a processor's message names a practice that is gone", "practice", practice, "receipt", m.receipt.ID)
		return nil
	}
	if err != nil {
		return fmt.Errorf("practice %s: %w", practice, err)
	}
	if p.IsDrill() {
		i.log.Warn("a processor's message does not go into a drill", "practice", practice, "receipt", m.receipt.ID)
		return nil
	}
	if m.said.Kind == incidents.MessageUnknown {
		w, kept := wordingOf(p), m.said.Facts()
		kept.Because = m.because(nil)
		return i.report(ctx, p, m, w.triage(w.unreadable, m.said.Text), kept, "")
	}
	t, err := i.touch(ctx, p, m)
	switch {
	case err != nil:
		return fmt.Errorf("practice %s: %w", practice, err)
	case m.said.Kind == incidents.MessageReport:
		return i.take(ctx, p, m, t)
	case t.Elsewhere && m.said.Kind == incidents.MessageBeside:
		return nil
	default:
		return i.aside(ctx, p, m)
	}
}

// take brings a report into the practice's case, or before a person when it can
// make none. A report that names others alone goes nowhere, unless the practice
// has a case of it.
func (i *intake) take(ctx context.Context, p registry.Practice, m message, t touched) error {
	w, kept := wordingOf(p), m.said.Facts()
	kept.Because = m.because(t.Causes)
	incident, changed, err := i.toCase(ctx, p, m, t)
	switch {
	case errors.Is(err, errElsewhere):
		return nil
	case errors.Is(err, fault.Invalid):
		i.log.Error("a processor's message made no incident", "practice", p.ID, "receipt", m.receipt.ID, "faults", reasons(err))
		return i.report(ctx, p, m, w.triage(w.notProcessed, m.said.Summary()), kept, "")
	case err != nil:
		return fmt.Errorf("practice %s: %w", p.ID, err)
	}
	if t.Elsewhere {
		kept.Because = m.because([]incidents.Cause{{Code: incidents.CauseOpenCase}})
	}
	kept.Changed = changed
	return i.report(ctx, p, m, w.told(p, m.said), kept, incident)
}

// aside keeps a trial of the way in, or a message that is no breach: nobody has
// anything to do.
func (i *intake) aside(ctx context.Context, p registry.Practice, m message) error {
	words := incidents.ReportWords{Text: m.said.Summary(), Reference: m.said.Reference, Message: m.said.Facts()}
	r, err := incidents.NewAside(m.reportID(p.ID), p.ID, words, m.receipt.ReceivedAt, m.by())
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	return i.keep(ctx, r, m)
}

// report keeps the practice's own record of the message: part of an incident,
// or before a person with the shadow clock running.
func (i *intake) report(ctx context.Context, p registry.Practice, m message, text string, kept incidents.Message, incident string) error {
	words := incidents.ReportWords{Text: advisory.Cut(text, 10_000), Reference: m.said.Reference, Message: kept}
	r, err := incidents.NewTriage(m.reportID(p.ID), p.ID, incidents.FromWebhook, words, m.heardAt(), p.Policy.AuthorityTermOf(i.book.LawOf(p, m.heardAt()).Hours()), m.by())
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	if incident != "" {
		if err := r.Became(incident, i.now(), m.by()); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return i.keep(ctx, r, m)
}

// keep saves a report; one that stands already is the same message again.
func (i *intake) keep(ctx context.Context, r *incidents.Report, m message) error {
	r.ReceiptID, r.ProcessorID = m.receipt.ID, m.receipt.ProcessorID
	if err := i.store.CreateReport(ctx, r); err != nil && !errors.Is(err, fault.Duplicate) {
		return fmt.Errorf("save report: %w", err)
	}
	return nil
}

// reportID is the sender's own number of the message when it has one: the same
// message in another form, or sent twice, is one report. Else it is the receipt's
// own id when it concerns one practice: the sender was given it. Among many
// practices each has its own.
func (m message) reportID(practice tenant.ID) string {
	switch {
	case m.said.Message != "":
		return nameID("message", string(m.said.Kind), m.receipt.ProcessorID, m.said.Reference, m.said.Message, string(practice))
	case m.receipt.PracticeID != "":
		return m.receipt.ID
	default:
		return nameID("report", m.receipt.ID, string(practice))
	}
}
