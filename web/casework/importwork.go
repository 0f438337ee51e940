package casework

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// importStore keeps imports, and takes people off the list again.
type importStore interface {
	CreateImport(ctx context.Context, v roster.Import) error
	Import(ctx context.Context, practice tenant.ID, id string) (roster.Import, error)
	UpdateImport(ctx context.Context, practice tenant.ID, id string, change func(*roster.Import) error) (roster.Import, error)
	Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error)
	WorkingImports(ctx context.Context, limit int) ([]incidents.Key, error)
	SavePart(ctx context.Context, p roster.Part) (roster.Part, error)
	Part(ctx context.Context, practice tenant.ID, importID string, number int) (roster.Part, error)
	DropParts(ctx context.Context, practice tenant.ID, importID string) error
	RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error
	MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
}

// importLease is how long whoever works on an import has it to himself; each part
// renews it.
const importLease = 30 * time.Second

// errBeaten says that another worker goes on with the import.
var errBeaten = errors.New("another worker is on it")

// bringIn stores what is taken of the list, part by part, so that nothing of the
// file is needed any more.
func (m *importer) bringIn(ctx context.Context, p roster.Proposal) error {
	now := m.office.now()
	m.job = roster.Import{ID: m.office.newID(), PracticeID: m.practice.ID, Version: 1, Format: p.Format, State: roster.ImportReading, By: m.how.By, Actor: register.ActorIn(ctx),
		CreatedAt: now, Mapping: m.mapping, HeldUntil: now.Add(importLease)}
	if err := m.office.store.CreateImport(ctx, m.job); err != nil {
		return fmt.Errorf("save import: %w", err)
	}
	parts, err := m.keepLines(ctx)
	if err != nil {
		return errors.Join(err, m.office.cutOff(context.WithoutCancel(ctx), m.job))
	}
	m.nameColumns(p)
	count, faults := m.settle()
	return m.update(ctx, func(j *roster.Import) error {
		if j.State != roster.ImportReading {
			return fault.New(fault.Conflict, "error.import_cut_off", "this import took too long to come in; begin again")
		}
		for _, c := range m.result.Columns {
			j.Columns = append(j.Columns, c.TakenColumn)
		}
		j.Count = count
		j.Faults, j.More = joined(nil, faults, false)
		j.Begin(parts)
		return nil
	})
}

// keepLines stores the good lines of the list in parts, and counts these.
func (m *importer) keepLines(ctx context.Context) (parts int, err error) {
	for done := false; !done; {
		var lines []roster.Line
		if lines, done, err = m.read(); err != nil {
			return parts, err
		}
		if len(lines) == 0 {
			continue
		}
		part := roster.Part{PracticeID: m.practice.ID, ImportID: m.job.ID, Number: parts, CreatedAt: m.job.CreatedAt, Lines: lines}
		if _, err := m.office.store.SavePart(ctx, part); err != nil {
			return parts, fmt.Errorf("save part of import: %w", err)
		}
		if parts++; parts%20 == 0 {
			if err := m.update(ctx, func(*roster.Import) error { return nil }); err != nil {
				return parts, err
			}
		}
	}
	return parts, nil
}

