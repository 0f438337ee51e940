package notifier

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// assessorStore is what finding the affected clients reads and writes.
type assessorStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	MatchableClients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	SaveAffected(ctx context.Context, practice tenant.ID, rows []incidents.Affected) error
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	AffectedPersons(ctx context.Context, practice tenant.ID, incident string, version int64) ([]string, error)
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
}

const assessPage = 1000

// assessor finds who is affected by a case: every client passes, and each keeps
// his reasons, those left out too.
type assessor struct {
	store   assessorStore
	recount *recounter
	now     func() time.Time
	nudge   func()
	log     *slog.Logger
}

// assessment is one run over one version of the facts.
type assessment struct {
	*assessor
	inc     *incidents.Incident
	version int64
	rule    *incidents.Assessor
	counts  incidents.Counts
	persons int // certain or possible
}

// handle assesses the newest facts of a case, unless that is done. What only
// became stale is the renewer's to ask for.
func (a *assessor) handle(ctx context.Context, j job) error {
	inc, err := a.store.Incident(ctx, j.Practice, j.Incident)
	if err != nil {
		return missing(fmt.Errorf("read incident: %w", err))
	}
	if !inc.Assessment.Pending() {
		return nil
	}
	run, err := a.begin(ctx, inc)
	if err != nil {
		return err
	}
	current, err := run.stream(ctx)
	if err != nil || !current {
		return err // newer facts have a job of their own
	}
	return run.finish(ctx)
}

func (a *assessor) begin(ctx context.Context, inc *incidents.Incident) (*assessment, error) {
	p, err := a.store.Practice(ctx, inc.PracticeID)
	if err != nil {
		return nil, missing(fmt.Errorf("read practice: %w", err))
	}
	zone, err := p.Zone()
	if err != nil {
		return nil, fmt.Errorf("time zone: %w", err)
	}
	systems, err := allSystems(ctx, a.store, p.ID)
	if err != nil {
		return nil, err
	}
	return &assessment{assessor: a, inc: inc, version: inc.Assessment.Wanted,
		rule: incidents.NewAssessor(inc, systems, p.Policy, zone)}, nil
}

// stream passes every client by the rule and saves the findings page by page.
// It stops, false, when newer facts ask for a newer version.
func (r *assessment) stream(ctx context.Context) (bool, error) {
	list := r.store.MatchableClients
	if r.rule.NeedsPersons() {
		list = r.store.Clients
	}
	for after := ""; ; {
		clients, err := list(ctx, r.inc.PracticeID, after, assessPage)
		if err != nil {
			return false, fmt.Errorf("list clients: %w", err)
		}
		rows := make([]incidents.Affected, len(clients))
		for i, c := range clients {
			rows[i] = r.rule.Assess(c)
		}
		if err := r.save(ctx, rows); err != nil {
			return false, err
		}
		if len(clients) < assessPage {
			break
		}
		after = clients[len(clients)-1].ID
		if current, err := r.isCurrent(ctx); err != nil || !current {
			return false, err
		}
	}
	return true, r.save(ctx, r.rule.Unmatched())
}

func (r *assessment) save(ctx context.Context, rows []incidents.Affected) error {
	if len(rows) == 0 {
		return nil
	}
	for _, row := range rows {
		r.add(row)
	}
	if err := r.store.SaveAffected(ctx, r.inc.PracticeID, rows); err != nil {
		return fmt.Errorf("save findings: %w", err)
	}
	return nil
}

func (r *assessment) add(row incidents.Affected) {
	r.counts.Add(row)
	if row.Certainty != incidents.None {
		r.persons++
	}
}

func (r *assessment) isCurrent(ctx context.Context) (bool, error) {
	inc, err := r.store.Incident(ctx, r.inc.PracticeID, r.inc.ID)
	if err != nil {
		return false, fmt.Errorf("read incident: %w", err)
	}
	return inc.Assessment.Wanted == r.version && inc.Assessment.Done < r.version, nil
}

// finish records that the version is complete, and counts who is told of it.
func (r *assessment) finish(ctx context.Context) error {
	persons, err := r.store.AffectedPersons(ctx, r.inc.PracticeID, r.inc.ID, r.version)
	if err != nil {
		return fmt.Errorf("list affected persons: %w", err)
	}
	if err := r.agree(ctx, len(persons)); err != nil {
		return err
	}
	came, went, err := r.compare(ctx, persons)
	if err != nil {
		return err
	}
	_, err = r.store.UpdateIncident(ctx, r.inc.PracticeID, r.inc.ID, func(i *incidents.Incident) error {
		if !i.Assessed(r.version, r.counts, came, went, r.now()) {
			return errUnchanged
		}
		i.HeldRules = r.rule.HeldRules()
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return fmt.Errorf("save assessment: %w", err)
	}
	r.nudge()
	key := incidents.Key{PracticeID: r.inc.PracticeID, ID: r.inc.ID}
	if err := r.recount.count(ctx, key); err != nil {
		r.recount.mark(key, 0)
	}
	return nil
}

// agree makes the counts those of the rows that stand. Rows of an earlier run
// that was cut off stay as they are, though a client may have changed since; a
// count that does not fit them would keep a clock open for ever.
func (r *assessment) agree(ctx context.Context, persons int) error {
	readers, err := r.store.ReadersInScope(ctx, r.inc.PracticeID, r.inc.ID, r.version)
	if err != nil {
		return fmt.Errorf("list who is in scope: %w", err)
	}
	if persons == r.persons && len(readers) == r.counts.InScope {
		return nil
	}
	r.counts, r.persons = incidents.Counts{}, 0
	return pages(assessPage, func(a incidents.Affected) string { return a.ID },
		func(after string, limit int) ([]incidents.Affected, error) {
			return r.store.AffectedPage(ctx, r.inc.PracticeID, r.inc.ID, r.version, nil, after, limit)
		},
		func(rows []incidents.Affected) error {
			for _, row := range rows {
				r.add(row)
			}
			return nil
		})
}

// compare counts who came and who went since the version before.
func (r *assessment) compare(ctx context.Context, persons []string) (came, went int, err error) {
	if r.inc.Assessment.Done == 0 {
		return 0, 0, nil
	}
	before, err := r.store.AffectedPersons(ctx, r.inc.PracticeID, r.inc.ID, r.inc.Assessment.Done)
	if err != nil {
		return 0, 0, fmt.Errorf("list persons affected before: %w", err)
	}
	was := make(map[string]bool, len(before))
	for _, id := range before {
		was[id] = true
	}
	stayed := 0
	for _, id := range persons {
		if was[id] {
			stayed++
		}
	}
	return len(persons) - stayed, len(before) - stayed, nil
}
