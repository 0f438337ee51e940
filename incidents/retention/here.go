package retention

import (
	"context"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// caseStore is what tells whom an open case is about.
type caseStore interface {
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
}

// Blocked says why somebody cannot be taken out of this program yet.
type Blocked string

// The reasons.
const (
	// BlockedElsewhere: another system may still hold something about him, and who is
	// not known here cannot be told of its breach.
	BlockedElsewhere Blocked = "elsewhere"
	BlockedByCase    Blocked = "case"     // an open case is about him, or may be
	BlockedAsParent  Blocked = "guardian" // he is told for somebody who stays
)

// Here is who may be destroyed in this program itself, and who not yet.
type Here struct {
	Free    []string // client ids
	Blocked map[string]Blocked
}

// PlanHere finds what becomes of the people of a confirmation in this program.
func PlanHere(ctx context.Context, store Store, p registry.Practice, rules Rules, c registry.Confirmation) (Here, error) {
	plan := Here{Blocked: map[string]Blocked{}}
	var candidates []string
	parents := map[string][]string{} // of whom, by parent
	err := EachDue(ctx, store, p.ID, rules, func(x registry.Client, due []Due) error {
		for _, g := range x.Guardians {
			parents[g] = append(parents[g], x.ID)
		}
		if !slices.ContainsFunc(due, func(d Due) bool { return About(c, d, rules.Zone) }) {
			return nil
		}
		if _, spared := c.Spares(x.ID); spared {
			return nil
		}
		if rules.heldElsewhere(x) {
			plan.Blocked[x.ID] = BlockedElsewhere
			return nil
		}
		candidates = append(candidates, x.ID)
		return nil
	})
	if err != nil {
		return plan, err
	}
	if err := plan.blockCases(ctx, store, p.ID, candidates); err != nil {
		return plan, err
	}
	for _, id := range candidates {
		stays := func(child string) bool { return !slices.Contains(candidates, child) || plan.Blocked[child] != "" }
		if plan.Blocked[id] == "" && slices.ContainsFunc(parents[id], stays) {
			plan.Blocked[id] = BlockedAsParent
		}
		if plan.Blocked[id] == "" {
			plan.Free = append(plan.Free, id)
		}
	}
	return plan, nil
}

// heldElsewhere reports whether another system may hold something about somebody.
func (r Rules) heldElsewhere(c registry.Client) bool {
	return slices.ContainsFunc(r.Holdings(c), func(h registry.Holding) bool {
		return h.System != OwnSystem && h.DestroyedAt == nil && h.Identifiability != registry.Anonymous
	})
}

func (plan *Here) blockCases(ctx context.Context, store caseStore, practice tenant.ID, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	return pages(func(i *incidents.Incident) string { return i.ID }, func(after string) ([]*incidents.Incident, error) {
		return store.OpenIncidents(ctx, practice, after, perRead)
	}, func(i *incidents.Incident) error {
		if !i.Assessment.Complete() { // it is not known whom it is about
			for _, id := range ids {
				plan.Blocked[id] = BlockedByCase
			}
			return nil
		}
		for part := range slices.Chunk(ids, 500) {
			rows, err := store.AffectedByIDs(ctx, practice, i.ID, i.Assessment.Done, part)
			if err != nil {
				return fmt.Errorf("read whom a case is about: %w", err)
			}
			for _, row := range rows {
				if row.Certainty != incidents.None {
					plan.Blocked[row.ID] = BlockedByCase
				}
			}
		}
		return nil
	})
}

// destroyHere takes the people of a confirmation off the list. Who is blocked stays,
// and stays due.
func (a *applier) destroyHere(ctx context.Context) error {
	plan, err := PlanHere(ctx, a.store, a.practice, a.rules, a.c)
	if err != nil {
		return err
	}
	// Cut off, the number that was planned first is the one that tells.
	a.people, a.spared = max(a.c.People, len(plan.Free)), len(plan.Blocked)
	if a.c.People == 0 && len(plan.Free) > 0 {
		if err := a.plan(ctx, len(plan.Free)); err != nil {
			return err
		}
	}
	for part := range slices.Chunk(plan.Free, 200) {
		if err := a.store.RemoveClients(ctx, a.practice.ID, part); err != nil {
			return fmt.Errorf("take people off the list: %w", err)
		}
	}
	return nil
}

func (a *applier) plan(ctx context.Context, people int) error {
	_, err := a.store.UpdatePractice(ctx, a.practice.ID, func(p *registry.Practice) error {
		c, some := p.Retained.Confirmation(a.c.ID)
		if !some || !c.Open() {
			return errUnchanged
		}
		c.People = people
		p.Retained.Confirm(c)
		return nil
	})
	return unlessUnchanged(err)
}
