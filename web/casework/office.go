// Package casework is what a practitioner can do with a case, whichever door he
// came through: the pages and the API call the same methods. Each loads what it
// needs, lets the domain decide, and saves state and events in one write.
package casework

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// incidentStore is what handling a case reads and writes.
type incidentStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	System(ctx context.Context, practice tenant.ID, id string) (registry.System, error)
	ClientsByExternalIDs(ctx context.Context, practice tenant.ID, externalIDs []string) ([]registry.Client, error)
	NextNumber(ctx context.Context, practice tenant.ID, series string) (int64, error)
	CreateIncident(ctx context.Context, i *incidents.Incident) error
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	CreateReport(ctx context.Context, r *incidents.Report) error
	UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error)
}

type store interface {
	incidentStore
	mailStore
	noticeStore
	readingStore
	catalogueStore
	callStore
	stuckStore
	sheetStore
	annualStore
	retention.Store
	drillStore
	policyStore
	rightsStore
	accountStore
	feedStore
}

// Office does the work. Fields are set once by New.
type Office struct {
	store store
	book  *playbooks.Book
	now   func() time.Time
	newID func() string
	nudge func()
	// checkKey says whether mail can be encrypted with an OpenPGP key; nil takes any.
	checkKey func(armored string, now time.Time) error
	openList OpenList
	readMail mailReader
}

// Options is what an Office needs. Nudge, when set, tells workers in the same
// process that something was saved; they would find it by themselves soon.
type Options struct {
	Store store
	Book  *playbooks.Book
	Now   func() time.Time
	NewID func() string
	Nudge func()
	// CheckKey says what is wrong with a client's OpenPGP key, nil for nothing.
	CheckKey func(armored string, now time.Time) error
	// OpenList opens the files that Import reads; nil imports nothing.
	OpenList OpenList
	// ReadMail reads the mail that KeepMail takes; nil takes none.
	ReadMail mailReader
}

// New returns an Office.
func New(o Options) *Office {
	if o.Nudge == nil {
		o.Nudge = func() {}
	}
	return &Office{store: o.Store, book: o.Book, now: o.Now, newID: o.NewID, nudge: o.Nudge, checkKey: o.CheckKey, openList: o.OpenList, readMail: o.ReadMail}
}

// NewCase is what a person or machine tells when filing an incident.
type NewCase struct {
	// ID is the id the case will have; filing it again returns the first. "" takes a new one.
	ID        string
	Facts     incidents.Facts
	Story     incidents.Story
	AwareAt   time.Time
	Basis     string
	Estimated bool // only the day was known
	Source    incidents.Source
	ReportID  string // of the triage item it grew from, "" for none
	// CaseKey and Contract are of a supplier's case: see incidents.NewIncident.
	CaseKey  string
	Contract *time.Duration
}

// File opens an incident with its clocks running. Faults come all at once.
func (o *Office) File(ctx context.Context, p registry.Practice, n NewCase, by incidents.Actor) (*incidents.Incident, error) {
	n.fillIn()
	if n.ID == "" {
		n.ID = o.newID()
	} else if first, err := o.store.Incident(ctx, p.ID, n.ID); !isNotFound(err) {
		if err == nil && n.ReportID != "" {
			err = o.settleReport(ctx, p, n.ReportID, n.ID, by) // cut off before it came to that
		}
		return first, err
	}
	_, err := incidents.Open(o.request(p, n, "", by), o.now())
	if err := o.allFaults(ctx, p, n, err); err != nil {
		return nil, err
	}
	reference, err := incidents.NextReference(ctx, o.store, p, o.now()) // a refused case must not use up a number
	if err != nil {
		return nil, err
	}
	inc, err := incidents.Open(o.request(p, n, reference, by), o.now())
	if err != nil {
		return nil, err
	}
	if err := o.store.CreateIncident(ctx, inc); errors.Is(err, fault.Duplicate) {
		return o.store.Incident(ctx, p.ID, n.ID) // filed by the same press of the button a moment ago
	} else if err != nil {
		return nil, fmt.Errorf("save incident: %w", err)
	}
	if n.ReportID != "" {
		if err := o.settleReport(ctx, p, n.ReportID, inc.ID, by); err != nil {
			return nil, err
		}
	}
	o.nudge()
	return inc, nil
}

func (n *NewCase) fillIn() {
	if n.Facts.Unintelligible == "" {
		n.Facts.Unintelligible = incidents.UnintelligibleUnknown
	}
	if n.Facts.Role == "" {
		n.Facts.Role = incidents.AsController
	}
}

