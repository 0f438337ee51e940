package request

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/roster"
	"datalek/incidents/tenant"
)

// EraseStore is what erasing a person reads and writes.
type EraseStore interface {
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	Client(ctx context.Context, practice tenant.ID, id string) (registry.Client, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	UpdateClient(ctx context.Context, practice tenant.ID, id string, change func(*registry.Client) error) (registry.Client, error)
	RemoveClients(ctx context.Context, practice tenant.ID, ids []string) error
	Imports(ctx context.Context, practice tenant.ID, after string, limit int) ([]roster.Import, error)
	Part(ctx context.Context, practice tenant.ID, importID string, number int) (roster.Part, error)
	SavePart(ctx context.Context, p roster.Part) (roster.Part, error)
	Incidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	AffectedByIDs(ctx context.Context, practice tenant.ID, incident string, version int64, ids []string) ([]incidents.Affected, error)
	ForgetAffected(ctx context.Context, practice tenant.ID, incident, id string) error
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
	DeliveriesAbout(ctx context.Context, practice tenant.ID, persons []string, after string, limit int) ([]incidents.Delivery, error)
	UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error)
	Questions(ctx context.Context, practice tenant.ID, open bool, after string, limit int) ([]incidents.ReaderQuestion, error)
	DropQuestion(ctx context.Context, practice tenant.ID, id string) error
	Reports(ctx context.Context, practice tenant.ID, state incidents.ReportState, after string, limit int) ([]*incidents.Report, error)
	UpdateReport(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Report) error) (*incidents.Report, error)
	Receipt(ctx context.Context, id string) (incidents.Receipt, error)
	EmptyReceipt(ctx context.Context, id string) error
	UnmatchedReturns(ctx context.Context, practice tenant.ID, limit int) ([]incidents.Return, error)
	DropReturn(ctx context.Context, practice tenant.ID, id string) error
	PracticeDrafts(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Draft, error)
	SaveDraft(ctx context.Context, d incidents.Draft) (incidents.Draft, error)
	KeptAnswers(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.Request, error)
	DropRequest(ctx context.Context, practice tenant.ID, key string) error
	RightsRequests(ctx context.Context, practice tenant.ID, after string, limit int) ([]*Request, error)
	RightsRequest(ctx context.Context, practice tenant.ID, id string) (*Request, error)
	UpdateRightsRequest(ctx context.Context, practice tenant.ID, id string, change func(*Request) error) (*Request, error)
	PendingEvents(ctx context.Context, limit int) ([]incidents.Pending, error)
	Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error)
	EraseWords(ctx context.Context, practice tenant.ID, seqs []int64) error
	Scrub(ctx context.Context) error
}

const (
	perRead = 200
	// mostReturns bounds the returned mail that is looked through; all of it expires.
	mostReturns = 2_000
	// mostPending bounds the events on their way to the register that are looked at.
	mostPending = 1_000
)

// errAgain says that something is still on its way; a worker goes on later.
var errAgain = fmt.Errorf("something about the person is still on its way: %w", fault.Unavailable)

// eraser removes one person. Every step may run again.
type eraser struct {
	store    EraseStore
	practice registry.Practice
	request  *Request
	marks    Marks
	find     Finder
	now      time.Time
	ids      []string // under which records know him: as a client, and as nobody in cases
	known    map[string]bool
	own      map[string]bool // ids of his deliveries, questions and requests
	removed  map[string]int
}

