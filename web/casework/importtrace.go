package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// trace is what an import left behind.
type trace struct{ people map[string]traced }

// traced is one person whom an import brought or changed.
type traced struct {
	brought bool
	version int64    // as the import left him
	first   int64    // his version before it; 0 for who was brought
	parents []string // as they were before it
}

// left reports whether he is as the import left him, or as undoing it did.
func (x traced) left(c registry.Client, job roster.Import) bool {
	back := job.State == roster.ImportUndoing && !x.brought && c.Version == x.version+1 && c.UpdatedAt.Equal(job.Undo.At)
	return c.Version == x.version || back
}

// traceOf reads whom an import brought and changed. Whom several of its lines changed
// was before it as the first of them found him.
func (o *Office) traceOf(ctx context.Context, job roster.Import) (trace, error) {
	t := trace{people: map[string]traced{}}
	err := o.eachPart(ctx, job, func(part roster.Part) error {
		for _, x := range part.Made {
			t.people[x.ID] = traced{brought: true, version: max(x.Version, t.people[x.ID].version)}
		}
		for _, c := range part.Changed {
			x, known := t.people[c.Before.ID]
			if x.version = max(x.version, c.Version); !x.brought && (!known || c.Before.Version < x.first) {
				x.first, x.parents = c.Before.Version, c.Before.Guardians
			}
			t.people[c.Before.ID] = x
		}
		return nil
	})
	return t, err
}

const perLook = 2000

// eachClient visits all people of a practice, without what is sealed of them.
func (o *Office) eachClient(ctx context.Context, practice tenant.ID, visit func(registry.Client)) error {
	for after := ""; ; {
		clients, err := o.store.MatchableClients(ctx, practice, after, perLook)
		if err != nil {
			return fmt.Errorf("list clients: %w", err)
		}
		for _, c := range clients {
			visit(c)
		}
		if len(clients) < perLook {
			return nil
		}
		after = clients[len(clients)-1].ID
	}
}

// peopleOfCases maps client ids to the references of the open cases that rest on
// them: who was chosen by hand, who is affected or told for somebody, and who has
// heard already.
func (o *Office) peopleOfCases(ctx context.Context, practice tenant.ID) (map[string][]string, error) {
	held := map[string][]string{}
	for after := ""; ; {
		cases, err := o.store.OpenIncidents(ctx, practice, after, perCases)
		if err != nil {
			return nil, fmt.Errorf("list open cases: %w", err)
		}
		for _, inc := range cases {
			ids, err := o.peopleOfCase(ctx, inc)
			if err != nil {
				return nil, err
			}
			for id := range ids {
				held[id] = append(held[id], inc.Reference)
			}
		}
		if len(cases) < perCases {
			return held, nil
		}
		after = cases[len(cases)-1].ID
	}
}

const perCases = 50

func (o *Office) peopleOfCase(ctx context.Context, inc *incidents.Incident) (map[string]bool, error) {
	ids := map[string]bool{}
	affected, err := o.store.AffectedPersons(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return nil, fmt.Errorf("list affected: %w", err)
	}
	readers, err := o.store.ReadersInScope(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return nil, fmt.Errorf("list readers: %w", err)
	}
	tellings, err := o.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return nil, fmt.Errorf("list who was told: %w", err)
	}
	for _, id := range affected {
		ids[id] = true
	}
	for person, list := range readers {
		ids[person] = true
		for _, id := range list {
			ids[id] = true
		}
	}
	for _, x := range tellings {
		ids[x.Person], ids[x.Reader] = true, true
	}
	chosen, err := o.chosen(ctx, inc)
	for _, c := range chosen {
		ids[c.ID] = true
	}
	return ids, err
}

// chosen returns whom somebody chose by hand for a case.
func (o *Office) chosen(ctx context.Context, inc *incidents.Incident) ([]registry.Client, error) {
	if !inc.Facts.HandPicked {
		return nil, nil
	}
	byMail, err := o.store.ClientsByEmails(ctx, inc.PracticeID, inc.Story.Subjects.Emails)
	if err != nil {
		return nil, fmt.Errorf("look up chosen people: %w", err)
	}
	byNumber, err := o.store.ClientsByExternalIDs(ctx, inc.PracticeID, inc.Story.Subjects.ExternalIDs)
	if err != nil {
		return nil, fmt.Errorf("look up chosen people: %w", err)
	}
	return append(byMail, byNumber...), nil
}