func (o *Office) request(p registry.Practice, n NewCase, reference string, by incidents.Actor) incidents.NewIncident {
	o.consult(&n.Facts, n.Story.Answers)
	return incidents.NewIncident{
		ID: n.ID, PracticeID: p.ID, Reference: reference, ReportID: n.ReportID, CaseKey: n.CaseKey, Contract: n.Contract, Source: n.Source, Facts: n.Facts, Story: n.Story,
		AwareAt: n.AwareAt, AwareBasis: n.Basis, Estimated: n.Estimated, Policy: p.Policy, Law: o.book.LawOf(p, n.AwareAt), Pace: p.Drill.Pace, By: by,
	}
}

// allFaults joins the domain's faults with those only the store can see.
func (o *Office) allFaults(ctx context.Context, p registry.Practice, n NewCase, domain error) error {
	faults := fault.Fields(domain)
	if domain != nil && faults == nil {
		return domain
	}
	if _, known := o.book.Playbook(n.Facts.Playbook); !known && n.Facts.Playbook != "" {
		faults.Add("playbook", "error.playbook", "choose what happened from the list of playbooks")
	}
	if err := o.checkSystems(ctx, p.ID, n.Facts.Systems, &faults); err != nil {
		return err
	}
	if err := o.checkSubjects(ctx, p.ID, n.Story, &faults); err != nil {
		return err
	}
	return append(faults, o.checkAnswers(n.Facts.Playbook, nil, n.Story.Answers)...).Err()
}

func (o *Office) checkSystems(ctx context.Context, practice tenant.ID, ids []string, faults *fault.List) error {
	for _, id := range ids {
		_, err := o.store.System(ctx, practice, id)
		switch {
		case isNotFound(err):
			faults.Add("systems", "error.system_unknown", "choose systems that the practice has listed")
			return nil
		case err != nil:
			return fmt.Errorf("look up system: %w", err)
		}
	}
	return nil
}

// checkSubjects refuses unknown numbers, and an address that stands both for a
// person the breach is about and for one it went to.
func (o *Office) checkSubjects(ctx context.Context, practice tenant.ID, s incidents.Story, faults *fault.List) error {
	if len(s.Subjects.ExternalIDs) == 0 {
		return nil
	}
	clients, err := o.store.ClientsByExternalIDs(ctx, practice, s.Subjects.ExternalIDs)
	if err != nil {
		return fmt.Errorf("look up chosen persons: %w", err)
	}
	known, emails := map[string]bool{}, map[string]bool{}
	for _, c := range clients {
		known[c.Person.ExternalID] = true
		emails[registry.NormalEmail(c.Person.Email)] = true
	}
	for _, id := range s.Subjects.ExternalIDs {
		if !known[id] {
			faults.Add("subjects", "error.subject_unknown", "one of these numbers is no client of the practice")
			break
		}
	}
	for _, r := range s.Recipients {
		if emails[registry.NormalEmail(r.Email)] {
			faults.Add("recipients", "error.recipient_is_subject", "this address stands in both lists; name the person it was about and the person it went to apart")
			break
		}
	}
	return nil
}

func (o *Office) settleReport(ctx context.Context, p registry.Practice, report, incident string, by incidents.Actor) error {
	_, err := o.store.UpdateReport(ctx, p.ID, report, func(r *incidents.Report) error {
		return r.Became(incident, o.now(), by)
	})
	if err != nil {
		return fmt.Errorf("settle report: %w", err)
	}
	return nil
}

// change runs one act on a case and saves it.
func (o *Office) change(ctx context.Context, practice tenant.ID, id string, act func(*incidents.Incident) error) (*incidents.Incident, error) {
	inc, err := o.store.UpdateIncident(ctx, practice, id, act)
	if err == nil {
		o.nudge()
	}
	return inc, err
}

// Change corrects facts, story or the moment of awareness, with a reason.
func (o *Office) Change(ctx context.Context, practice tenant.ID, id string, c incidents.Change) (*incidents.Incident, error) {
	if err := o.withLaw(ctx, practice, &c); err != nil {
		return nil, err
	}
	var faults fault.List
	inc, err := o.change(ctx, practice, id, func(i *incidents.Incident) error {
		probeFacts, probeStory := i.Facts, i.Story
		if c.Apply != nil {
			c.Apply(&probeFacts, &probeStory)
		}
		faults = nil
		if _, known := o.book.Playbook(probeFacts.Playbook); !known {
			faults.Add("playbook", "error.playbook", "choose what happened from the list of playbooks")
		}
		if err := o.checkSystems(ctx, practice, probeFacts.Systems, &faults); err != nil {
			return err
		}
		if err := o.checkSubjects(ctx, practice, probeStory, &faults); err != nil {
			return err
		}
		faults = append(faults, o.checkAnswers(probeFacts.Playbook, i.Story.Answers, probeStory.Answers)...)
		if err := faults.Err(); err != nil {
			return err
		}
		heard := c
		heard.Apply = func(f *incidents.Facts, s *incidents.Story) {
			if c.Apply != nil {
				c.Apply(f, s)
			}
			if f.Playbook != i.Facts.Playbook || !maps.Equal(s.Answers, i.Story.Answers) { // else a later playbook would change it unseen
				o.consult(f, s.Answers)
			}
		}
		return i.Change(heard, o.now())
	})
	return inc, err
}

