package notifier

import (
	"context"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// bookStore is what the book reads to find a notice's readers.
type bookStore interface {
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
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

// forOneCase is the book for drafting the notices of one case, in one go.
func (b openBook) forOneCase() noticeBook {
	return openBook{b.book, &remembering{bookStore: b.store}}
}

// remembering is a store that knows the last answer to each question about who
// reads a notice: the notices of a case to clients and to parents ask the same one
// after the other. It serves one goroutine, for a moment.
type remembering struct {
	bookStore
	page    answer[affectedQuestion, []incidents.Affected]
	byID    answer[clientsQuestion, []registry.Client]
	byEmail answer[clientsQuestion, []registry.Client]
}

// answer is what the store said to one question.
type answer[Q, A any] struct {
	known bool
	to    Q
	says  A
}

type affectedQuestion struct {
	practice tenant.ID
	incident string
	version  int64
	groups   []incidents.Group
	limit    int
}

func (q affectedQuestion) same(o affectedQuestion) bool {
	return q.practice == o.practice && q.incident == o.incident && q.version == o.version && slices.Equal(q.groups, o.groups) && q.limit == o.limit
}

type clientsQuestion struct {
	practice tenant.ID
	of       []string
}

func (q clientsQuestion) same(o clientsQuestion) bool {
	return q.practice == o.practice && slices.Equal(q.of, o.of)
}

func (r *remembering) AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error) {
	ask := func() ([]incidents.Affected, error) {
		return r.bookStore.AffectedPage(ctx, practice, incident, version, groups, after, limit)
	}
	if after != "" {
		return ask() // the first page is what is asked again
	}
	q := affectedQuestion{practice, incident, version, groups, limit}
	return recall(&r.page, q, r.page.to.same(q), ask)
}

func (r *remembering) ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error) {
	q := clientsQuestion{practice, ids}
	return recall(&r.byID, q, r.byID.to.same(q), func() ([]registry.Client, error) { return r.bookStore.ClientsByIDs(ctx, practice, ids) })
}

func (r *remembering) ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error) {
	q := clientsQuestion{practice, emails}
	return recall(&r.byEmail, q, r.byEmail.to.same(q), func() ([]registry.Client, error) { return r.bookStore.ClientsByEmails(ctx, practice, emails) })
}

// recall returns the answer that is known to the same question, or asks.
func recall[Q, A any](known *answer[Q, A], question Q, same bool, ask func() (A, error)) (A, error) {
	if known.known && same {
		return known.says, nil
	}
	says, err := ask()
	if err == nil {
		*known = answer[Q, A]{known: true, to: question, says: says}
	}
	return says, err
}
