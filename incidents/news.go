package incidents

import (
	"slices"
	"time"

	"datalek/incidents/registry"
)

// News is what a later stage of a supplier's report changed in the case that
// people who were told before should hear too. What he merely says in other words
// is none.
type News struct {
	At     time.Time // UTC; when the case changed
	Fields []string  // in the order of newsFields
	// Added are kinds of data that were not named before.
	Added []registry.Category
}

// mostNews bounds how many a case keeps; the older ones fall away.
const mostNews = 50

// newsFields are the fields of a case that its notices tell of.
func newsFields() []string {
	return []string{"occurred_from", "occurred_until", "systems", "categories", "breach_kinds", "measures_taken", "consequences"}
}

// noteNews keeps what a later stage changed, for those who were told before.
func (i *Incident) noteNews(changed []string, before []registry.Category, now time.Time) {
	n := News{At: now}
	for _, field := range newsFields() {
		if slices.Contains(changed, field) {
			n.Fields = append(n.Fields, field)
		}
	}
	if len(n.Fields) == 0 {
		return
	}
	if before != nil {
		for _, c := range i.Facts.Categories {
			if !slices.Contains(before, c) {
				n.Added = append(n.Added, c)
			}
		}
	}
	i.News = append(slices.Clone(i.News), n)
	i.News = i.News[max(0, len(i.News)-mostNews):]
}

// NewsSince returns all news of after an instant as one, and whether there is any.
func (i *Incident) NewsSince(at time.Time) (News, bool) {
	var all News
	for _, n := range i.News {
		if !n.At.After(at) {
			continue
		}
		all.At = n.At
		all.Fields = append(all.Fields, n.Fields...)
		all.Added = append(all.Added, n.Added...)
	}
	in := func(field string) bool { return slices.Contains(all.Fields, field) }
	fields := slices.DeleteFunc(newsFields(), func(field string) bool { return !in(field) })
	slices.Sort(all.Added)
	all.Fields, all.Added = fields, slices.Compact(all.Added)
	return all, len(fields) > 0
}

// NewsFor returns what those do not know yet to whom a notice for the audience
// went, and whether there is any: news of after the first such notice was
// approved, or of after the last that told everybody anew. A notice to readers who
// were found since tells the others nothing.
func (i *Incident) NewsFor(audience Audience, notices []*Notice) (News, bool) {
	var first, last time.Time
	for _, n := range notices {
		switch {
		case n.Audience != audience || !n.Approved():
		case n.tellsAnew():
			last = latest(last, n.ApprovedAt)
		case first.IsZero() || n.ApprovedAt.Before(first):
			first = n.ApprovedAt
		}
	}
	if first.IsZero() && last.IsZero() {
		return News{}, false
	}
	return i.NewsSince(latest(first, last))
}

// tellsAnew reports whether the notice goes to those who were told before.
func (n *Notice) tellsAnew() bool { return n.Update || n.Again }

// Tells notes up to when clients who were told know what happened, and reports
// whether that changed.
func (i *Incident) Tells(n *Notice) bool {
	if n.Audience != ToClients || !n.Approved() || !i.ToldUpTo.IsZero() && (!n.tellsAnew() || !n.ApprovedAt.After(i.ToldUpTo)) {
		return false
	}
	i.ToldUpTo = n.ApprovedAt
	return true
}

// OwesNews reports whether clients who were told do not know the newest yet.
func (i *Incident) OwesNews() bool {
	if i.ToldUpTo.IsZero() || i.State == StateClosed {
		return false
	}
	_, some := i.NewsSince(i.ToldUpTo)
	return some
}
