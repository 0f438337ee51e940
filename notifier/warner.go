package notifier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// warnerStore is what writing a warning reads and writes.
type warnerStore interface {
	Practice(ctx context.Context, id string) (registry.Practice, error)
	Incident(ctx context.Context, practice, id string) (*incidents.Incident, error)
	Report(ctx context.Context, practice, id string) (*incidents.Report, error)
	PutDeliveries(ctx context.Context, practice string, rows []incidents.Delivery) error
}

// warningBook words the practitioner's own warnings.
type warningBook interface {
	Warning(p registry.Practice, inc *incidents.Incident, e incidents.Event, now time.Time) (incidents.Text, error)
	WarningForReport(p registry.Practice, r *incidents.Report, e incidents.Event, now time.Time) (incidents.Text, error)
}

// warner tells the practitioner that a case or report came in, that a threshold
// passed, and from the deadline on the stand-in too. A warning is a delivery like any other: one for each
// event and address, whoever writes it.
type warner struct {
	store warnerStore
	book  warningBook
	jobs  *dispatcher
	now   func() time.Time
}

// handle writes the warnings of an event that could not be written at once.
func (w *warner) handle(ctx context.Context, j job) error {
	if j.Event == nil {
		return fmt.Errorf("warning without an event: %w", ErrGiveUp)
	}
	return missing(w.prepare(ctx, *j.Event))
}

// prepare writes the warnings down and starts their mails.
func (w *warner) prepare(ctx context.Context, e incidents.Event) error {
	p, err := w.store.Practice(ctx, e.PracticeID)
	if err != nil {
		return fmt.Errorf("warn: read practice: %w", err)
	}
	text, err := w.text(ctx, p, e)
	if err != nil {
		return fmt.Errorf("warn: %w", err)
	}
	var rows []incidents.Delivery
	var ids []string
	for _, to := range addresses(p, e) {
		d := incidents.NewWarning(p.ID, e.IncidentID, e.ID+"/"+to.place, to.email, text)
		rows, ids = append(rows, d), append(ids, d.ID)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := w.store.PutDeliveries(ctx, p.ID, rows); err != nil {
		return fmt.Errorf("warn: save: %w", err)
	}
	w.jobs.send(ctx, queueMail, p.ID+".warning", e.ID+"/warning", job{Practice: p.ID, Incident: e.IncidentID, Deliveries: ids})
	return nil
}

func (w *warner) text(ctx context.Context, p registry.Practice, e incidents.Event) (incidents.Text, error) {
	if e.IncidentID == "" {
		r, err := w.store.Report(ctx, p.ID, e.Subject)
		if err != nil {
			return incidents.Text{}, fmt.Errorf("read report: %w", err)
		}
		if arrived(e) {
			return wordingOf(p).reportArrived(p, r)
		}
		return w.book.WarningForReport(p, r, e, w.now())
	}
	inc, err := w.store.Incident(ctx, p.ID, e.IncidentID)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("read incident: %w", err)
	}
	if e.Kind == incidents.SenderAccountDown {
		return wordingOf(p).accountDown(p, inc, e), nil
	}
	if e.Kind == incidents.ReportJoined {
		return wordingOf(p).moreArrived(p, inc), nil
	}
	if arrived(e) {
		return wordingOf(p).caseArrived(p, inc)
	}
	return w.book.Warning(p, inc, e, w.now())
}

// address is where a warning goes; its place is stable though the address changes.
type address struct{ place, email string }

// addresses lists where an event is told, each mailbox once.
func addresses(p registry.Practice, e incidents.Event) []address {
	all := []address{{"practitioner", p.Details.WarnEmail}, {"second", p.Details.SecondEmail}}
	if e.Facts["mark"] == "due" {
		all = append(all, address{"stand-in", p.Details.StandInMail})
	}
	var out []address
	for _, a := range all {
		same := func(b address) bool { return registry.NormalEmail(b.email) == registry.NormalEmail(a.email) }
		if a.email != "" && !slices.ContainsFunc(out, same) {
			out = append(out, a)
		}
	}
	return out
}
