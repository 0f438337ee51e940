package casework

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/incidents/traces"
)

// sheetStore is what a sheet for an authority is made from.
type sheetStore interface {
	Processor(ctx context.Context, practice tenant.ID, id string) (registry.Processor, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
}

// SheetRecord gathers what a sheet is made from.
func (o *Office) SheetRecord(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Record, error) {
	zone, err := p.Zone()
	if err != nil {
		return authority.Record{}, fmt.Errorf("read the practice's time zone: %w", err)
	}
	r := authority.Record{Incident: inc, Practice: p, Zone: zone, Now: o.now()}
	if kind, known := o.book.Playbook(inc.Facts.Playbook); known {
		r.KindSays = kind.BreachKinds
		if len(kind.APIncidents) > 0 {
			r.IncidentType = kind.APIncidents[0]
		}
		if r.Effects, err = o.book.Effects(p, inc); err != nil {
			return authority.Record{}, fmt.Errorf("propose the consequences: %w", err)
		}
	}
	if r.Told, err = o.told(ctx, inc); err != nil {
		return authority.Record{}, err
	}
	if id := inc.Facts.ProcessorID; id != "" {
		of, some, err := o.Suppliers(p.ID).Of(ctx, inc)
		if err != nil {
			return r, err
		}
		if some {
			r.Promptness = &of.Promptness
		}
		r.Processor, err = o.processorName(ctx, p.ID, id)
		return r, err
	}
	r.Holders, err = o.holders(ctx, p.ID, inc.Facts.Systems)
	return r, err
}

// processorName is what a processor is called, or its id once it is forgotten.
func (o *Office) processorName(ctx context.Context, practice tenant.ID, id string) (string, error) {
	known, err := o.store.Processor(ctx, practice, id)
	if err != nil && !isNotFound(err) {
		return "", fmt.Errorf("look up processor: %w", err)
	}
	return cmp.Or(known.Name, id), nil
}

// holders names the processors that keep the systems hit, each once.
func (o *Office) holders(ctx context.Context, practice tenant.ID, hit []string) ([]string, error) {
	if len(hit) == 0 {
		return nil, nil
	}
	systems, err := o.systems(ctx, practice)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, s := range systems {
		if s.ProcessorID == "" || !slices.Contains(hit, s.ID) {
			continue
		}
		name, err := o.processorName(ctx, practice, s.ProcessorID)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, nil
}

// form returns the edition of a form that counts today: whoever files fills in the
// one that stands on the authority's site.
func (o *Office) form(p registry.Practice, id authority.FormID) (authority.Form, error) {
	return o.formOn(p, id, o.now())
}

// formOn returns the edition of a form that counted at a moment.
func (o *Office) formOn(p registry.Practice, id authority.FormID, at time.Time) (authority.Form, error) {
	edition := o.book.FormOf(id.AuthorityOf(), p, at)
	if edition == "" || id == authority.EDPB {
		return authority.LoadForm(id)
	}
	return authority.LoadEdition(edition)
}

// Sheet fills in a form for a case and says what personal things stand in its
// texts that nobody has decided about.
func (o *Office) Sheet(ctx context.Context, p registry.Practice, inc *incidents.Incident, id authority.FormID, language string) (authority.Sheet, []authority.Found, error) {
	form, err := o.form(p, id)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	r, err := o.SheetRecord(ctx, p, inc)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	s := authority.Make(form, language, r)
	names, err := o.namesIn(ctx, p.ID, s)
	if err != nil {
		return authority.Sheet{}, nil, err
	}
	return s, authority.Open(s, names, inc.Traces), nil
}

// Template fills in the EDPB's common template. It asks the same questions as both
// forms together, so what stands open in either keeps it back.
func (o *Office) Template(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Template, error) {
	r, open, err := o.openTraces(ctx, p, inc)
	if err != nil {
		return authority.Template{}, err
	}
	if len(open) > 0 {
		return authority.Template{}, ErrTracesOpen()
	}
	return authority.MakeTemplate(r), nil
}

// OpenTraces lists what personal things stand in the texts for any of the forms
// about which nobody has decided.
func (o *Office) OpenTraces(ctx context.Context, p registry.Practice, inc *incidents.Incident) ([]authority.Found, error) {
	_, open, err := o.openTraces(ctx, p, inc)
	return open, err
}

func (o *Office) openTraces(ctx context.Context, p registry.Practice, inc *incidents.Incident) (authority.Record, []authority.Found, error) {
	r, err := o.SheetRecord(ctx, p, inc)
	if err != nil {
		return r, nil, err
	}
	var sheets []authority.Sheet
	for _, id := range []authority.FormID{authority.AP, authority.GBA} {
		form, err := o.form(p, id)
		if err != nil {
			return r, nil, err
		}
		sheets = append(sheets, authority.Make(form, "", r))
	}
	names, err := o.namesIn(ctx, p.ID, sheets...)
	if err != nil {
		return r, nil, err
	}
	var open []authority.Found
	for _, s := range sheets {
		for _, f := range authority.Open(s, names, inc.Traces) {
			if !slices.ContainsFunc(open, func(known authority.Found) bool { return known.Text == f.Text }) {
				open = append(open, f)
			}
		}
	}
	return r, open, nil
}

// ErrTracesOpen refuses to let a text leave in which something personal stands
// that nobody has decided about.
func ErrTracesOpen() error {
	return fault.New(fault.Conflict, "error.traces_open", "something personal stands in the texts; decide about it first on the page of the authority")
}

// namesIn lists those of the practice's clients of whose names a part stands in the
// free texts of the sheets. The others are read and forgotten.
func (o *Office) namesIn(ctx context.Context, practice tenant.ID, sheets ...authority.Sheet) ([]string, error) {
	words := traces.WordsOf()
	for _, s := range sheets {
		for _, a := range s.Answers() {
			if a.Free {
				words.Add(a.Text)
			}
		}
	}
	var names []string
	for after := ""; !words.Empty(); {
		clients, err := o.store.Clients(ctx, practice, after, namesPage)
		if err != nil {
			return nil, fmt.Errorf("list clients: %w", err)
		}
		for _, c := range clients {
			if words.Meet(c.Person.Name) {
				names = append(names, c.Person.Name)
			}
		}
		if len(clients) < namesPage {
			break
		}
		after = clients[len(clients)-1].ID
	}
	return names, nil
}

// namesPage is how many clients are read at a time to look at their names.
const namesPage = 1_000

// toldAudiences are the readers who are data subjects, or stand in for one.
func toldAudiences() []incidents.Audience {
	return []incidents.Audience{incidents.ToClients, incidents.ToFormerClients, incidents.ToParents}
}

// told sums up when and by what means persons were told: by sent notices, and by
// what people recorded about calls and letters.
func (o *Office) told(ctx context.Context, inc *incidents.Incident) (authority.Told, error) {
	counts := map[string]bool{} // notices
	for after := ""; ; {
		notices, err := o.store.NoticesOf(ctx, inc.PracticeID, inc.ID, after, 100)
		if err != nil {
			return authority.Told{}, fmt.Errorf("list notices: %w", err)
		}
		for _, n := range notices {
			after = n.ID
			counts[n.ID] = n.Approved() && slices.Contains(toldAudiences(), n.Audience)
		}
		if len(notices) < 100 {
			break
		}
	}
	tellings, err := o.store.Tellings(ctx, inc.PracticeID, inc.ID)
	if err != nil {
		return authority.Told{}, fmt.Errorf("list who was told: %w", err)
	}
	var told authority.Told
	byHand, persons := map[string]bool{}, map[string]bool{}
	for _, t := range tellings {
		if !counts[t.Notice] || !t.State.Told() {
			continue
		}
		told.Note(t.At)
		persons[t.Person] = true
		if t.State == incidents.Sent {
			told.By("email")
		} else {
			byHand[t.Notice] = true
		}
	}
	for _, notice := range slices.Sorted(maps.Keys(byHand)) {
		if err := o.toldByHand(ctx, inc.PracticeID, notice, &told); err != nil {
			return authority.Told{}, err
		}
	}
	told.Persons = len(persons)
	return told, nil
}

// toldByHand notes how people were told of whom somebody recorded that.
func (o *Office) toldByHand(ctx context.Context, practice tenant.ID, notice string, told *authority.Told) error {
	for after := ""; ; {
		rows, err := o.store.DeliveriesOf(ctx, practice, notice, []incidents.DeliveryState{incidents.ToldByPerson}, after, 500)
		if err != nil {
			return fmt.Errorf("list who was told by hand: %w", err)
		}
		for _, d := range rows {
			after = d.ID
			told.By(d.To.By)
		}
		if len(rows) < 500 {
			return nil
		}
	}
}

// AnswerAuthority keeps what only the authority's form asks.
func (o *Office) AnswerAuthority(ctx context.Context, practice tenant.ID, id string, a incidents.AuthorityAnswers, by incidents.Actor) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.AnswerAuthority(a, o.now(), by) })
}

// ChooseTraces keeps what was decided about personal things in the texts.
func (o *Office) ChooseTraces(ctx context.Context, practice tenant.ID, id string, choices []incidents.TraceChoice) (*incidents.Incident, error) {
	return o.change(ctx, practice, id, func(i *incidents.Incident) error { return i.ChooseTraces(choices, o.now()) })
}

// RecordFiling records a notification made with the authority, and keeps the
// sheet's answers as they stand, by the edition of the form of the day of filing.
func (o *Office) RecordFiling(ctx context.Context, p registry.Practice, id string, f incidents.Filing) (*incidents.Incident, error) {
	f.ID = o.newID()
	filed := f.FiledAt
	if filed.IsZero() {
		filed = o.now() // the domain says what is wrong with it
	}
	form, err := o.formOn(p, authority.FormOf(f.Authority), filed)
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
