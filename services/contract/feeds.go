package contract

import (
	"context"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Feeds keeps the suppliers' lists that are read, one for each processor of a
// practice; practice "" is the host's.
type Feeds interface {
	CreateFeed(ctx context.Context, f registry.Feed) error // fault.Duplicate on a known id
	Feed(ctx context.Context, practice tenant.ID, id string) (registry.Feed, error)
	UpdateFeed(ctx context.Context, practice tenant.ID, id string, change func(*registry.Feed) error) (registry.Feed, error)
	DropFeed(ctx context.Context, practice tenant.ID, id string) error // none is no error
	// Feeds lists a practice's by id.
	Feeds(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Feed, error)
	// DueFeeds lists those whose next look is due at the instant, the longest due first.
	DueFeeds(ctx context.Context, at time.Time, limit int) ([]Key, error)
}
