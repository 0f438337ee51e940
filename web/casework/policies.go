package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// policyStore is what changing a practice's rules reads and writes beside cases.
type policyStore interface {
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
}

// CaseUnder is an open case and what other rules would change for it.
type CaseUnder struct {
	Incident *incidents.Incident
	Change   incidents.Adoption
	// Scope compares who is in scope; nil when nothing changes that, or when the
	// count took too long and the new assessment will tell.
	Scope *ScopeChange
}

// ScopeChange is how many people are in scope under the present rules of a case and
// under others, and who comes and goes.
type ScopeChange struct {
	Before, After incidents.Counts
	Came, Went    int
}

const (
	policyPage = 500
	// countPatience bounds how long somebody waits for the count of who is in scope.
	countPatience = 5 * time.Second
)

// PreviewPolicy returns every open case with what other rules would change for it,
// and changes nothing.
func (o *Office) PreviewPolicy(ctx context.Context, p registry.Practice, next registry.Policy) ([]CaseUnder, error) {
	open, err := o.openCases(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	cases := make([]CaseUnder, len(open))
	for n, inc := range open {
		cases[n] = CaseUnder{Incident: inc, Change: inc.Adopting(p.Policy, next, o.now())}
	}
	limited, cancel := context.WithTimeout(ctx, countPatience)
	defer cancel()
	err = o.countScopes(limited, p, next, cases)
	if errors.Is(limited.Err(), context.DeadlineExceeded) && ctx.Err() == nil {
		return cases, nil // the new assessment tells; a count that is half is none
	}
	return cases, err
}

func (o *Office) openCases(ctx context.Context, practice tenant.ID) ([]*incidents.Incident, error) {
	var open []*incidents.Incident
	for after := ""; ; {
		page, err := o.store.OpenIncidents(ctx, practice, after, policyPage)
		if err != nil {
			return nil, fmt.Errorf("list open cases: %w", err)
		}
		open = append(open, page...)
		if len(page) < policyPage {
			return open, nil
		}
		after = page[len(page)-1].ID
	}
}

// scopeCount assesses one case by two policies.
type scopeCount struct {
	into          *CaseUnder
	before, after *incidents.Assessor
	change        ScopeChange
}

func (s *scopeCount) add(c registry.Client) {
	was, is := s.before.Assess(c), s.after.Assess(c)
	s.change.Before.Add(was)
	s.change.After.Add(is)
	switch {
	case is.InScope && !was.InScope:
		s.change.Came++
	case was.InScope && !is.InScope:
		s.change.Went++
	}
}

// countScopes streams every client once past each case whose people may change, and
// fills in the counts when all have passed.
func (o *Office) countScopes(ctx context.Context, p registry.Practice, next registry.Policy, cases []CaseUnder) error {
	counts, persons, err := o.scopeCounts(ctx, p, next, cases)
	if err != nil || len(counts) == 0 {
		return err
	}
	list := o.store.MatchableClients
	if persons {
		list = o.store.Clients
	}
	for after := ""; ; {
		clients, err := list(ctx, p.ID, after, policyPage)
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		for _, c := range clients {
			for _, s := range counts {
				s.add(c)
			}
		}
		if len(clients) < policyPage {
			break
		}
		after = clients[len(clients)-1].ID
	}
	for _, s := range counts {
		s.into.Scope = &s.change
	}
	return nil
}

func (o *Office) scopeCounts(ctx context.Context, p registry.Practice, next registry.Policy, cases []CaseUnder) (counts []*scopeCount, persons bool, err error) {
	if !slices.ContainsFunc(cases, func(c CaseUnder) bool { return c.Change.Who }) {
		return nil, false, nil
	}
	zone, err := p.Zone()
	if err != nil {
		return nil, false, fmt.Errorf("time zone: %w", err)
	}
	systems, err := o.allSystems(ctx, p.ID)
	if err != nil {
		return nil, false, err
	}
	for n := range cases {
		if !cases[n].Change.Who {
			continue
		}
		inc := cases[n].Incident
		free := *inc
		free.Kept = nil // to be judged by the rules given
		s := &scopeCount{into: &cases[n], before: incidents.NewAssessor(inc, systems, p.Policy, zone), after: incidents.NewAssessor(&free, systems, next, zone)}
		persons = persons || s.before.NeedsPersons()
		counts = append(counts, s)
	}
	return counts, persons, nil
}

func (o *Office) allSystems(ctx context.Context, practice tenant.ID) ([]registry.System, error) {
	var all []registry.System
	for after := ""; ; {
		page, err := o.store.Systems(ctx, practice, after, policyPage)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		all = append(all, page...)
		if len(page) < policyPage {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

// NewPolicy is what somebody decided who saw what it would change.
type NewPolicy struct {
	Policy registry.Policy
	// Version of the practice that he had before him.
	Version int64
	// Adopt are the ids of the open cases that take the new rules; the others go on
	// under those that they have.
	Adopt  []string
	Reason string // required
	// Changed names the rules that differ, Words says how, for the register.
	Changed []string
	Words   string
	By      incidents.Actor
}

// ChangePolicy gives a practice other rules. First every open case keeps those it
// has, then the practice gets the new ones, then each chosen case takes them: cut
// off anywhere, each case is wholly under the one or the other, and the same asked
// again does the rest.
//
// It returns fault.Invalid with every fault by field, and fault.Conflict when the
// practice was changed meanwhile.
func (o *Office) ChangePolicy(ctx context.Context, p registry.Practice, n NewPolicy) error {
	var faults fault.List
	registry.CheckText(&faults, "reason", n.Reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	for _, id := range n.Adopt {
		if _, err := o.store.Incident(ctx, p.ID, id); err != nil {
			return fmt.Errorf("look up case: %w", err)
		}
	}
	if err := o.KeepPolicies(ctx, p, n.Policy); err != nil {
		return err
	}
	if err := o.savePolicy(ctx, p.ID, n); err != nil {
		return err
	}
	for _, id := range n.Adopt {
		_, err := o.store.UpdateIncident(ctx, p.ID, id, func(i *incidents.Incident) error {
			if i.State == incidents.StateClosed {
				return errUnchanged // meanwhile; it needs no rules any more
			}
			changed, err := i.AdoptPolicy(incidents.NewAdoption{Policy: n.Policy, Reason: n.Reason, By: n.By}, o.now())
			if err == nil && !changed {
				return errUnchanged
			}
			return err
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			return fmt.Errorf("put case under the new rules: %w", err)
		}
	}
	o.nudge()
	return nil
}

// errUnchanged lets an update write nothing.
var errUnchanged = errors.New("nothing to write")

// KeepPolicies lets the practice's open cases go on under their rules, wherever
// other ones would change something for them.
func (o *Office) KeepPolicies(ctx context.Context, p registry.Practice, next registry.Policy) error {
	open, err := o.openCases(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, inc := range open {
		if inc.Kept != nil || p.Policy.Same(next) || !inc.Adopting(p.Policy, next, o.now()).Any() {
			continue
		}
		_, err := o.store.UpdateIncident(ctx, p.ID, inc.ID, func(i *incidents.Incident) error {
			if !i.KeepPolicy(p.Policy) {
				return errUnchanged
			}
			return nil
		})
		if err != nil && !errors.Is(err, errUnchanged) {
			return fmt.Errorf("keep the rules of a case: %w", err)
		}
	}
	return nil
}

func (o *Office) savePolicy(ctx context.Context, practice tenant.ID, n NewPolicy) error {
	_, err := o.store.UpdatePractice(ctx, practice, func(p *registry.Practice) error {
		if p.Policy.Same(n.Policy) {
			return errUnchanged // saved by the press before, which was cut off
		}
		if p.Version != n.Version {
			return fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile")
		}
		before := p.Policy
		p.Policy = n.Policy
		if err := CheckPolicy(*p); err != nil {
			return err
		}
		p.Outbox.Put(string(p.ID), incidents.PolicyChange{Before: before, After: n.Policy, Changed: n.Changed, Adopting: n.Adopt,
			Reason: n.Reason, Words: n.Words, By: n.By}.Event(p.ID, o.now()))
		return nil
	})
	if errors.Is(err, errUnchanged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("save rules: %w", err)
	}
	return nil
}

// CheckPolicy finds every fault of a practice's rules, and none of its other
// settings: who changes the rules could not mend those there.
func CheckPolicy(p registry.Practice) error {
	var faults fault.List
	p.Policy.CheckRules(&faults)
	p.Policy.CheckPreliminary(&faults, "client.hours")
	for _, s := range p.Details.Senders {
		p.Policy.CheckSender(&faults, "contact.barred_senders", s.Email)
	}
	return faults.Err()
}
