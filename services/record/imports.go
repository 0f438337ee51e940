package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// The collections of imports.
const (
	Imports     = "imports"
	ImportParts = "import_parts"
)

// Import is the stored form of roster.Import. All but what finds it lies sealed: a
// column's header is whatever somebody wrote there.
type Import struct {
	Schema     int       `json:"schema" bson:"schema"`
	ID         string    `json:"id" bson:"id"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	Version    int64     `json:"version" bson:"version"`
	Working    bool      `json:"working" bson:"working"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"`
	Noted      `bson:",inline"`
}

// FromImport returns the record of v.
func FromImport(ctx context.Context, s Sealer, v roster.Import) (Import, error) {
	v.CreatedAt, v.EndedAt, v.HeldUntil, v.Undo.At = cut(v.CreatedAt), cut(v.EndedAt), cut(v.HeldUntil), cut(v.Undo.At)
	sealed, err := seal(ctx, s, v.PracticeID, Imports, v.ID, v)
	if err != nil {
		return Import{}, err
	}
	notes, err := noted(ctx, s, v.PracticeID, v.Notes)
	return Import{Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, Working: v.State.Working(), CreatedAt: v.CreatedAt, Sealed: sealed, Noted: notes}, err
}

// ToImport returns the import that the record keeps.
func (r Import) ToImport(ctx context.Context, s Sealer) (roster.Import, error) {
	var v roster.Import
	if err := checkSchema(Imports, r.Schema); err != nil {
		return v, err
	}
	if err := unseal(ctx, s, r.PracticeID, Imports, r.ID, r.Sealed, &v); err != nil {
		return roster.Import{}, err
	}
	v.ID, v.PracticeID, v.Version, v.CreatedAt = r.ID, r.PracticeID, r.Version, cut(r.CreatedAt)
	return v, nil
}

// ImportPart is the stored form of roster.Part; its people lie whole in what is sealed.
type ImportPart struct {
	Schema     int       `json:"schema" bson:"schema"`
	PracticeID tenant.ID `json:"practice_id" bson:"practice_id"`
	ImportID   string    `json:"import_id" bson:"import_id"`
	Number     int       `json:"number" bson:"number"`
	Version    int64     `json:"version" bson:"version"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"`
}

type partSecret struct {
	Lines   []lineSecret   `json:"lines"`
	Waiting []lineSecret   `json:"waiting"`
	Plan    *planSecret    `json:"plan"`
	Made    []roster.Made  `json:"made"`
	Changed []changeSecret `json:"changed"`
}

// lineSecret is the stored form of roster.Line.
type lineSecret struct {
	Client    wholeClient      `json:"client"`
	Line      int              `json:"line"`
	Guardians []string         `json:"guardians"`
	Born      int              `json:"born"`
	First     int              `json:"first"`
	Double    *roster.Likeness `json:"double"`
	Decision  roster.Decision  `json:"decision"`
}

func fromLine(v roster.Line) lineSecret {
	return lineSecret{Client: fromWhole(v.Entry.Client), Line: v.Entry.Line, Guardians: v.Entry.Guardians, Born: v.Entry.Born,
		First: v.First, Double: v.Double, Decision: v.Decision}
}

func (r lineSecret) toLine() (roster.Line, error) {
	client, err := r.Client.toClient()
	return roster.Line{Entry: roster.Entry{Line: r.Line, Client: client, Guardians: r.Guardians, Born: r.Born},
		First: r.First, Double: r.Double, Decision: r.Decision}, err
}

// planSecret is the stored form of roster.Plan: people and waiting lines stand
// beside what else is planned.
type planSecret struct {
	Plan    roster.Plan     `json:"plan"`
	People  []plannedSecret `json:"people"`
	Waiting []lineSecret    `json:"waiting"`
}

type plannedSecret struct {
	Client wholeClient  `json:"client"`
	Line   int          `json:"line"`
	Born   int          `json:"born"`
	Before *wholeClient `json:"before"`
}

func fromPlan(p *roster.Plan) *planSecret {
	if p == nil {
		return nil
	}
	rest := *p
	rest.People, rest.Waiting = nil, nil
	return &planSecret{Plan: rest, Waiting: list(p.Waiting, fromLine), People: list(p.People, func(v roster.Planned) plannedSecret {
		r := plannedSecret{Client: fromWhole(v.Client), Line: v.Line, Born: v.Born}
		if v.Before != nil {
			before := fromWhole(*v.Before)
			r.Before = &before
		}
		return r
	})}
}

func (r *planSecret) toPlan() (*roster.Plan, error) {
	if r == nil {
		return nil, nil
	}
	var err error
	plan := r.Plan
	if plan.Waiting, err = listOrErr(r.Waiting, lineSecret.toLine); err != nil {
		return nil, err
	}
	plan.People, err = listOrErr(r.People, plannedSecret.toPlanned)
	return &plan, err
}

func (r plannedSecret) toPlanned() (roster.Planned, error) {
	client, err := r.Client.toClient()
	if err != nil || r.Before == nil {
		return roster.Planned{Client: client, Line: r.Line, Born: r.Born}, err
	}
	before, err := r.Before.toClient()
	return roster.Planned{Client: client, Line: r.Line, Born: r.Born, Before: &before}, err
}

type changeSecret struct {
	Before  wholeClient `json:"before"`
	Version int64       `json:"version"`
}

func fromChange(v roster.Change) changeSecret {
	return changeSecret{Before: fromWhole(v.Before), Version: v.Version}
}

func (r changeSecret) toChange() (roster.Change, error) {
	before, err := r.Before.toClient()
	return roster.Change{Before: before, Version: r.Version}, err
}

// place is what a part's sealed blob is bound to.
func (r ImportPart) place() string { return fmt.Sprintf("%s/%d", r.ImportID, r.Number) }

// FromPart returns the record of v.
func FromPart(ctx context.Context, s Sealer, v roster.Part) (ImportPart, error) {
	r := ImportPart{Schema: Schema, PracticeID: v.PracticeID, ImportID: v.ImportID, Number: v.Number, Version: v.Version, CreatedAt: cut(v.CreatedAt)}
	var err error
	r.Sealed, err = seal(ctx, s, r.PracticeID, ImportParts, r.place(), partSecret{list(v.Lines, fromLine), list(v.Waiting, fromLine), fromPlan(v.Plan), v.Made, list(v.Changed, fromChange)})
	return r, err
}

// ToPart returns the part that the record keeps.
func (r ImportPart) ToPart(ctx context.Context, s Sealer) (roster.Part, error) {
	var secret partSecret
	if err := checkSchema(ImportParts, r.Schema); err != nil {
		return roster.Part{}, err
	}
	if err := unseal(ctx, s, r.PracticeID, ImportParts, r.place(), r.Sealed, &secret); err != nil {
		return roster.Part{}, err
	}
	lines, err := listOrErr(secret.Lines, lineSecret.toLine)
	if err != nil {
		return roster.Part{}, err
	}
	waiting, err := listOrErr(secret.Waiting, lineSecret.toLine)
	if err != nil {
		return roster.Part{}, err
	}
	plan, err := secret.Plan.toPlan()
	if err != nil {
		return roster.Part{}, err
	}
	changed, err := listOrErr(secret.Changed, changeSecret.toChange)
	return roster.Part{PracticeID: r.PracticeID, ImportID: r.ImportID, Number: r.Number, Version: r.Version, CreatedAt: cut(r.CreatedAt),
		Lines: lines, Waiting: waiting, Plan: plan, Made: secret.Made, Changed: changed}, err
}
