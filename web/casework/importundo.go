package casework

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// ImportPatience is how long a page or a machine waits for an import before it is
// shown how far that is.
const ImportPatience = 2 * time.Second

// UndoOutlook says what undoing an import would do.
type UndoOutlook struct {
	Remove  int // people whom it brought
	PutBack int // people whom it changed
	// Keep stay as they are: those on whom open cases rest, who were changed since, or
	// whom somebody who stays has as parent.
	Keep  int
	Cases []string // references of those cases
}

// fate is what undoing does to one person.
type fate int

const (
	fateKept fate = iota
	fateRemoved
	fatePutBack
)

// undoing is one look at all people of an import.
type undoing struct {
	trace trace
	fates map[string]fate
	cases []string
}

// UndoOutlook says what UndoImport would do now.
func (o *Office) UndoOutlook(ctx context.Context, practice tenant.ID, job roster.Import) (UndoOutlook, error) {
	u, err := o.undoingOf(ctx, practice, job)
	out := UndoOutlook{Cases: u.cases}
	for _, f := range u.fates {
		switch f {
		case fateRemoved:
			out.Remove++
		case fatePutBack:
			out.PutBack++
		default:
			out.Keep++
		}
	}
	return out, err
}

// UndoImport removes the people whom an import brought and puts back those whom it
// changed. While an open case rests on some of them it is fault.Conflict with the
// cases' references, unless rest says that the others are to be undone.
func (o *Office) UndoImport(ctx context.Context, p registry.Practice, id, by string, rest bool) (roster.Import, error) {
	job, err := o.store.Import(ctx, p.ID, id)
	if err != nil {
		return job, err
	}
	if !job.Undoable(o.now()) {
		return job, fault.New(fault.Conflict, "error.import_not_undoable", "this import can not be undone: it goes on, is undone already, brought nobody, or is more than 30 days old")
	}
	u, err := o.undoingOf(ctx, p.ID, job)
	if err != nil {
		return job, err
	}
	if len(u.cases) > 0 && !rest {
		return job, fault.New(fault.Conflict, "error.import_cases", "open cases rest on people of this import: "+listed(u.cases)+"; they stay, ask for the rest to be undone")
	}
	job, err = o.store.UpdateImport(ctx, p.ID, id, func(j *roster.Import) error {
		if !j.Undoable(o.now()) {
			return overtaken(fault.Conflict)
		}
		j.TakeBack(by, o.now())
		j.Undo.Actor = register.ActorIn(ctx)
		j.Undo.Cases, j.HeldUntil = u.cases, o.now().Add(importLease)
		return nil
	})
	if err != nil {
		return job, err
	}
	return o.takeBack(ctx, p, job)
}

func listed(references []string) string {
	text := ""
	for i, r := range references {
		if i > 0 {
			text += ", "
		}
		text += r
	}
	return text
}

// takeBack undoes part after part, from the last, and forgets what that needed.
func (o *Office) takeBack(ctx context.Context, p registry.Practice, job roster.Import) (roster.Import, error) {
	u, err := o.undoingOf(ctx, p.ID, job)
	if err != nil {
		return job, err
	}
	m := o.newImporter(p, ImportHow{})
	m.job = job
	for m.job.State == roster.ImportUndoing && m.job.Next > 0 {
		part, err := o.store.Part(ctx, p.ID, job.ID, m.job.Next-1)
		if err != nil && !isNotFound(err) {
			return m.job, fmt.Errorf("read part of import: %w", err)
		}
		done, err := o.takeBackPart(ctx, p.ID, part, u, job.Undo.At)
		if err != nil {
			return m.job, err
		}
		next := m.job.Next
		err = m.update(ctx, func(j *roster.Import) error {
			if j.State != roster.ImportUndoing || j.Next != next {
				return errBeaten
			}
			j.Next--
			j.Undo.Removed, j.Undo.PutBack, j.Undo.Kept = j.Undo.Removed+done.Removed, j.Undo.PutBack+done.PutBack, j.Undo.Kept+done.Kept
			return nil
		})
		if err != nil {
			return m.job, err
		}
	}
	if err := o.store.DropParts(ctx, p.ID, job.ID); err != nil {
		return m.job, fmt.Errorf("drop parts of import: %w", err)
	}
	err = m.update(ctx, func(j *roster.Import) error {
		if j.State == roster.ImportUndone {
			return nil // another worker's word
		}
		j.State, j.EndedAt, j.Count.Waiting = roster.ImportUndone, o.now(), 0
		j.Notes = incidents.Act{By: named(j.Undo.Actor), At: o.now()}.Import(incidents.ImportUndone, *j)
		return nil
	})
	o.nudge()
	return m.job, err
}

