package notifier_test

import (
	"context"
	"slices"
	"testing"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

// asked counts what is read of the clients.
type asked struct {
	notifier.BookStore
	ids, emails [][]string
	pages       []string
}

func (a *asked) ClientsByIDs(_ context.Context, _ tenant.ID, ids []string) ([]registry.Client, error) {
	a.ids = append(a.ids, ids)
	return []registry.Client{{ID: ids[0]}}, nil
}

func (a *asked) ClientsByEmails(_ context.Context, _ tenant.ID, emails []string) ([]registry.Client, error) {
	a.emails = append(a.emails, emails)
	return []registry.Client{{ID: emails[0]}}, nil
}

func (a *asked) AffectedPage(_ context.Context, _ tenant.ID, _ string, _ int64, _ []incidents.Group, after string, _ int) ([]incidents.Affected, error) {
	a.pages = append(a.pages, after)
	return []incidents.Affected{{ID: "after " + after}}, nil
}

// The notices of one case read their readers once, and never those of other ones.
func TestTheNoticesOfOneCaseReadTheirReadersOnce(t *testing.T) {
	a := &asked{}
	store := notifier.Remembering(a)
	ctx := t.Context()
	for _, id := range []string{"c1", "c1", "c2", "c1"} {
		byID, err := store.ClientsByIDs(ctx, "p1", []string{id})
		if err != nil || byID[0].ID != id {
			t.Errorf("asked for %s: %v, %v", id, byID, err)
		}
		byEmail, err := store.ClientsByEmails(ctx, "p1", []string{id})
		if err != nil || byEmail[0].ID != id {
			t.Errorf("asked for %s: %v, %v", id, byEmail, err)
		}
	}
	for _, after := range []string{"", "x", "", "x"} {
		page, err := store.AffectedPage(ctx, "p1", "i1", 1, []incidents.Group{incidents.Former}, after, 10)
		if err != nil || page[0].ID != "after "+after {
			t.Errorf("asked after %q: %v, %v", after, page, err)
		}
	}
	if page, err := store.AffectedPage(ctx, "p1", "i1", 2, []incidents.Group{incidents.Former}, "", 10); err != nil || len(page) != 1 {
		t.Errorf("another version: %v, %v", page, err)
	}
	want := [][]string{{"c1"}, {"c2"}, {"c1"}}
	if !slices.EqualFunc(a.ids, want, slices.Equal) || !slices.EqualFunc(a.emails, want, slices.Equal) || !slices.Equal(a.pages, []string{"", "x", "x", ""}) {
		t.Errorf("read by id %v, by address %v, pages after %q", a.ids, a.emails, a.pages)
	}
}
