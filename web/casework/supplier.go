package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// SupplierCase is what a supplier's messages about one case come to.
type SupplierCase struct {
	Promptness incidents.Promptness
	Open       []advisory.Point // what none of them says
}

// mostOfCase bounds how many messages of one case are looked at.
const mostOfCase = 50

// Suppliers judges the reports of a practice's suppliers. It looks up each case and
// supplier once, and lives for one page.
type Suppliers struct {
	office     *Office
	practice   tenant.ID
	processors map[string]registry.Processor
	cases      map[string]SupplierCase // by incident, or by report without one
}

// Suppliers returns a judge of a practice's reports.
func (o *Office) Suppliers(practice tenant.ID) *Suppliers {
	return &Suppliers{office: o, practice: practice, processors: map[string]registry.Processor{}, cases: map[string]SupplierCase{}}
}

// Case returns what a supplier's messages come to about the case of r; false when no
// supplier reported a breach by it.
func (s *Suppliers) Case(ctx context.Context, r *incidents.Report) (SupplierCase, bool, error) {
	if !tellsOfBreach(r) {
		return SupplierCase{}, false, nil
	}
	key := r.IncidentID + "\x00" + r.ProcessorID
	if r.IncidentID == "" {
		key = r.ID
	}
	if known, some := s.cases[key]; some {
		return known, true, nil
	}
	told, inc, err := s.messages(ctx, r)
	if err != nil {
		return SupplierCase{}, false, err
	}
	processor, err := s.processor(ctx, r.ProcessorID)
	if err != nil {
		return SupplierCase{}, false, err
	}
	clock, claims, at := s.known(inc, r.ProcessorID)
	if at.IsZero() {
		at = told[0].ReceivedAt
	}
	var lacks [][]string
	for _, t := range told {
		claims = append(claims, t.Words.Message.Claims...)
		if t.Words.Message.Kind == incidents.MessageReport { // what a mail says, a person finds out
			lacks = append(lacks, t.Words.Message.Missing)
		}
	}
	c := SupplierCase{Promptness: incidents.PromptnessOf(clock, processor.ContractHours, at, claims), Open: advisory.InAll(lacks...)}
	s.cases[key] = c
	return c, true, nil
}

// tellsOfBreach reports whether a supplier reported a breach by r: by a message that
// says so, or by a mail out of which a person made a case.
func tellsOfBreach(r *incidents.Report) bool {
	byMail := r.Source == incidents.FromMail && r.State == incidents.BecameIncident
	return r.ProcessorID != "" && (r.Words.Message.Kind == incidents.MessageReport || byMail)
}

// known returns what a case, nil for none, knows of its own supplier: its contract's
// clock, since when it knew, and when it told the host; zero for what it does not.
func (*Suppliers) known(inc *incidents.Incident, processor string) (*incidents.Clock, []incidents.Claim, time.Time) {
	if inc == nil || inc.Facts.ProcessorID != processor {
		return nil, nil, time.Time{}
	}
	var claims []incidents.Claim
	if at := inc.Facts.ProcessorAwareAt; at != nil {
		claims = append(claims, incidents.Claim{Name: incidents.ClaimAware, At: *at})
	}
	var told time.Time
	if at := inc.Facts.ProcessorToldAt; at != nil {
		told = *at
	}
	return inc.Clock(incidents.ContractClock), claims, told
}

// Of returns what the messages of a case's own supplier come to; false when none
// reported it.
func (s *Suppliers) Of(ctx context.Context, inc *incidents.Incident) (SupplierCase, bool, error) {
	for _, id := range inc.ReportIDs[:min(len(inc.ReportIDs), mostOfCase)] {
		r, err := s.office.store.Report(ctx, s.practice, id)
		if errors.Is(err, fault.NotFound) {
			continue // not saved yet
		}
		if err != nil {
			return SupplierCase{}, false, fmt.Errorf("report of a case: %w", err)
		}
		if r.ProcessorID == inc.Facts.ProcessorID && tellsOfBreach(r) {
			return s.Case(ctx, r)
		}
	}
	return SupplierCase{}, false, nil
}

// messages returns what the supplier of a report said about its case, oldest first,
// and the case, nil for none.
func (s *Suppliers) messages(ctx context.Context, r *incidents.Report) ([]*incidents.Report, *incidents.Incident, error) {
	if r.IncidentID == "" {
		return []*incidents.Report{r}, nil, nil
	}
	inc, err := s.office.store.Incident(ctx, s.practice, r.IncidentID)
	if errors.Is(err, fault.NotFound) {
		return []*incidents.Report{r}, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("case of a report: %w", err)
	}
	told := []*incidents.Report{r}
	for _, id := range inc.ReportIDs[:min(len(inc.ReportIDs), mostOfCase)] {
		if id == r.ID {
			continue
		}
		other, err := s.office.store.Report(ctx, s.practice, id)
		if errors.Is(err, fault.NotFound) {
			continue // not saved yet
		}
		if err != nil {
			return nil, nil, fmt.Errorf("report of a case: %w", err)
		}
		if other.ProcessorID == r.ProcessorID && tellsOfBreach(other) {
			told = append(told, other)
		}
	}
	slices.SortStableFunc(told, func(a, b *incidents.Report) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return told, inc, nil
}

func (s *Suppliers) processor(ctx context.Context, id string) (registry.Processor, error) {
	if known, some := s.processors[id]; some {
		return known, nil
	}
	p, err := s.office.store.Processor(ctx, s.practice, id)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return p, fmt.Errorf("look up the processor: %w", err)
	}
	s.processors[id] = p
	return p, nil
}

// AnswerWithin is how long after the last message of its case a supplier's page
// stays open.
const AnswerWithin = 90 * 24 * time.Hour
