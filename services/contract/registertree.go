package contract

import (
	"context"
	"time"

	"datalek/incidents/register"
	"datalek/incidents/tenant"
)

// RegisterTree keeps the Merkle tree over each practice's register, which
// AppendEntries grows in the same write, and the heads of it that were published.
type RegisterTree interface {
	// Branches returns what entries added to the tree, by number; it leaves out
	// those that have no place in it yet.
	Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error)
	// GrowTree gives entries that an older program wrote their place in the tree.
	// AppendEntries does so itself when the one before has none.
	GrowTree(ctx context.Context, practice tenant.ID) error
	// EntryRows lists entries by number as they lie in the store, damaged ones too.
	EntryRows(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Row, error)
	// AddTreeHead keeps a published head; fault.Duplicate when its number is given.
	AddTreeHead(ctx context.Context, h register.SignedHead) error
	// TreeHeads lists a practice's heads by number, after the number given.
	TreeHeads(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.SignedHead, error)
	// LastTreeHead returns the newest head, the zero value when there is none.
	LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error)
	// MarkHeadSent notes that a head has gone out everywhere.
	MarkHeadSent(ctx context.Context, practice tenant.ID, number int64, at time.Time) error
}