// Erase removes what names the person of a request whose erasure was begun, and
// then notes that it is done. Cut off, it is called again and goes on; the row that
// his name is read from is removed last.
func Erase(ctx context.Context, store EraseStore, practice tenant.ID, id string, now time.Time) error {
	r, err := store.RightsRequest(ctx, practice, id)
	if err != nil {
		return fmt.Errorf("erase: read request: %w", err)
	}
	if !r.Erasing.Running() {
		return nil
	}
	p, err := store.Practice(ctx, practice)
	if err != nil {
		return fmt.Errorf("erase: read practice: %w", err)
	}
	zone, err := p.Zone()
	if err != nil {
		return fmt.Errorf("erase: time zone of the practice: %w", err)
	}
	e := newEraser(store, p, r, now)
	for _, step := range []struct {
		name string
		run  func(context.Context) error
	}{{"cases", e.cases}, {"deliveries", e.deliveries}, {"questions", e.questions}, {"reports", e.reports}, {"returned mail", e.returns},
		{"drafts", e.drafts}, {"kept answers", e.answers}, {"requests", e.requests}, {"imports", e.imports}, {"guardians", e.guardians}, {"register", e.register},
		{"client", e.client}} {
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("erase: %s: %w", step.name, err)
		}
	}
	_, err = store.UpdateRightsRequest(ctx, practice, id, func(r *Request) error {
		if r.Erasing.Running() {
			r.finish(e.removed, zone, now)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("erase: note that it is done: %w", err)
	}
	return store.Scrub(ctx)
}

// word stands in a text in the place of a removed name.
func word(language string) string {
	if language == "en" {
		return "[removed]"
	}
	return "[verwijderd]"
}

func newEraser(store EraseStore, p registry.Practice, r *Request, now time.Time) *eraser {
	e := &eraser{store: store, practice: p, request: r, marks: r.Erasing.Marks, find: r.Erasing.Marks.Finder(word(p.Language)), now: now,
		known: map[string]bool{}, own: map[string]bool{r.ID: true}, removed: map[string]int{}}
	for _, id := range r.Erasing.Marks.IDs {
		e.add(id)
	}
	return e
}

func (e *eraser) add(id string) {
	if !e.known[id] {
		e.known[id], e.ids = true, append(e.ids, id)
	}
}

// pages reads list after list until one is short.
func pages[T any](key func(T) string, read func(after string, limit int) ([]T, error), each func(T) error) error {
	for after := ""; ; {
		found, err := read(after, perRead)
		if err != nil {
			return err
		}
		for _, v := range found {
			if err := each(v); err != nil {
				return err
			}
		}
		if len(found) < perRead {
			return nil
		}
		after = key(found[len(found)-1])
	}
}

// errSame says that a change found nothing to change.
var errSame = errors.New("nothing to change")

func unlessSame(err error) error {
	if errors.Is(err, errSame) || errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func (e *eraser) drafts(ctx context.Context) error {
	return pages(func(d incidents.Draft) string { return d.ID }, func(after string, limit int) ([]incidents.Draft, error) {
		return e.store.PracticeDrafts(ctx, e.practice.ID, after, limit)
	}, func(d incidents.Draft) error {
		named := false
		for field, values := range d.Answers {
			kept := slices.DeleteFunc(slices.Clone(values), func(v string) bool {
				return v != "" && (e.known[v] || v == e.marks.ExternalID || e.marks.Has(v))
			})
			if len(kept) < len(values) {
				d.Answers[field], named = kept, true
			}
		}
		if !e.find.Clean(&d.Answers) && !named {
			return nil
		}
		e.removed["drafts"]++
		_, err := e.store.SaveDraft(ctx, d)
		return err
	})
}

// answers drops the answers that are kept for machines that ask twice.
func (e *eraser) answers(ctx context.Context) error {
	var gone []string
	err := pages(func(r incidents.Request) string { return r.Key }, func(after string, limit int) ([]incidents.Request, error) {
		return e.store.KeptAnswers(ctx, e.practice.ID, after, limit)
	}, func(r incidents.Request) error {
		if e.find.In(string(r.Body)) {
			gone = append(gone, r.Key)
		}
		return nil
	})
	for _, key := range gone {
		if err == nil {
			e.removed["answers"]++
			err = e.store.DropRequest(ctx, e.practice.ID, key)
		}
	}
	return err
}

// requests empties his other requests, those of before.
func (e *eraser) requests(ctx context.Context) error {
	return pages(func(r *Request) string { return r.ID }, func(after string, limit int) ([]*Request, error) {
		return e.store.RightsRequests(ctx, e.practice.ID, after, limit)
	}, func(r *Request) error {
		his := r.ClientID != "" && e.known[r.ClientID] || e.marks.Has(r.Person.Email)
		if r.ID == e.request.ID || !his {
			return nil
		}
		e.own[r.ID] = true
		e.removed["requests"]++
		_, err := e.store.UpdateRightsRequest(ctx, e.practice.ID, r.ID, func(r *Request) error {
			r.Forget()
			return nil
		})
		return err
	})
}

// imports takes him out of what undoing a list needs. The rest of that list can be
// undone still; one that is being worked off is waited for.
func (e *eraser) imports(ctx context.Context) error {
	return pages(func(j roster.Import) string { return j.ID }, func(after string, limit int) ([]roster.Import, error) {
		return e.store.Imports(ctx, e.practice.ID, after, limit)
	}, func(j roster.Import) error {
		for number := range j.Parts {
			part, err := e.store.Part(ctx, e.practice.ID, j.ID, number)
			if errors.Is(err, fault.NotFound) {
				continue // it can be undone no more
			}
			if err != nil {
				return err
			}
			if !e.unlist(&part) {
				continue
			}
			if j.State == roster.ImportRunning || j.State == roster.ImportUndoing {
				return errAgain
			}
			e.removed["imports"]++
			if _, err := e.store.SavePart(ctx, part); err != nil {
				return err
			}
		}
		return nil
	})
}

// unlist takes his lines out of a part, and reports whether there were any.
func (e *eraser) unlist(p *roster.Part) bool {
	before := len(p.Lines) + len(p.Waiting) + len(p.Made) + len(p.Changed)
	line := func(l roster.Line) bool { return e.find.Clean(&l) }
	p.Lines, p.Waiting = slices.DeleteFunc(p.Lines, line), slices.DeleteFunc(p.Waiting, line)
	p.Made = slices.DeleteFunc(p.Made, func(m roster.Made) bool { return e.known[m.ID] })
	p.Changed = slices.DeleteFunc(p.Changed, func(c roster.Change) bool { return e.known[c.Before.ID] })
	planned := p.Plan != nil && e.find.Clean(p.Plan)
	return planned || len(p.Lines)+len(p.Waiting)+len(p.Made)+len(p.Changed) < before
}

// guardians takes him out of the families of others.
func (e *eraser) guardians(ctx context.Context) error {
	return pages(func(c registry.Client) string { return c.ID }, func(after string, limit int) ([]registry.Client, error) {
		return e.store.Clients(ctx, e.practice.ID, after, limit)
	}, func(c registry.Client) error {
		if !slices.ContainsFunc(c.Guardians, func(id string) bool { return e.known[id] }) {
			return nil
		}
		e.removed["guardians"]++
		_, err := e.store.UpdateClient(ctx, e.practice.ID, c.ID, func(c *registry.Client) error {
			c.Guardians = slices.DeleteFunc(slices.Clone(c.Guardians), func(id string) bool { return e.known[id] })
			return nil
		})
		return unlessSame(err)
	})
}

// register erases the words of entries about him; the chain covers only their salted
// hash. Events that name him and are not in it yet are waited for.
func (e *eraser) register(ctx context.Context) error {
	waiting, err := e.store.PendingEvents(ctx, mostPending)
	if err != nil {
		return err
	}
	for _, p := range waiting {
		if p.PracticeID == e.practice.ID && slices.ContainsFunc(p.Events, e.speaks) {
			return errAgain
		}
	}
	for after := int64(0); ; {
		list, err := e.store.Entries(ctx, e.practice.ID, after, perRead)
		if err != nil {
			return err
		}
		var gone []int64
		for _, entry := range list {
			if after = entry.Seq; e.speaks(entry.Event) {
				gone = append(gone, entry.Seq)
			}
		}
		e.removed["entries"] += len(gone)
		if err := e.store.EraseWords(ctx, e.practice.ID, gone); err != nil {
			return err
		}
		if len(list) < perRead {
			return nil
		}
	}
}

// speaks reports whether the words of an event are about him.
func (e *eraser) speaks(v incidents.Event) bool {
	if len(v.Words) == 0 {
		return false
	}
	return e.known[v.Subject] || e.own[v.Subject] || e.own[v.Facts["delivery"]] || e.own[v.Facts["question"]] || e.find.InWords(v.Words) || e.chose(v)
}

// chose reports whether an event tells that he was among the persons chosen by hand,
// by his number in the practice's own list.
func (e *eraser) chose(v incidents.Event) bool {
	if e.marks.ExternalID == "" {
		return false
	}
	for _, r := range incidents.Revisions(v) {
		if r.Path == "subjects/external_ids" && slices.Contains(strings.Split(r.Before+", "+r.After, ", "), e.marks.ExternalID) {
			return true
		}
	}
	return false
}

func (e *eraser) client(ctx context.Context) error {
	if len(e.marks.IDs) == 0 {
		return nil
	}
	e.removed["clients"] = len(e.marks.IDs)
	return e.store.RemoveClients(ctx, e.practice.ID, e.marks.IDs)
}