// LawToday returns the rules of law that a case of today would keep.
func (o *Office) LawToday(p registry.Practice) law.Set { return o.book.LawOf(p, o.now()) }

// AnswerBy returns the last day on which a request for data that came at a moment is
// answered in time: by the practice's own weeks, or the law's month (GDPR Art. 12(3)).
func (o *Office) AnswerBy(p registry.Practice, asked time.Time) (registry.Date, bool) {
	zone, err := p.Zone()
	if err != nil {
		return registry.Date{}, false
	}
	return o.book.LawOf(p, asked).AnswerBy(registry.DateOf(asked, zone), p.Policy.RequestWeeks)
}

// withLaw tells a correction of the moment of awareness which rules of law hold then.
func (o *Office) withLaw(ctx context.Context, practice tenant.ID, c *incidents.Change) error {
	if c.AwareAt == nil {
		return nil
	}
	p, err := o.store.Practice(ctx, practice)
	if err != nil {
		return fmt.Errorf("look up practice: %w", err)
	}
	c.Law = func(aware time.Time) law.Set { return o.book.LawOf(p, aware) }
	return nil
}

// Decide records a reasoned decision about the authority or about persons.
func (o *Office) Decide(ctx context.Context, practice tenant.ID, id string, d incidents.Decision) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.Decide(d, o.now()) })
}

// TellController records that the controller of the data was told.
func (o *Office) TellController(ctx context.Context, practice tenant.ID, id string, n incidents.ControllerNotice) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.TellController(n, o.now()) })
}

// ExplainDelay records why a duty was late.
func (o *Office) ExplainDelay(ctx context.Context, practice tenant.ID, id string, kind incidents.ClockKind, reason string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.ExplainDelay(kind, reason, o.now(), by) })
}

// Override adds or removes one client by hand, with a reason.
func (o *Office) Override(ctx context.Context, practice tenant.ID, id string, ov incidents.Override) (*incidents.Incident, error) {
	if _, err := o.store.Client(ctx, practice, ov.ClientID); err != nil {
		return nil, err
	}
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.Override(ov, o.now()) })
}

// Reassess looks anew at who is affected.
func (o *Office) Reassess(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error {
		i.Reassess(o.now(), by)
		return nil
	})
}

// Triage keeps a stranger's report for a person to look at; its shadow clock runs.
func (o *Office) Triage(ctx context.Context, p registry.Practice, source incidents.Source, words incidents.ReportWords, by incidents.Actor) (*incidents.Report, error) {
	return o.triage(ctx, p, o.newID(), source, words, o.now(), by)
}

// TriageAt is Triage for what came in earlier, such as a mail that is pasted the
// day after: its shadow clock has run since at.
func (o *Office) TriageAt(ctx context.Context, p registry.Practice, source incidents.Source, words incidents.ReportWords, at time.Time, by incidents.Actor) (*incidents.Report, error) {
	return o.triage(ctx, p, o.newID(), source, words, at, by)
}

// TriageOnce is Triage under an id that follows from what was sent: sent again,
// also at the same time, it keeps the first and changes nothing.
func (o *Office) TriageOnce(ctx context.Context, p registry.Practice, id string, source incidents.Source, words incidents.ReportWords, by incidents.Actor) error {
	_, err := o.triage(ctx, p, id, source, words, o.now(), by)
	if errors.Is(err, fault.Duplicate) {
		return nil
	}
	return err
}

func (o *Office) triage(ctx context.Context, p registry.Practice, id string, source incidents.Source, words incidents.ReportWords, at time.Time, by incidents.Actor) (*incidents.Report, error) {
	r, err := incidents.NewTriage(id, p.ID, source, words, at, p.Policy.AuthorityTermOf(o.book.LawOf(p, at).Hours()), by)
	if err != nil {
		return nil, err
	}
	r.RecordedAt(o.now())
	if err := o.store.CreateReport(ctx, r); err != nil {
		return nil, fmt.Errorf("save report: %w", err)
	}
	o.nudge()
	return r, nil
}

// Dismiss settles a triage item that is no incident, with a reason.
func (o *Office) Dismiss(ctx context.Context, practice tenant.ID, report, reason string, by incidents.Actor) error {
	_, err := o.store.UpdateReport(ctx, practice, report, func(r *incidents.Report) error {
		return r.Dismiss(reason, o.now(), by)
	})
	o.nudge()
	return err
}
