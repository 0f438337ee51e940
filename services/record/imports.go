package record

import (
	"context"
	"fmt"
	"time"

	"datalek/incidents/roster"
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
	PracticeID string    `json:"practice_id" bson:"practice_id"`
	Version    int64     `json:"version" bson:"version"`
	Working    bool      `json:"working" bson:"working"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"`
}

// FromImport returns the record of v.
func FromImport(ctx context.Context, s Sealer, v roster.Import) (Import, error) {
	v.CreatedAt, v.EndedAt, v.HeldUntil, v.Undo.At = cut(v.CreatedAt), cut(v.EndedAt), cut(v.HeldUntil), cut(v.Undo.At)
	sealed, err := seal(ctx, s, v.PracticeID, Imports, v.ID, v)
	return Import{Schema: Schema, ID: v.ID, PracticeID: v.PracticeID, Version: v.Version, Working: v.State.Working(), CreatedAt: v.CreatedAt, Sealed: sealed}, err
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

// ImportPart is the stored form of roster.Part. People lie sealed in it as the
// program knows them: nobody reads it for longer than an import can be undone.
type ImportPart struct {
	Schema     int       `json:"schema" bson:"schema"`
	PracticeID string    `json:"practice_id" bson:"practice_id"`
	ImportID   string    `json:"import_id" bson:"import_id"`
	Number     int       `json:"number" bson:"number"`
	Version    int64     `json:"version" bson:"version"`
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	Sealed     []byte    `json:"sealed" bson:"sealed"`
}

type partSecret struct {
	Lines   []roster.Line   `json:"lines"`
	Waiting []roster.Line   `json:"waiting"`
	Plan    *roster.Plan    `json:"plan"`
	Made    []roster.Made   `json:"made"`
	Changed []roster.Change `json:"changed"`
}

// place is what a part's sealed blob is bound to.
func (r ImportPart) place() string { return fmt.Sprintf("%s/%d", r.ImportID, r.Number) }

// FromPart returns the record of v.
func FromPart(ctx context.Context, s Sealer, v roster.Part) (ImportPart, error) {
	r := ImportPart{Schema: Schema, PracticeID: v.PracticeID, ImportID: v.ImportID, Number: v.Number, Version: v.Version, CreatedAt: cut(v.CreatedAt)}
	var err error
	r.Sealed, err = seal(ctx, s, r.PracticeID, ImportParts, r.place(), partSecret{v.Lines, v.Waiting, v.Plan, v.Made, v.Changed})
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
	return roster.Part{PracticeID: r.PracticeID, ImportID: r.ImportID, Number: r.Number, Version: r.Version, CreatedAt: cut(r.CreatedAt),
		Lines: secret.Lines, Waiting: secret.Waiting, Plan: secret.Plan, Made: secret.Made, Changed: secret.Changed}, nil
}