// takeBackPart does to the people of a part what was found for them.
func (o *Office) takeBackPart(ctx context.Context, practice tenant.ID, part roster.Part, u undoing, at time.Time) (roster.Undoing, error) {
	var done roster.Undoing
	var gone []string
	for _, x := range part.Made {
		if u.fates[x.ID] != fateRemoved {
			done.Kept++
			continue
		}
		gone = append(gone, x.ID)
	}
	var back []registry.Client
	for _, x := range part.Changed {
		switch known := u.trace.people[x.Before.ID]; {
		case known.brought || known.first != x.Before.Version:
			continue // another line's
		case u.fates[x.Before.ID] != fatePutBack:
			done.Kept++
			continue
		}
		was := x.Before
		was.UpdatedAt = at
		back = append(back, was)
	}
	if len(gone) > 0 {
		if err := o.store.RemoveClients(ctx, practice, gone); err != nil {
			return done, fmt.Errorf("remove clients: %w", err)
		}
	}
	if len(back) > 0 {
		if _, err := o.store.PutClients(ctx, practice, back); err != nil {
			return done, fmt.Errorf("put back clients: %w", err)
		}
	}
	done.Removed, done.PutBack = len(gone), len(back)
	return done, nil
}

// undoingOf looks at every person of an import: how he stands now, and who rests on
// him. What is undone already counts as it was done.
func (o *Office) undoingOf(ctx context.Context, practice tenant.ID, job roster.Import) (undoing, error) {
	t, err := o.traceOf(ctx, job)
	if err != nil {
		return undoing{}, err
	}
	held, err := o.peopleOfCases(ctx, practice)
	if err != nil {
		return undoing{}, err
	}
	u := undoing{trace: t, fates: map[string]fate{}}
	for id, x := range t.people {
		if u.fates[id] = fatePutBack; x.brought {
			u.fates[id] = fateRemoved // also who is gone by now
		}
	}
	children := map[string][]string{} // of parents whom the import brought
	err = o.eachClient(ctx, practice, func(c registry.Client) {
		x, ours := t.people[c.ID]
		if ours && len(held[c.ID]) > 0 {
			u.cases = append(u.cases, held[c.ID]...)
		}
		if ours && (len(held[c.ID]) > 0 || !x.left(c, job)) {
			u.fates[c.ID] = fateKept
		}
		parents := c.Guardians
		if ours && u.fates[c.ID] == fatePutBack {
			parents = x.parents
		}
		for _, id := range parents {
			if t.people[id].brought {
				children[id] = append(children[id], c.ID)
			}
		}
	})
	slices.Sort(u.cases)
	u.cases = slices.Compact(u.cases)
	u.keepParents(children)
	return u, err
}

// keepParents keeps whoever is parent to somebody who stays.
func (u undoing) keepParents(children map[string][]string) {
	for again := true; again; {
		again = false
		for id, list := range children {
			stays := func(child string) bool { f, ours := u.fates[child]; return !ours || f != fateRemoved }
			if u.fates[id] == fateRemoved && slices.ContainsFunc(list, stays) {
				u.fates[id], again = fateKept, true
			}
		}
	}
}
