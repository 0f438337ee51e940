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
	practice   string
	processors map[string]registry.Processor
	cases      map[string]SupplierCase // by incident, or by report without one
}

// Suppliers returns a judge of a practice's reports.
func (o *Office) Suppliers(practice string) *Suppliers {
	return &Suppliers{office: o, practice: practice, processors: map[string]registry.Processor{}, cases: map[string]SupplierCase{}}
}

// Case returns what a supplier's messages come to about the case of r; false when no
// supplier reported a breach by it.
func (s *Suppliers) Case(ctx context.Context, r *incidents.Report) (SupplierCase, bool, error) {
	if r.ProcessorID == "" || r.Words.Message.Kind != incidents.MessageReport {
		return SupplierCase{}, false, nil
	}
	key := r.IncidentID + "\x00" + r.ProcessorID
	if r.IncidentID == "" {
		key = r.ID
	}
	if known, some := s.cases[key]; some {
		return known, true, nil
	}
	told, clock, err := s.messages(ctx, r)
	if err != nil {
		return SupplierCase{}, false, err
	}
	processor, err := s.processor(ctx, r.ProcessorID)
	if err != nil {
		return SupplierCase{}, false, err
	}
	var claims []incidents.Claim
	var lacks [][]string
	for _, t := range told {
		claims, lacks = append(claims, t.Words.Message.Claims...), append(lacks, t.Words.Message.Missing)
	}
	c := SupplierCase{Promptness: incidents.PromptnessOf(clock, processor.ContractHours, told[0].ReceivedAt, claims), Open: advisory.InAll(lacks...)}
	s.cases[key] = c
	return c, true, nil
}

// messages returns what the supplier of a report said about its case, oldest first,
// and the case's contract clock, nil for none.
func (s *Suppliers) messages(ctx context.Context, r *incidents.Report) ([]*incidents.Report, *incidents.Clock, error) {
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
		if other.ProcessorID == r.ProcessorID && other.Words.Message.Kind == incidents.MessageReport {
			told = append(told, other)
		}
	}
	slices.SortStableFunc(told, func(a, b *incidents.Report) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	clock := inc.Clock(incidents.ContractClock)
	if inc.Facts.ProcessorID != r.ProcessorID {
		clock = nil
	}
	return told, clock, nil
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
