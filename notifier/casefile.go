package notifier

import (
	"context"
	"errors"
	"fmt"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// caseTries bounds how often another worker may be faster at opening a case.
const caseTries = 5

// toCase takes the message into the practice's case of this reference, opening
// it when there is none, and returns the incident's id and which of its fields a
// later stage changed.
func (i *intake) toCase(ctx context.Context, p registry.Practice, m message, t touched) (id string, changed []string, err error) {
	for range caseTries {
		inc, err := i.store.IncidentByCase(ctx, p.ID, m.caseKey())
		if err == nil {
			changed, err := i.join(ctx, p, m, inc.ID, t)
			return inc.ID, changed, err
		}
		if !errors.Is(err, fault.NotFound) {
			return "", nil, fmt.Errorf("find the case: %w", err)
		}
		if t.Elsewhere {
			return "", nil, errElsewhere
		}
		id, err := i.open(ctx, p, m, t)
		if !errors.Is(err, fault.Duplicate) {
			return id, nil, err
		}
	}
	return "", nil, fmt.Errorf("open the case: %w", fault.Conflict)
}

func (i *intake) open(ctx context.Context, p registry.Practice, m message, t touched) (string, error) {
	n := m.newIncident(p, i.book.LawOf(p, m.heardAt()), t)
	kind, _ := i.book.Playbook(n.Facts.Playbook)
	kind.Tell(&n.Facts, nil)
	n.ID = i.newID()
	now := i.now()
	if now.Before(n.AwareAt) {
		now = n.AwareAt // the clock was set back since the message came
	}
	if _, err := incidents.Open(n, now); err != nil {
		return "", err // a refused case must not use up a number
	}
	var err error
	if n.Reference, err = incidents.NextReference(ctx, i.store, p, now); err != nil {
		return "", err
	}
	inc, err := incidents.Open(n, now)
	if err != nil {
		return "", err
	}
	if err := i.store.CreateIncident(ctx, inc); err != nil {
		return "", fmt.Errorf("save incident: %w", err)
	}
	return inc.ID, nil
}

// newIncident is the case as the processor tells it. The practice became aware
// when it was told (EDPB Guidelines 9/2022, II.A.4).
func (m message) newIncident(p registry.Practice, rules law.Set, t touched) incidents.NewIncident {
	w, said := wordingOf(p), m.said.Says()
	said.Summary = w.summary(m.said)
	said.Systems = t.Systems
	n := incidents.NewIncident{
		PracticeID: p.ID, CaseKey: m.caseKey(), ReportID: m.reportID(p.ID), Source: incidents.FromWebhook,
		AwareAt: m.heardAt(), AwareBasis: w.basis(t, m.said), Policy: p.Policy, Law: rules, By: m.by(),
		Contract: contract(t.sender),
		Facts: incidents.Facts{
			Playbook: "processor-breach", OccurredFrom: said.OccurredFrom, OccurredUntil: said.OccurredUntil,
			DiscoveredAt: m.heardAt(), Systems: said.Systems, Categories: said.Categories, BreachKinds: said.BreachKinds,
			Unintelligible: m.said.Unintelligible, Role: incidents.AsController,
			ProcessorID: m.receipt.ProcessorID, ProcessorAwareAt: m.said.ProcessorAwareAt,
		},
		Story: incidents.Story{
			Summary: said.Summary, DiscoveredHow: fmt.Sprintf(w.how, w.sender(t, m.said)),
			MeasuresTaken: said.Measures, Consequences: said.Consequences, ProcessorSays: &said,
		},
	}
	if !m.later.IsZero() {
		told := m.receipt.ReceivedAt
		n.Facts.ProcessorToldAt, n.AwareBasis = &told, n.AwareBasis+" "+w.later
	}
	return n
}

func contract(p registry.Processor) *time.Duration {
	if p.ContractHours == nil {
		return nil
	}
	d := time.Duration(*p.ContractHours) * time.Hour
	return &d
}

// join takes a later stage into the case; the same report again changes nothing.
func (i *intake) join(ctx context.Context, p registry.Practice, m message, incident string, t touched) (changed []string, err error) {
	_, err = i.store.UpdateIncident(ctx, p.ID, incident, func(inc *incidents.Incident) error {
		known := len(inc.ReportIDs)
		changed = inc.Join(m.reportID(p.ID), m.says(wordingOf(p), inc, t), i.now(), m.by())
		if len(inc.ReportIDs) == known {
			return errUnchanged
		}
		if inc.Facts.ProcessorID == m.receipt.ProcessorID {
			inc.ProcessorKnewSince(m.said.ProcessorAwareAt, contract(t.sender), i.now(), m.by())
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return nil, fmt.Errorf("join the case: %w", err)
	}
	return changed, nil
}

// says is what the processor now says of the case: a field it leaves out stands
// as it said it before. A stage that comes late fills gaps only.
func (m message) says(w wording, inc *incidents.Incident, t touched) incidents.ProcessorFacts {
	said := m.said.Says()
	if said.Summary != "" { // an answer may say no more of what happened
		said.Summary = w.summary(m.said)
	}
	if len(m.said.Services) > 0 && !t.Elsewhere {
		said.Systems = t.Systems
	}
	old := inc.Story.ProcessorSays
	if old == nil {
		old = &incidents.ProcessorFacts{}
	}
	newer, older := said, *old
	if isOlder(said, *old) {
		newer, older = *old, said
	}
	merged := newer.Over(older)
	return dropBadWindow(merged, *old, inc.Facts)
}

// isOlder reports whether a message speaks of before what stands: of an earlier
// stage, or of an earlier time in the same.
func isOlder(said, old incidents.ProcessorFacts) bool {
	now, was := stageRank(said.Stage), stageRank(old.Stage)
	return now < was || now == was && said.SaidAt != nil && old.SaidAt != nil && said.SaidAt.Before(*old.SaidAt)
}

func stageRank(stage string) int {
	switch advisory.Stage(stage) {
	case advisory.StageUpdate:
		return 1
	case advisory.StageFinal:
		return 2
	default:
		return 0
	}
}

// dropBadWindow keeps the times said before when the new ones would end the
// case's window before it starts.
func dropBadWindow(says, old incidents.ProcessorFacts, facts incidents.Facts) incidents.ProcessorFacts {
	from := afterJoin(says.OccurredFrom, old.OccurredFrom, facts.OccurredFrom)
	until := afterJoin(says.OccurredUntil, old.OccurredUntil, facts.OccurredUntil)
	if from != nil && until != nil && until.Before(*from) {
		says.OccurredFrom, says.OccurredUntil = old.OccurredFrom, old.OccurredUntil
	}
	return says
}

// afterJoin is the value a joined case will have: the processor's new one, unless
// somebody changed what it said before.
func afterJoin(says, old, stands *time.Time) *time.Time {
	untouched := stands == old || stands != nil && old != nil && stands.Equal(*old)
	if says != nil && untouched {
		return says
	}
	return stands
}

// systemLister lists a practice's systems.
type systemLister interface {
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
}

func allSystems(ctx context.Context, store systemLister, practice tenant.ID) ([]registry.System, error) {
	var all []registry.System
	err := pages(200, func(s registry.System) string { return s.ID },
		func(after string, limit int) ([]registry.System, error) {
			return store.Systems(ctx, practice, after, limit)
		},
		func(page []registry.System) error { all = append(all, page...); return nil })
	if err != nil {
		return nil, fmt.Errorf("list systems: %w", err)
	}
	return all, nil
}
