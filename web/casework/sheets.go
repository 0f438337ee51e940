package casework

import (
	"context"
	"fmt"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// sheetStore is what a sheet for an authority is made from.
type sheetStore interface {
	Processor(ctx context.Context, practice, id string) (registry.Processor, error)
	Clients(ctx context.Context, practice, after string, limit int) ([]registry.Client, error)
}

// SheetRecord gathers what a sheet is made from.
func (o *Office) SheetRecord(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Record, error) {
	zone, err := p.Zone()
	if err != nil {
		return authority.Record{}, fmt.Errorf("read the practice's time zone: %w", err)
	}
	r := authority.Record{Incident: inc, Practice: p, Zone: zone, Now: o.now()}
	if id := inc.Facts.ProcessorID; id != "" {
		r.Processor = id
		known, err := o.store.Processor(ctx, p.ID, id)
		if err != nil && !isNotFound(err) {
			return authority.Record{}, fmt.Errorf("look up processor: %w", err)
		}
		if known.Name != "" {
			r.Processor = known.Name
		}
	}
	return r, nil
}

// Sheet fills in a form for a case and says what personal things stand in its
// texts that nobody has decided about.
func (o *Office) Sheet(ctx context.Context, p registry.Practice, inc *incidents.Incident, id authority.FormID, language string) (authority.Sheet, []authority.Found, error) {
	form, err := authority.LoadForm(id)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	r, err := o.SheetRecord(ctx, p, inc)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	s := authority.Make(form, language, r)
	names, err := o.clientNames(ctx, p.ID)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	return s, authority.Open(s, names, inc.Traces), nil
}

// Template fills in the EDPB's common template. It asks the same questions as both
// forms together, so what stands open in either keeps it back.
func (o *Office) Template(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Template, error) {
	for _, id := range []authority.FormID{authority.AP, authority.GBA} {
		_, open, err := o.Sheet(ctx, p, inc, id, "")
		if err != nil {
			return authority.Template{}, err
		}
		if len(open) > 0 {
			return authority.Template{}, ErrTracesOpen()
		}
	}
	r, err := o.SheetRecord(ctx, p, inc)
	if err != nil {
		return authority.Template{}, err
	}
	return authority.MakeTemplate(r), nil
}

// ErrTracesOpen refuses to let a text leave in which something personal stands
// that nobody has decided about.
func ErrTracesOpen() error {
	return fault.New(fault.Conflict, "error.traces_open", "something personal stands in the texts; decide about it first on the page of the authority")
}

// clientNames lists the names of the practice's clients.
func (o *Office) clientNames(ctx context.Context, practice string) ([]string, error) {
	var names []string
	after := ""
	for {
		clients, err := o.store.Clients(ctx, practice, after, 500)
		if err != nil {
			return nil, fmt.Errorf("list clients: %w", err)
		}
		for _, c := range clients {
			names = append(names, c.Person.Name)
		}
		if len(clients) < 500 {
			return names, nil
		}
		after = clients[len(clients)-1].ID
	}
}

// AnswerAuthority keeps what only the authority's form asks.
func (o *Office) AnswerAuthority(ctx context.Context, practice, id string, a incidents.AuthorityAnswers, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.AnswerAuthority(a, o.now(), by) })
}

// ChooseTraces keeps what was decided about personal things in the texts.
func (o *Office) ChooseTraces(ctx context.Context, practice, id string, choices []incidents.TraceChoice) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.ChooseTraces(choices, o.now()) })
}

// RecordFiling records a notification made with the authority, and keeps the
// sheet's answers as they stand.
func (o *Office) RecordFiling(ctx context.Context, p registry.Practice, id string, f incidents.Filing) (*incidents.Incident, error) {
	f.ID = o.newID()
	form, err := authority.LoadForm(authority.FormOf(f.Authority))
	if err != nil {
		return nil, err
	}
	return o.change(ctx, p.ID, id, func(i *incidents.Incident) error {
		r, err := o.SheetRecord(ctx, p, i)
		if err != nil {
			return err
		}
		f.Form, f.Answers = form.Version, authority.Filed(authority.Make(form, p.Language, r))
		return i.File(f, o.now())
	})
}
