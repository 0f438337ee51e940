package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// drafterStore is what drafting reads and writes.
type drafterStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	CreateNotice(ctx context.Context, n *incidents.Notice) error
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
}

// noticeBook writes notices and says who reads them.
type noticeBook interface {
	Draft(ctx context.Context, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, id string, now time.Time, by incidents.Actor) (*incidents.Notice, error)
	Renew(ctx context.Context, p registry.Practice, inc *incidents.Incident, n *incidents.Notice) (playbooks.Renewal, error)
}

// drafter has a draft ready for each audience that must be told, and keeps the
// drafts' readers in step with the newest assessment.
type drafter struct {
	store drafterStore
	book  noticeBook
	now   func() time.Time
	nudge func()
	log   *slog.Logger
}

// handle drafts and refreshes the notices of one case.
func (d *drafter) handle(ctx context.Context, j job) error {
	inc, err := d.store.Incident(ctx, j.Practice, j.Incident)
	if err != nil {
		return missing(fmt.Errorf("read incident: %w", err))
	}
	if inc.State == incidents.StateClosed || !inc.Assessment.Complete() {
		return nil
	}
	p, err := d.store.Practice(ctx, j.Practice)
	if err != nil {
		return missing(fmt.Errorf("read practice: %w", err))
	}
	notices, err := noticesOf(ctx, d.store, inc)
	if err != nil {
		return err
	}
	d = d.forOneCase()
	if err := d.refresh(ctx, p, inc, notices); err != nil {
		return err
	}
	for _, audience := range audiencesOf(inc) {
		if err := d.draft(ctx, p, inc, audience, notices); err != nil {
			return fmt.Errorf("draft for %s: %w", audience, err)
		}
	}
	return nil
}

// forOneCase is the drafter with a book that reads once what several notices need.
func (d *drafter) forOneCase() *drafter {
	one := *d
	if b, can := d.book.(interface{ forOneCase() noticeBook }); can {
		one.book = b.forOneCase()
	}
	return &one
}

// audiencesOf says who is told without anybody asking. A practice that only
// processes tells the controller (GDPR Art. 33(2)), who tells the clients.
func audiencesOf(inc *incidents.Incident) []incidents.Audience {
	var list []incidents.Audience
	if inc.Facts.Role != incidents.AsController {
		list = append(list, incidents.ToController)
	}
	if inc.Facts.Role != incidents.AsProcessor {
		list = append(list, incidents.ToClients, incidents.ToParents)
	}
	if len(inc.Story.Recipients) > 0 {
		list = append(list, incidents.ToRecipient)
	}
	return list
}

// draft writes the first draft for an audience, and a further one for those whom
// no approved notice goes to. Its id follows from the case, so that two drafters
// write one.
func (d *drafter) draft(ctx context.Context, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, notices []*incidents.Notice) error {
	number, gone := 0, false
	for _, n := range notices {
		if n.Audience != audience || n.Update {
			continue // what tells those who know already is no notice for the others
		}
		if n.State == incidents.NoticeIsDraft {
			return nil
		}
		number, gone = number+1, gone || n.Approved()
	}
	id := nameID("notice", inc.ID, string(audience), strconv.Itoa(number))
	n, err := d.book.Draft(ctx, p, inc, audience, id, d.now(), incidents.System())
	switch {
	case errors.Is(err, fault.Invalid), errors.Is(err, fault.Conflict):
		return nil // nobody to tell, or the facts changed and another job comes
	case err != nil:
		return err
	case n.Again, n.Recipients == 0 && gone:
		return nil // everybody is written to already; only a person asks for more
	}
	if err := d.store.CreateNotice(ctx, n); err != nil && !errors.Is(err, fault.Duplicate) {
		return fmt.Errorf("save notice: %w", err)
	}
	d.nudge()
	return nil
}

// refresh takes the newest list of readers over into the drafts.
func (d *drafter) refresh(ctx context.Context, p registry.Practice, inc *incidents.Incident, notices []*incidents.Notice) error {
	for _, n := range notices {
		if n.State != incidents.NoticeIsDraft {
			continue
		}
		now, err := d.book.Renew(ctx, p, inc, n)
		if err != nil {
			return fmt.Errorf("find readers: %w", err)
		}
		version := inc.Assessment.Done
		_, err = d.store.UpdateNotice(ctx, p.ID, n.ID, func(n *incidents.Notice) error {
			if now.Told && version >= n.AffectedVersion && n.State == incidents.NoticeIsDraft {
				return n.Supersede(d.now(), incidents.System())
			}
			if version < n.AffectedVersion || !n.Refresh(now.Recipients, now.Texts, version) {
				return errUnchanged
			}
			return nil
		})
		if err = unlessUnchanged(err); err != nil {
			return fmt.Errorf("refresh notice: %w", err)
		}
	}
	return nil
}

// noticeLister lists the notices of a case.
type noticeLister interface {
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
}

func noticesOf(ctx context.Context, store noticeLister, inc *incidents.Incident) ([]*incidents.Notice, error) {
	var all []*incidents.Notice
	err := pages(100, func(n *incidents.Notice) string { return n.ID },
		func(after string, limit int) ([]*incidents.Notice, error) {
			return store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, limit)
		},
		func(page []*incidents.Notice) error { all = append(all, page...); return nil })
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return all, nil
}
