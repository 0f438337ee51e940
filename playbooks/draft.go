package playbooks

import (
	"context"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// recipientStore is what finding the readers of a notice reads.
type recipientStore interface {
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
}

// draftStore is what drafting reads beside: to whom other notices went, and
// which kinds of data a system keeps.
type draftStore interface {
	recipientStore
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
}

// Recipients returns everybody who belongs to an audience. A reader whose
// language has no text reads the English one.
func (b *Book) Recipients(ctx context.Context, store recipientStore, p registry.Practice, inc *incidents.Incident, audience incidents.Audience) ([]incidents.Recipiency, error) {
	zone, err := p.Zone()
	if err != nil {
		return nil, fmt.Errorf("practice time zone: %w", err)
	}
	readers, err := incidents.GatherRecipients(ctx, store, inc, audience, zone, p)
	if err != nil {
		return nil, fmt.Errorf("gather recipients: %w", err)
	}
	for i := range readers {
		if !slices.Contains(languages(), readers[i].Language) {
			readers[i].Language = fallback
		}
	}
	return readers, nil
}

// Renewal is what a draft becomes when it follows the newest facts.
type Renewal struct {
	Recipients []incidents.Recipiency
	Texts      []incidents.Text // in languages, and for kinds of readers, that the draft lacks
	// Told: other notices go to everybody of the audience, so nobody reads this one.
	Told bool
}

// Renew returns who reads a draft as things stand now, and its text in
// languages, and for kinds of readers, that it lacks for them.
func (b *Book) Renew(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, n *incidents.Notice) (Renewal, error) {
	readers, earlier, err := b.readers(ctx, store, p, inc, n)
	if err != nil {
		return Renewal{}, err
	}
	r := Renewal{Recipients: readers, Told: earlier && len(readers) == 0 && noReaders(n.Audience) != nil}
	missing := slices.DeleteFunc(occurring(p.Language, readers), n.Speaks)
	if len(missing) == 0 {
		return r, nil
	}
	held, err := heldThere(ctx, store, inc)
	if err != nil {
		return r, err
	}
	seen := sight{held: held, readers: readers}
	if n.Update {
		if seen.news, err = newsFor(ctx, store, inc, n.Audience); err != nil {
			return r, err
		}
	}
	r.Texts, err = b.texts(p, inc, n.Audience, missing, seen)
	return r, err
}

// readers returns who reads a notice: of its audience those whom no other
// approved notice goes to, unless it goes to all again.
func (b *Book) readers(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, n *incidents.Notice) (rest []incidents.Recipiency, earlier bool, err error) {
	all, err := b.Recipients(ctx, store, p, inc, n.Audience)
	if err != nil || n.Again {
		return all, false, err
	}
	if n.Update {
		rest, err = told(ctx, store, inc, n.Audience, all)
		return rest, false, err
	}
	rest, earlier, err = incidents.Unaddressed(ctx, store, inc, n.Audience, n.ID, all)
	if err != nil {
		return nil, false, fmt.Errorf("find those already written to: %w", err)
	}
	return rest, earlier, nil
}

// Draft writes a new notice for an audience: its readers, and its text in each
// of their languages and the practice's own, beside it the text of those readers
// who need words of their own. Those to whom an earlier notice
// goes are left out; when it goes to all of them the new one is for all again.
//
// It refuses with fault.Conflict while the affected clients are still being
// found, and with fault.Invalid when an audience of persons has no reader. A
// text for the public or a controller has no readers here: people carry it on.
func (b *Book) Draft(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, id string, now time.Time, by incidents.Actor) (*incidents.Notice, error) {
	if needsAssessment(audience) && !inc.Assessment.Complete() {
		return nil, fault.New(fault.Conflict, "error.assessing", "the affected clients are still being found; try again in a moment")
	}
	readers, err := b.Recipients(ctx, store, p, inc, audience)
	if err != nil {
		return nil, err
	}
	rest, _, err := incidents.Unaddressed(ctx, store, inc, audience, id, readers)
	if err != nil {
		return nil, fmt.Errorf("find those already written to: %w", err)
	}
	again := len(rest) == 0 && len(readers) > 0
	if !again {
		readers = rest
	}
	if refusal := noReaders(audience); refusal != nil && len(readers) == 0 {
		return nil, refusal
	}
	held, err := heldThere(ctx, store, inc)
	if err != nil {
		return nil, err
	}
	texts, err := b.texts(p, inc, audience, occurring(p.Language, readers), sight{held: held, readers: readers})
	if err != nil {
		return nil, err
	}
	n := incidents.NewNotice(id, inc, audience, texts, readers, now, by)
	n.Again = again
	return n, nil
}

// DraftUpdate writes a notice that tells what is new to those of an audience of
// persons to whom another approved notice of the case went.
//
// It refuses as Draft does, and with fault.Conflict when there is nothing new for them.
func (b *Book) DraftUpdate(ctx context.Context, store draftStore, p registry.Practice, inc *incidents.Incident, audience incidents.Audience, id string, now time.Time, by incidents.Actor) (*incidents.Notice, error) {
	switch {
	case !needsAssessment(audience):
		return nil, &fault.Error{Code: fault.Invalid, Field: "update", Key: "error.update_persons", Message: "an update is for clients, former clients or parents"}
	case !inc.Assessment.Complete():
		return nil, fault.New(fault.Conflict, "error.assessing", "the affected clients are still being found; try again in a moment")
	}
	news, err := newsFor(ctx, store, inc, audience)
	if err != nil {
		return nil, err
	}
	if news == nil {
		return nil, fault.New(fault.Conflict, "error.no_news", "nothing is new for those who were told")
	}
	readers, err := b.Recipients(ctx, store, p, inc, audience)
	if err != nil {
		return nil, err
	}
	if readers, err = incidents.Addressed(ctx, store, inc, news.At, readers); err != nil {
		return nil, fmt.Errorf("find those already written to: %w", err)
	}
	if len(readers) == 0 {
		return nil, noReaders(audience)
	}
	held, err := heldThere(ctx, store, inc)
	if err != nil {
		return nil, err
	}
	texts, err := b.texts(p, inc, audience, occurring(p.Language, readers), sight{held: held, readers: readers, news: news})
	if err != nil {
		return nil, err
	}
	n := incidents.NewNotice(id, inc, audience, texts, readers, now, by)
	n.Update = true
	return n, nil
}

// told returns those of an audience who were told before the news that there is.
func told(ctx context.Context, store draftStore, inc *incidents.Incident, audience incidents.Audience, all []incidents.Recipiency) ([]incidents.Recipiency, error) {
	news, err := newsFor(ctx, store, inc, audience)
	if err != nil || news == nil {
		return nil, err
	}
	readers, err := incidents.Addressed(ctx, store, inc, news.At, all)
	if err != nil {
		return nil, fmt.Errorf("find those already written to: %w", err)
	}
	return readers, nil
}

// newsFor returns what is new for those of an audience who were told; nil for nothing.
func newsFor(ctx context.Context, store draftStore, inc *incidents.Incident, audience incidents.Audience) (*incidents.News, error) {
	const page = 100
	var all []*incidents.Notice
	for after := ""; ; after = all[len(all)-1].ID {
		some, err := store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, page)
		if err != nil {
			return nil, fmt.Errorf("list notices: %w", err)
		}
		if all = append(all, some...); len(some) < page {
			break
		}
	}
	news, some := inc.NewsFor(audience, all)
	if !some {
		return nil, nil
	}
	return &news, nil
}

