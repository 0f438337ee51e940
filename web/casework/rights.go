package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
)

// rightsStore is what dealing with requests about somebody's own data reads and writes.
type rightsStore interface {
	request.EraseStore
	CreateRightsRequest(ctx context.Context, r *request.Request) error
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	OpenIncidents(ctx context.Context, practice tenant.ID, after string, limit int) ([]*incidents.Incident, error)
}

// NewRightsRequest is a request as somebody files it.
type NewRightsRequest struct {
	ID         string // "" makes one
	Kind       request.Kind
	ClientID   string
	ExternalID string // names the client in the place of ClientID
	Person     request.Person
	Channel    string
	ReceivedAt time.Time
	CopyCame   bool
	By         incidents.Actor
}

// FileRequest files what somebody asks about his own data; its clock runs.
func (o *Office) FileRequest(ctx context.Context, p registry.Practice, n NewRightsRequest) (*request.Request, error) {
	var faults fault.List
	if n.ExternalID != "" {
		found, err := o.store.ClientsByExternalIDs(ctx, p.ID, []string{n.ExternalID})
		if err != nil {
			return nil, fmt.Errorf("look up client: %w", err)
		}
		if len(found) == 0 {
			faults.Add("external_id", "error.request_client", "no client has this number")
		} else {
			n.ClientID = found[0].ID
		}
	} else if n.ClientID != "" {
		if _, err := o.store.Client(ctx, p.ID, n.ClientID); err != nil {
			return nil, fmt.Errorf("look up client: %w", err)
		}
	}
	zone, err := p.Zone()
	if err != nil {
		return nil, fmt.Errorf("practice time zone: %w", err)
	}
	due, some := o.AnswerBy(p, n.ReceivedAt)
	if !some {
		due = monthsAfter(registry.DateOf(n.ReceivedAt, zone), 1)
	}
	if n.ID == "" {
		n.ID = o.newID()
	}
	r, err := request.File(request.New{ID: n.ID, PracticeID: p.ID, Kind: n.Kind, ClientID: n.ClientID, Person: n.Person, Channel: n.Channel,
		ReceivedAt: n.ReceivedAt, CopyCame: n.CopyCame, DueOn: due, Zone: zone, By: n.By}, o.now())
	if found := fault.Fields(err); found != nil {
		if len(faults) > 0 { // who it is about is said wrongly, not left out
			found = slices.DeleteFunc(found, func(f *fault.Error) bool { return f.Field == "name" })
		}
		faults = append(faults, found...)
	} else if err != nil {
		return nil, err
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	if err := o.store.CreateRightsRequest(ctx, r); err != nil {
		return nil, fmt.Errorf("save request: %w", err)
	}
	o.nudge()
	return r, nil
}

// monthsAfter is the same day months later, or the last of a month without it
// (Regulation 1182/71, Art. 3(2)(c)).
func monthsAfter(d registry.Date, months int) registry.Date {
	by := d.AddMonths(months)
	if by.Day != d.Day {
		by = by.AddDays(-by.Day)
	}
	return by
}

// ChangeRequest runs one act on a request and saves it.
func (o *Office) ChangeRequest(ctx context.Context, practice tenant.ID, id string, act func(r *request.Request, now time.Time) error) (*request.Request, error) {
	r, err := o.store.UpdateRightsRequest(ctx, practice, id, func(r *request.Request) error { return act(r, o.now()) })
	if err == nil {
		o.nudge()
	}
	return r, err
}

// ExtendRequest takes the two more months of GDPR Art. 12(3).
func (o *Office) ExtendRequest(ctx context.Context, p registry.Practice, id, reason string, toldAt time.Time, by incidents.Actor) (*request.Request, error) {
	zone, err := p.Zone()
	if err != nil {
		return nil, fmt.Errorf("practice time zone: %w", err)
	}
	return o.ChangeRequest(ctx, p.ID, id, func(r *request.Request, now time.Time) error {
		asked := registry.DateOf(r.ReceivedAt, zone)
		return r.Extend(reason, toldAt, monthsAfter(asked, 1), monthsAfter(asked, 3), zone, now, by)
	})
}

// Hindrances lists why the person of a request cannot be erased yet.
func (o *Office) Hindrances(ctx context.Context, r *request.Request) ([]request.Hindrance, error) {
	return request.Hindrances(ctx, o.store, r)
}

// EraseNow is how long an erasure may take while somebody waits; a worker goes on
// with what is left.
const eraseNow = 15 * time.Second

// Erase begins the erasure of the person of a request, and does what it can at once.
// What is left, or was cut off, a worker does.
func (o *Office) Erase(ctx context.Context, practice tenant.ID, id string, backupDays int, by incidents.Actor) (*request.Request, error) {
	r, err := o.store.RightsRequest(ctx, practice, id)
	if err != nil {
		return nil, err
	}
	marks, err := request.Whom(ctx, o.store, r)
	if err != nil {
		return nil, err
	}
	if !r.Erasing.Running() && !r.Erasing.Done() {
		found, err := o.Hindrances(ctx, r)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			return nil, hindered(found)
		}
	}
	r, err = o.ChangeRequest(ctx, practice, id, func(r *request.Request, now time.Time) error {
		return r.BeginErasure(marks, backupDays, now, by)
	})
	if err != nil {
		return nil, err
	}
	now, cancel := context.WithTimeout(ctx, eraseNow)
	defer cancel()
	switch err := request.Erase(now, o.store, practice, id, o.now()); {
	case errors.Is(err, fault.Unavailable), errors.Is(err, fault.Conflict), errors.Is(err, context.DeadlineExceeded):
		return r, nil
	case err != nil:
		return nil, err
	}
	o.nudge()
	return o.store.RightsRequest(ctx, practice, id)
}

// hindered says why somebody cannot be erased yet.
func hindered(found []request.Hindrance) error {
	var cases []string
	for _, h := range found {
		if h.Reference != "" {
			cases = append(cases, h.Reference)
		}
	}
	if len(cases) > 0 {
		return &fault.Error{Code: fault.Conflict, Key: "error.request_case_open",
			Message: "he stands in an open case: " + strings.Join(cases, ", ") + "; close it first (GDPR Art. 17(3)(b) and (e))"}
	}
	return fault.New(fault.Conflict, "error.request_not_yet", "something about him is still to be decided or on its way; look at the request")
}

// Dossier gathers all that datalek holds about the person of a request.
func (o *Office) Dossier(ctx context.Context, p registry.Practice, id string) (request.Dossier, error) {
	r, err := o.store.RightsRequest(ctx, p.ID, id)
	if err != nil {
		return request.Dossier{}, err
	}
	d := request.Dossier{Practice: p, Asked: r, MadeAt: o.now(), Systems: map[string]string{}}
	g := &gathering{o: o, d: &d, marks: request.MarksOf(r.Person, nil)}
	for _, step := range []func(context.Context) error{g.client, g.cases, g.rest} {
		if err := step(ctx); err != nil {
			return request.Dossier{}, fmt.Errorf("gather what is held: %w", err)
		}
	}
	return d, nil
}

// NoteExport records that a dossier was made, in a form.
func (o *Office) NoteExport(ctx context.Context, practice tenant.ID, id, form string, by incidents.Actor) error {
	_, err := o.ChangeRequest(ctx, practice, id, func(r *request.Request, now time.Time) error {
		r.NoteExport(form, now, by)
		return nil
	})
	return err
}
