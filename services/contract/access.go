package contract

import (
	"context"

	"datalek/incidents/access"
	"datalek/incidents/tenant"
)

// Access keeps who looked at whose data, newest first in every list; after is the
// id of the last look of the page before. Expire removes those that are two years old.
type Access interface {
	// AddLook keeps a look; one that is known is left as it is.
	AddLook(ctx context.Context, l access.Look) error
	Looks(ctx context.Context, practice tenant.ID, after string, limit int) ([]access.Look, error)
	// LooksAt lists looks at one person's own data.
	LooksAt(ctx context.Context, practice tenant.ID, client, after string, limit int) ([]access.Look, error)
}
