package casework

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/request"
)

// gathering fills a dossier.
type gathering struct {
	o     *Office
	d     *request.Dossier
	marks request.Marks
}

const perGather = 200

func gatherAll[T any](key func(T) string, read func(after string, limit int) ([]T, error), each func(T) error) error {
	for after := ""; ; {
		list, err := read(after, perGather)
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := each(v); err != nil {
				return err
			}
		}
		if len(list) < perGather {
			return nil
		}
		after = key(list[len(list)-1])
	}
}

func (g *gathering) client(ctx context.Context) error {
	practice := g.d.Practice.ID
	var systems []registry.System
	err := gatherAll(func(s registry.System) string { return s.ID }, func(after string, limit int) ([]registry.System, error) {
		return g.o.store.Systems(ctx, practice, after, limit)
	}, func(s registry.System) error {
		systems, g.d.Systems[s.ID] = append(systems, s), s.Name
		return nil
	})
	if err != nil || g.d.Asked.ClientID == "" {
		return err
	}
	c, err := g.o.store.Client(ctx, practice, g.d.Asked.ClientID)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	g.d.Client, g.marks, g.d.Holdings, g.d.ByRule = &c, request.MarksOf(g.d.Asked.Person, &c), c.Holdings, c.HoldingsByRule
	if c.HoldingsByRule {
		zone, err := g.d.Practice.Zone()
		if err != nil {
			return err
		}
		g.d.Holdings = registry.RuleHoldings(c, systems, g.d.Practice.Policy, zone)
	}
	guardians, err := g.o.store.ClientsByIDs(ctx, practice, c.Guardians)
	for _, x := range guardians {
		g.d.Guardians = append(g.d.Guardians, x.Person.Name)
	}
	return err
}

// cases gathers every breach that is about him, or of which he heard.
func (g *gathering) cases(ctx context.Context) error {
	practice, ids := g.d.Practice.ID, slices.Clone(g.marks.IDs)
	cases := map[string]*incidents.Incident{}
	err := gatherAll(func(i *incidents.Incident) string { return i.ID }, func(after string, limit int) ([]*incidents.Incident, error) {
		return g.o.store.Incidents(ctx, practice, after, limit)
	}, func(i *incidents.Incident) error {
		cases[i.ID] = i
		for _, email := range g.marks.Emails {
			about, recipient := incidents.UnknownPerson(i.ID, email)
			ids = append(ids, about, recipient)
		}
		return nil
	})
	if err != nil {
		return err
	}
	messages := map[string][]request.MessageTo{}
	err = gatherAll(func(d incidents.Delivery) string { return d.ID }, func(after string, limit int) ([]incidents.Delivery, error) {
		return g.o.store.DeliveriesAbout(ctx, practice, ids, after, limit)
	}, func(d incidents.Delivery) error {
		m, his, err := g.message(ctx, d, ids)
		if his {
			messages[d.IncidentID] = append(messages[d.IncidentID], m)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, inc := range cases {
		if err := g.oneCase(ctx, inc, ids, messages[inc.ID]); err != nil {
			return err
		}
	}
	slices.SortFunc(g.d.Cases, func(a, b request.CaseOf) int {
		return cmp.Or(a.AwareAt.Compare(b.AwareAt), cmp.Compare(a.Reference, b.Reference))
	})
	return nil
}

// message is a delivery as it concerns him. What went to him as a parent is about
// his child, and in the child's dossier.
func (g *gathering) message(ctx context.Context, d incidents.Delivery, ids []string) (request.MessageTo, bool, error) {
	m := request.MessageTo{Delivery: d, ToOther: !slices.Contains(ids, d.Reader)}
	n, err := g.o.store.Notice(ctx, d.PracticeID, d.NoticeID)
	if errors.Is(err, fault.NotFound) {
		return m, true, nil
	}
	if err == nil && n.Approved() {
		m.Text = asSent(g.d.Practice, n, d)
	}
	if m.ToOther { // the reader's own name and address are not his
		m.Delivery.To, m.Delivery.Code = incidents.Reach{}, ""
		m.Delivery.Attempts, m.Delivery.Returned = nil, nil
		if n != nil && err == nil && n.Approved() {
			m.Text = n.TextFor(d.Voice(), g.d.Practice.Language)
		}
	}
	return m, true, err
}

func (g *gathering) oneCase(ctx context.Context, inc *incidents.Incident, ids []string, messages []request.MessageTo) error {
	v := request.CaseOf{Reference: inc.Reference, AwareAt: inc.AwareAt(), Closed: inc.State == incidents.StateClosed,
		Categories: inc.Facts.Categories, Messages: messages}
	if inc.Assessment.Done > 0 {
		rows, err := g.o.store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, ids)
		if err != nil {
			return err
		}
		if len(rows) > 0 {
			v.Finding = &rows[0]
		}
	}
	mine := func(id string) bool { return id != "" && slices.Contains(ids, id) }
	for _, d := range inc.PersonDecisions {
		if mine(d.ClientID) {
			v.Decisions = append(v.Decisions, d)
		}
	}
	for _, o := range inc.Story.Overrides {
		if mine(o.ClientID) {
			v.Overrides = append(v.Overrides, o)
		}
	}
	if v.Finding == nil && len(messages)+len(v.Decisions)+len(v.Overrides) == 0 {
		return nil
	}
	err := gatherAll(func(q incidents.ReaderQuestion) string { return q.ID }, func(after string, limit int) ([]incidents.ReaderQuestion, error) {
		return g.o.store.QuestionsOf(ctx, inc.PracticeID, inc.ID, "", after, limit)
	}, func(q incidents.ReaderQuestion) error {
		if mine(q.Reader) {
			v.Questions = append(v.Questions, q)
		}
		return nil
	})
	g.d.Cases = append(g.d.Cases, v)
	return err
}

// rest gathers his requests, what he reported himself, and the lists he came in by.
func (g *gathering) rest(ctx context.Context) error {
	practice := g.d.Practice.ID
	err := gatherAll(func(r *request.Request) string { return r.ID }, func(after string, limit int) ([]*request.Request, error) {
		return g.o.store.RightsRequests(ctx, practice, after, limit)
	}, func(r *request.Request) error {
		if r.ID == g.d.Asked.ID || r.ClientID != "" && slices.Contains(g.marks.IDs, r.ClientID) || g.marks.Has(r.Person.Email) {
			g.d.Requests = append(g.d.Requests, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return gatherAll(func(r *incidents.Report) string { return r.ID }, func(after string, limit int) ([]*incidents.Report, error) {
		return g.o.store.Reports(ctx, practice, "", after, limit)
	}, func(r *incidents.Report) error {
		if g.marks.Has(r.Words.Reach) || slices.Contains(g.marks.Texts, r.Words.Reach) {
			g.d.Reports = append(g.d.Reports, r)
		}
		return nil
	})
}