func needsAssessment(audience incidents.Audience) bool {
	return audience == incidents.ToClients || audience == incidents.ToFormerClients || audience == incidents.ToParents
}

// noReaders returns why a notice that nobody would read is refused, nil for the
// audiences that have no list of readers.
func noReaders(audience incidents.Audience) *fault.Error {
	message, some := map[incidents.Audience]string{
		incidents.ToClients:       "no client in guidance is affected, so nobody would read this notice",
		incidents.ToFormerClients: "nobody outside guidance is affected, so nobody would read this notice",
		incidents.ToParents:       "no parent or guardian has to be told, so nobody would read this notice",
		incidents.ToRecipient:     "name first to which address the data went by mistake",
	}[audience]
	if !some {
		return nil
	}
	return &fault.Error{Code: fault.Invalid, Field: "audience", Key: "error.no_readers." + string(audience), Message: message}
}

// heldThere returns every kind of data that the breached systems keep, for a
// case that names no kinds: all that is held there. Nil when not known.
func heldThere(ctx context.Context, store draftStore, inc *incidents.Incident) ([]registry.Category, error) {
	if inc.Facts.Categories != nil || inc.Facts.Systems == nil {
		return nil, nil
	}
	var held []registry.Category
	const page = 200
	for after := ""; ; {
		systems, err := store.Systems(ctx, inc.PracticeID, after, page)
		if err != nil {
			return nil, fmt.Errorf("list systems: %w", err)
		}
		for _, s := range systems {
			if slices.Contains(inc.Facts.Systems, s.ID) {
				held = append(held, s.Categories...)
			}
			after = s.ID
		}
		if len(systems) < page {
			return held, nil
		}
	}
}

// occurring returns the voices to write in: the practice's own language first,
// then those of the readers, the words for everybody before those of some.
func occurring(own string, readers []incidents.Recipiency) []incidents.Voice {
	first := incidents.Voice{Language: own}
	out := []incidents.Voice{first}
	for _, kind := range incidents.TextKinds() {
		for _, language := range languages() {
			v := incidents.Voice{Language: language, For: kind}
			reads := func(r incidents.Recipiency) bool { return r.Voice() == v }
			if v != first && slices.ContainsFunc(readers, reads) {
				out = append(out, v)
			}
		}
	}
	return out
}
