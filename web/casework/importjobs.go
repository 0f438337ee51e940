package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
)

// mostAtOnce is how many imports one look of a worker goes on with.
const mostAtOnce = 20

// GoOnWithImports goes on with every import that nobody works on, where it was cut
// off. An error of one keeps none of the others waiting.
func (o *Office) GoOnWithImports(ctx context.Context) error {
	keys, err := o.store.WorkingImports(ctx, mostAtOnce)
	if err != nil {
		return fmt.Errorf("list imports: %w", err)
	}
	var all error
	for _, k := range keys {
		job, err := o.hold(ctx, k)
		if err == nil {
			err = o.goOn(ctx, job)
		}
		if err != nil && !errors.Is(err, errBeaten) {
			all = errors.Join(all, fmt.Errorf("import %s: %w", k.ID, err))
		}
	}
	return all
}

// hold takes an import for oneself; errBeaten while another has it.
func (o *Office) hold(ctx context.Context, k incidents.Key) (roster.Import, error) {
	return o.store.UpdateImport(ctx, k.PracticeID, k.ID, func(j *roster.Import) error {
		if !j.State.Working() || o.now().Before(j.HeldUntil) {
			return errBeaten
		}
		j.HeldUntil = o.now().Add(importLease)
		return nil
	})
}

func (o *Office) goOn(ctx context.Context, job roster.Import) error {
	if job.State == roster.ImportReading {
		return o.cutOff(ctx, job)
	}
	p, err := o.store.Practice(ctx, job.PracticeID)
	if err != nil {
		return fmt.Errorf("read practice: %w", err)
	}
	if job.State == roster.ImportUndoing {
		_, err = o.takeBack(ctx, p, job)
		return err
	}
	m := o.newImporter(p, ImportHow{})
	m.job, m.mapping = job, job.Mapping
	if m.soFar, err = o.soFarOf(ctx, job); err != nil {
		return err
	}
	err = m.work(ctx, ctx)
	o.nudge()
	return err
}

// cutOff ends an import whose list never came in whole: nobody was taken from it.
func (o *Office) cutOff(ctx context.Context, job roster.Import) error {
	if err := o.store.DropParts(ctx, job.PracticeID, job.ID); err != nil {
		return fmt.Errorf("drop parts of import: %w", err)
	}
	_, err := o.store.UpdateImport(ctx, job.PracticeID, job.ID, func(j *roster.Import) error {
		if j.State == roster.ImportReading {
			j.State, j.EndedAt, j.HeldUntil = roster.ImportCutOff, o.now(), job.CreatedAt
		}
		return nil
	})
	return err
}

// soFarOf says what an import did in its first pass: those whom it brought, and
// how those were whom it changed.
func (o *Office) soFarOf(ctx context.Context, job roster.Import) (soFar, error) {
	so := soFar{made: map[string]roster.Made{}, before: map[string]registry.Client{}}
	if job.Pass > 1 {
		return so, nil
	}
	err := o.eachPart(ctx, job, func(part roster.Part) error {
		for _, x := range part.Made {
			so.made[x.ID] = x
		}
		for _, x := range part.Changed {
			so.before[x.Before.ID] = x.Before
		}
		if part.Plan == nil {
			return nil
		}
		for _, one := range part.Plan.People {
			if one.Before == nil {
				so.made[one.Client.ID] = roster.Made{ID: one.Client.ID, Line: one.Line, Born: one.Born}
			} else {
				so.before[one.Client.ID] = *one.Before
			}
		}
		return nil
	})
	return so, err
}

// eachPart visits every part that is still kept, in order.
func (o *Office) eachPart(ctx context.Context, job roster.Import, visit func(roster.Part) error) error {
	for n := range job.Parts {
		part, err := o.store.Part(ctx, job.PracticeID, job.ID, n)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read part of import: %w", err)
		}
		if err := visit(part); err != nil {
			return err
		}
	}
	return nil
}

// WaitingDoubles lists, by line, who of an import waits for a decision; more says
// that there are others.
func (o *Office) WaitingDoubles(ctx context.Context, job roster.Import, most int) (list []LikelyDouble, more bool, err error) {
	if job.State != roster.ImportWaiting {
		return nil, false, nil
	}
	err = o.eachPart(ctx, job, func(part roster.Part) error {
		for _, line := range part.Waiting {
			if len(list) == most {
				more = true
				return nil
			}
			list = append(list, likelyDouble(line))
		}
		return nil
	})
	return list, more, err
}

// DecideDoubles says what becomes of lines that wait, by line; all is for those
// without a decision of their own. The import goes on with them.
func (o *Office) DecideDoubles(ctx context.Context, p registry.Practice, id string, decisions map[int]DoubleDecision, all DoubleDecision) (roster.Import, error) {
	job, err := o.store.Import(ctx, p.ID, id)
	if err != nil {
		return job, err
	}
	if job.State != roster.ImportWaiting || !o.now().Before(job.Until()) {
		return job, fault.New(fault.Conflict, "error.import_not_waiting", "nobody of this import waits for a decision")
	}
	n := 0
	err = o.eachPart(ctx, job, func(part roster.Part) error {
		for i := range part.Waiting {
			line := &part.Waiting[i]
			if line.Decision = all; decisions[line.Entry.Line] != AskDouble {
				line.Decision = decisions[line.Entry.Line]
			}
		}
		if decided(part.Waiting) == 0 {
			return nil
		}
		n += decided(part.Waiting)
		_, err := o.store.SavePart(ctx, part)
		return overtaken(err)
	})
	if err != nil || n == 0 {
		return job, err
	}
	job, err = o.store.UpdateImport(ctx, p.ID, id, func(j *roster.Import) error {
		if j.State != roster.ImportWaiting {
			return overtaken(fault.Conflict)
		}
		j.Decided = n
		j.Again()
		j.HeldUntil = o.now().Add(importLease)
		return nil
	})
	if err != nil {
		return job, err
	}
	m := o.newImporter(p, ImportHow{Patience: ImportPatience})
	m.job, m.mapping = job, job.Mapping
	err = m.workAWhile(ctx)
	return m.job, err
}

// ImportResultOf tells what came of an import so far, as Import does.
func (o *Office) ImportResultOf(ctx context.Context, job roster.Import) (ImportResult, error) {
	r := o.newImporter(registry.Practice{}, ImportHow{}).result
	r.ID, r.State, r.Format, r.Created, r.Updated, r.Shared, r.More = job.ID, job.State, job.Format, job.Count.Added, job.Count.Changed, job.Count.Shared, job.More
	r.Faults = append(r.Faults, job.Faults...)
	for _, c := range job.Columns {
		r.Columns = append(r.Columns, TakenColumn{TakenColumn: c})
	}
	r.nameDropped()
	waiting, more, err := o.WaitingDoubles(ctx, job, mostFaults)
	r.Doubles, r.More = append(r.Doubles, waiting...), r.More || more
	slices.SortStableFunc(r.Doubles, func(a, b LikelyDouble) int { return a.Line - b.Line })
	return r, err
}
