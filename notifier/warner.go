package notifier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/retention"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// warnerStore is what writing a warning reads and writes.
type warnerStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	DeliveriesByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]incidents.Delivery, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

// warningBook words the practitioner's own warnings.
type warningBook interface {
	Warning(p registry.Practice, inc *incidents.Incident, e incidents.Event, now time.Time) (incidents.Text, error)
	WarningForReport(p registry.Practice, r *incidents.Report, e incidents.Event, now time.Time) (incidents.Text, error)
	Playbook(id string) (playbooks.Playbook, bool)
}

// warner tells the practitioner that a case or report came in, that a threshold
// passed, and the next person that nobody had seen it. A warning is a delivery like any other: one for each
// event and address, whoever writes it.
type warner struct {
	store warnerStore
	book  warningBook
	jobs  *dispatcher
	now   func() time.Time
	// host is the address of the person whom the host names, "" for nobody;
	// baseURL begins the links.
	host, baseURL string
	// systems names them in the month's mail about destroying; nil has no such mail.
	systems systemReader
	// rights reads what people ask about their own data; nil has none.
	rights rightsReader
}

// rightsReader reads a request.
type rightsReader interface {
	RightsRequest(ctx context.Context, practice tenant.ID, id string) (*request.Request, error)
}

// systemReader lists a practice's systems.
type systemReader interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
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
	to := addresses(p, e, w.host)
	var ids []string
	for _, a := range to {
		ids = append(ids, incidents.NewWarning(p.ID, e.IncidentID, e.ID+"/"+a.place, a.email, text).ID)
	}
	if err := w.write(ctx, p, e, to, text, ids); err != nil {
		return fmt.Errorf("warn: %w", err)
	}
	if len(ids) > 0 {
		w.jobs.send(ctx, queueMail, string(p.ID)+".warning", e.ID+"/warning", job{Practice: p.ID, Incident: e.IncidentID, Deliveries: ids})
	}
	return nil
}

// write saves one delivery for each address, with the links of its alarm. Those
// that stand already are left alone, so that no link is made in vain.
func (w *warner) write(ctx context.Context, p registry.Practice, e incidents.Event, to []address, text incidents.Text, ids []string) error {
	known, err := w.store.DeliveriesByIDs(ctx, p.ID, ids)
	if err != nil {
		return fmt.Errorf("look for those written before: %w", err)
	}
	if len(known) == len(ids) && len(ids) > 0 {
		return nil
	}
	links, err := w.link(ctx, p, e, to)
	if err != nil {
		return err
	}
	var rows []incidents.Delivery
	for _, a := range to {
		own := text
		own.Body = wordingOfAlarm(p).withLink(own.Body, links[a.level()])
		rows = append(rows, incidents.NewWarning(p.ID, e.IncidentID, e.ID+"/"+a.place, a.email, own))
	}
	if len(rows) == 0 {
		return nil
	}
	if err := w.store.PutDeliveries(ctx, p.ID, rows); err != nil {
		return fmt.Errorf("save: %w", err)
	}
	return nil
}

func (w *warner) text(ctx context.Context, p registry.Practice, e incidents.Event) (incidents.Text, error) {
	if request.Of(e.Kind) {
		return w.aboutRequest(ctx, p, e)
	}
	if e.Kind == retention.Digested {
		return w.digest(ctx, p, e)
	}
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
	if tellsPreliminary(e) {
		return preliminaryWordsOf(p).text(p, inc, e)
	}
	if e.Kind == incidents.ReportJoined {
		return wordingOf(p).moreArrived(p, inc), nil
	}
	if e.Kind == incidents.QuestionAsked {
		return asked(p, inc), nil
	}
	if arrived(e) {
		return wordingOf(p).caseArrived(p, inc)
	}
	if e.Kind == incidents.StepsLate {
		return w.stepsLate(p, inc, e)
	}
	if e.Kind == incidents.AlarmStepped {
		return wordingOfAlarm(p).stepped(p, inc, e, w.now())
	}
	return w.book.Warning(p, inc, e, w.now())
}

func (w *warner) aboutRequest(ctx context.Context, p registry.Practice, e incidents.Event) (incidents.Text, error) {
	if w.rights == nil {
		return incidents.Text{}, fmt.Errorf("a warning about a request: %w", ErrGiveUp)
	}
	r, err := w.rights.RightsRequest(ctx, p.ID, e.Subject)
	if err != nil {
		return incidents.Text{}, fmt.Errorf("read request: %w", err)
	}
	return rightsWordsOf(p).warning(p, r, e)
}

// address is where a warning goes; its place is stable though the address changes.
type address struct{ place, email string }

// level is whom an alarm asks at this address.
func (a address) level() incidents.AlarmLevel {
	switch a.place {
	case placeStandIn:
		return incidents.AlarmStandIn
	case placeHost:
		return incidents.AlarmHost
	default:
		return incidents.AlarmPractitioner
	}
}

// The places of a warning's addresses.
const (
	placeStandIn = "stand-in"
	placeHost    = "host"
)

// addresses lists where an event is told, each mailbox once.
func addresses(p registry.Practice, e incidents.Event, host string) []address {
	all := []address{{"practitioner", p.Details.WarnEmail}, {"second", p.Details.SecondEmail}}
	switch {
	case e.Kind == incidents.AlarmStepped && e.Facts["level"] == string(incidents.AlarmStandIn):
		all = []address{{placeStandIn, p.Details.StandInMail}}
	case e.Kind == incidents.AlarmStepped:
		all = []address{{placeHost, host}}
	case e.Facts["mark"] == "due" || tellsPreliminary(e):
		all = append(all, address{placeStandIn, p.Details.StandInMail})
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
