package notifier

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
)

// bookStore is what the book reads to find a notice's readers.
type bookStore interface {
	AffectedPage(ctx context.Context, practice, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	ClientsByIDs(ctx context.Context, practice string, ids []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice string, emails []string) ([]registry.Client, error)
	NoticesOf(ctx context.Context, practice, incident, after string, limit int) ([]*incidents.Notice, error)
	Tellings(ctx context.Context, practice, incident string) ([]incidents.Telling, error)
	Systems(ctx context.Context, practice, after string, limit int) ([]registry.System, error)
}

// openBook is the book of playbooks with the store it reads from.
type openBook struct {
	book  *playbooks.Book
	store bookStore
}

func (b openBook) Draft(ctx context.Context, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, id string, now time.Time, by incidents.Actor) (*incidents.Notice, error) {
	return b.book.Draft(ctx, b.store, p, inc, audience, id, now, by)
}

func (b openBook) Renew(ctx context.Context, p registry.Practice, inc *incidents.Incident, n *incidents.Notice) (playbooks.Renewal, error) {
	return b.book.Renew(ctx, b.store, p, inc, n)
}
