package request

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// blockStore is what finding the hindrances of an erasure reads.
type blockStore interface {
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	DeliveriesAbout(ctx context.Context, practice tenant.ID, persons []string, after string, limit int) ([]incidents.Delivery, error)
}

// The hindrances.
const (
	BlockedByCase     = "case"     // an open case is about him (Art. 17(3)(b) and (e))
	BlockedByFinding  = "finding"  // it is not known yet whether an open case is about him
	BlockedByReport   = "report"   // a report that names him waits for a decision
	BlockedByDelivery = "delivery" // a mail to him is just going out
)

// Hindrance is why somebody cannot be erased yet.
type Hindrance struct {
	Why       string
	ID        string // of the case or report; "" for a mail
	Reference string // the case's number
}

// Hindrances lists what must be over before the person of a request can be erased:
// the practice must be able to tell him, and to show that it did, while a case is
// open (Art. 17(3)(b): legal obligation, Art. 33(5) and 34; (e): legal claims).
func Hindrances(ctx context.Context, store blockStore, r *Request) ([]Hindrance, error) {
	marks, err := marksFor(ctx, store, r)
	if err != nil {
		return nil, err
	}
	b := &blockers{store: store, practice: r.PracticeID, marks: marks, find: marks.Finder("")}
	err = pages(func(i *incidents.Incident) string { return i.ID }, func(after string, limit int) ([]*incidents.Incident, error) {
		return store.OpenIncidents(ctx, r.PracticeID, after, limit)
	}, func(i *incidents.Incident) error { return b.inCase(ctx, i) })
	if err == nil {
		err = pages(func(v *incidents.Report) string { return v.ID }, func(after string, limit int) ([]*incidents.Report, error) {
			return store.Reports(ctx, r.PracticeID, incidents.InTriage, after, limit)
		}, func(v *incidents.Report) error {
			if b.find.In(v.Words.Text) || b.find.In(v.Words.Name) || b.find.In(v.Words.Reach) {
				b.found = append(b.found, Hindrance{Why: BlockedByReport, ID: v.ID})
			}
			return nil
		})
	}
	if err == nil {
		err = b.onItsWay(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("look for what hinders the erasure: %w", err)
	}
	return b.found, nil
}

// MarksFor returns what names the person of a request.
func marksFor(ctx context.Context, store interface {
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
}, r *Request) (Marks, error) {
	if r.ClientID == "" {
		return MarksOf(r.Person, nil), nil
	}
	c, err := store.Client(ctx, r.PracticeID, r.ClientID)
	if errors.Is(err, fault.NotFound) {
		return MarksOf(r.Person, nil), nil
	}
	if err != nil {
		return Marks{}, fmt.Errorf("read who asks: %w", err)
	}
	return MarksOf(r.Person, &c), nil
}

// Whom returns what names the person of a request, as records know him now.
func Whom(ctx context.Context, store EraseStore, r *Request) (Marks, error) {
	return marksFor(ctx, store, r)
}

type blockers struct {
	store    blockStore
	practice tenant.ID
	marks    Marks
	find     Finder
	found    []Hindrance
}

func (b *blockers) inCase(ctx context.Context, i *incidents.Incident) error {
	h := Hindrance{Why: BlockedByCase, ID: i.ID, Reference: i.Reference}
	ids := slices.Clone(b.marks.IDs)
	for _, email := range b.marks.Emails {
		about, _ := incidents.UnknownPerson(i.ID, email)
		ids = append(ids, about)
	}
	if i.Assessment.Done > 0 {
		rows, err := b.store.AffectedByIDs(ctx, b.practice, i.ID, i.Assessment.Done, ids)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(rows, func(a incidents.Affected) bool { return a.Certainty != incidents.None }) {
			b.found = append(b.found, h)
			return nil
		}
	}
	story := i.Story
	switch {
	case b.find.Clean(&story) || slices.ContainsFunc(story.Recipients, func(r incidents.Recipient) bool { return b.marks.Has(r.Email) }):
		b.found = append(b.found, h)
	case !i.Assessment.Complete():
		h.Why = BlockedByFinding
		b.found = append(b.found, h)
	}
	return nil
}

// onItsWay finds a mail to him that is just going out.
func (b *blockers) onItsWay(ctx context.Context) error {
	return pages(func(d incidents.Delivery) string { return d.ID }, func(after string, limit int) ([]incidents.Delivery, error) {
		return b.store.DeliveriesAbout(ctx, b.practice, b.marks.IDs, after, limit)
	}, func(d incidents.Delivery) error {
		if d.State == incidents.Sending && len(b.found) == 0 {
			b.found = append(b.found, Hindrance{Why: BlockedByDelivery})
		}
		return nil
	})
}