// update changes the import and renews the lease.
func (m *importer) update(ctx context.Context, change func(*roster.Import) error) error {
	var err error
	m.job, err = m.office.store.UpdateImport(ctx, m.practice.ID, m.job.ID, func(j *roster.Import) error {
		if err := change(j); err != nil {
			return err
		}
		if j.HeldUntil = m.office.now().Add(importLease); !j.State.Working() {
			j.HeldUntil = time.Time{}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("save import: %w", err)
	}
	return nil
}

// workAWhile goes on until the import ends, or the caller's patience does.
func (m *importer) workAWhile(ctx context.Context) error {
	patience := ctx
	if m.how.Patience > 0 {
		var cancel context.CancelFunc
		patience, cancel = context.WithTimeout(ctx, m.how.Patience)
		defer cancel()
	}
	err := m.work(ctx, patience)
	if errors.Is(err, errBeaten) {
		m.job, err = m.office.store.Import(ctx, m.practice.ID, m.job.ID)
	}
	m.office.nudge()
	return err
}

// work takes part after part until none is left. It stops between two of them when
// patience ends, and leaves the import to whoever comes next.
func (m *importer) work(ctx, patience context.Context) error {
	for m.job.State == roster.ImportRunning {
		var err error
		switch {
		case m.job.Next >= m.job.Parts:
			err = m.endPass(ctx)
		case patience.Err() != nil && ctx.Err() == nil:
			return m.letGo(ctx)
		default:
			err = m.workPart(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// endPass begins with the lines that were decided about, or ends the import.
func (m *importer) endPass(ctx context.Context) error {
	if err := m.forgetYears(ctx); err != nil {
		return err
	}
	return m.update(ctx, func(j *roster.Import) error {
		switch {
		case j.State != roster.ImportRunning || j.Next < j.Parts:
			return errBeaten
		case j.Decided > 0:
			j.Again()
		default:
			j.End(m.office.now())
			j.Notes = incidents.Act{By: named(j.Actor), At: m.office.now()}.Import(incidents.ImportTaken, *j)
		}
		return nil
	})
}

// named is who acts, the program itself where nobody was named.
func named(by incidents.Actor) incidents.Actor {
	if by.Kind == "" {
		return incidents.System()
	}
	return by
}

// forgetYears removes the years of birth that told people of one name apart: only
// minors' are kept.
func (m *importer) forgetYears(ctx context.Context) error {
	return m.office.eachPart(ctx, m.job, func(part roster.Part) error {
		born := false
		for i := range part.Made {
			born = born || part.Made[i].Born != 0
			part.Made[i].Born = 0
		}
		if !born {
			return nil
		}
		_, err := m.savePart(ctx, part)
		return err
	})
}

func (m *importer) letGo(ctx context.Context) error {
	job, err := m.office.store.UpdateImport(ctx, m.practice.ID, m.job.ID, func(j *roster.Import) error {
		j.HeldUntil = time.Time{}
		return nil
	})
	if err == nil {
		m.job = job
	}
	return err
}

// workPart works off the next part. What becomes of its lines is stored before
// anybody is, so that whoever goes on after a cut does the same again.
func (m *importer) workPart(ctx context.Context) error {
	store := m.office.store
	part, err := store.Part(ctx, m.practice.ID, m.job.ID, m.job.Next)
	if errors.Is(err, fault.NotFound) { // removed meanwhile
		return m.advance(ctx, &roster.Plan{})
	}
	if err != nil {
		return fmt.Errorf("read part of import: %w", err)
	}
	if part.Plan == nil || part.Plan.Pass < m.job.Pass {
		if part.Plan, err = m.plan(ctx, &part); err != nil {
			return err
		}
		if part, err = m.savePart(ctx, part); err != nil {
			return err
		}
	}
	if !part.Plan.Saved {
		if err := m.store(ctx, &part); err != nil {
			return err
		}
		if part, err = m.savePart(ctx, part); err != nil {
			return err
		}
	}
	return m.advance(ctx, part.Plan)
}

func (m *importer) savePart(ctx context.Context, part roster.Part) (roster.Part, error) {
	saved, err := m.office.store.SavePart(ctx, part)
	if errors.Is(err, fault.Conflict) {
		return part, errBeaten
	}
	return saved, err
}

// plan decides what becomes of the lines of a part: of all of them at first, then
// of those that waited and were decided about.
func (m *importer) plan(ctx context.Context, part *roster.Part) (*roster.Plan, error) {
	plan := &roster.Plan{Pass: m.job.Pass}
	var err error
	m.waiting = nil
	clear(m.laid)
	if m.job.Pass == 1 {
		var lines []roster.Line
		if lines, err = m.sift(ctx, part.Lines); err == nil {
			plan.People, err = m.judge(ctx, lines)
		}
	} else {
		plan.People, err = m.planDecided(ctx, part.Waiting)
	}
	if err != nil {
		return nil, err
	}
	for _, one := range plan.People {
		if one.Before == nil {
			m.count.Added++
		} else {
			m.count.Changed++
		}
		m.preview(one)
	}
	plan.Waiting = m.waiting
	plan.Decided = decided(m.waiting) - decided(part.Waiting)
	plan.People = slices.DeleteFunc(plan.People, unchanged)
	plan.Count, plan.Faults = m.settle()
	part.Lines = nil
	return plan, nil
}

func decided(lines []roster.Line) int {
	n := 0
	for _, line := range lines {
		if line.Decision != AskDouble {
			n++
		}
	}
	return n
}

// unchanged reports whether the list tells nothing new about somebody.
func unchanged(one roster.Planned) bool {
	return one.Before != nil && sameClient(*one.Before, one.Client)
}

// sameClient compares all but what every write changes.
func sameClient(a, b registry.Client) bool {
	a.Version, a.UpdatedAt = b.Version, b.UpdatedAt
	return reflect.DeepEqual(a, b)
}

// planDecided takes the lines that were decided about, one by one: several may be
// the same person.
func (m *importer) planDecided(ctx context.Context, lines []roster.Line) ([]roster.Planned, error) {
	var people []roster.Planned
	for _, line := range lines {
		switch line.Decision {
		case AskDouble:
			m.waiting = append(m.waiting, line)
			continue
		case SameDouble:
			line.Entry.Client.Person.ExternalID = line.Double.With
		case SkipDouble:
			m.count.Skipped++
		}
		m.count.Waiting--
		if line.Decision == SkipDouble {
			continue
		}
		some, err := m.judge(ctx, []roster.Line{line})
		if err != nil {
			return nil, err
		}
		for _, one := range some {
			people, m.laid[one.Client.Person.ExternalID] = append(people, one), one.Client
		}
	}
	return people, nil
}

// store stores the people of a part's plan and notes what undoing needs.
func (m *importer) store(ctx context.Context, part *roster.Part) error {
	plan := part.Plan
	clients := make([]registry.Client, len(plan.People))
	for i, one := range plan.People {
		clients[i] = one.Client
	}
	if len(clients) > 0 {
		if _, err := m.office.store.PutClients(ctx, m.practice.ID, clients); err != nil {
			return fmt.Errorf("save clients: %w", err)
		}
	}
	for i, one := range plan.People {
		part.Note(one, clients[i])
	}
	part.Waiting, plan.Waiting = plan.Waiting, nil
	plan.Saved, plan.People = true, nil
	return nil
}

// advance moves on to the next part and adds up what came of this one.
func (m *importer) advance(ctx context.Context, plan *roster.Plan) error {
	next, pass := m.job.Next, m.job.Pass
	return m.update(ctx, func(j *roster.Import) error {
		if j.State != roster.ImportRunning || j.Next != next || j.Pass != pass {
			return errBeaten
		}
		j.Next++
		j.Decided += plan.Decided
		j.Count.Add(plan.Count)
		j.Faults, j.More = joined(j.Faults, plan.Faults, j.More)
		return nil
	})
}
