package contract

import (
	"context"
	"time"

	"datalek/incidents/tenant"
	"datalek/services/record"
)

// Keys keeps each practice's wrapped keys, and lets them be changed while the
// store is in use. Both stores are one.
type Keys interface {
	record.Keyring
	// Reseal puts up to limit records of one of a practice's collections (see
	// record.SealedCollections) under its newest key, after the place given ("" begins).
	// It returns how many lay under an older one, and where to go on, "" after the last.
	Reseal(ctx context.Context, practice tenant.ID, collection, after string, limit int) (next string, changed int, err error)
	// ErasePractice removes all of a practice but the mark in the place of its keys,
	// and the accounts that belong to no other one. It may be called again. While the
	// keys stand, and it is no drill, cases that must be kept keep all of it:
	// incidents.ErrCaseOpen, incidents.ErrCaseKept.
	ErasePractice(ctx context.Context, practice tenant.ID, now time.Time) error
}
