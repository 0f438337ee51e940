// Package bundle makes a case's file for an authority: it gathers what the store
// has of the case, puts it into data and onto paper, and writes it with the proof of
// the register as one signed ZIP. The page, the API and the command make the same.
package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"datalek/incidents"
	"datalek/incidents/casefile"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/request"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/casework"
	"datalek/web/revision"
)

// store is what a case's file is made from.
type store interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
	Report(ctx context.Context, practice tenant.ID, id string) (*incidents.Report, error)
	Receipt(ctx context.Context, id string) (incidents.Receipt, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	QuestionsOf(ctx context.Context, practice tenant.ID, incident, reader, after string, limit int) ([]incidents.ReaderQuestion, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	User(ctx context.Context, id string) (registry.User, error)
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	EntriesOf(ctx context.Context, practice tenant.ID, incident string, before int64, limit int) ([]register.Entry, error)
	Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error)
	GrowTree(ctx context.Context, practice tenant.ID) error
	LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error)
}

// Options is what a Maker needs.
type Options struct {
	Store store
	Words revision.Words
	Book  kinds
	// Signer signs with the host's key, and Key checks that.
	Signer *register.HeadSigner
	Key    string
	// Print writes a paper as a PDF.
	Print func(w io.Writer, p request.Paper, made time.Time) error
	// Mail returns a reader's mail without his code, and whether the mail with it is,
	// byte for byte, what was handed to the mail server.
	Mail func(p registry.Practice, n *incidents.Notice, d incidents.Delivery) (raw []byte, asSent bool, err error)
	Now  func() time.Time
	// Suppliers judges whether a practice's suppliers told in time.
	Suppliers func(practice tenant.ID) *casework.Suppliers
}

// kinds names the kinds of breach.
type kinds interface {
	Playbook(id string) (playbooks.Playbook, bool)
}

// Maker makes the files.
type Maker struct{ opts Options }

// New returns a Maker.
func New(o Options) *Maker { return &Maker{opts: o} }

// Prepare notes in the register that a case's file is made, and by whom, and returns
// what writes it: who got a file stands there, whatever became of the file.
func (m *Maker) Prepare(ctx context.Context, p registry.Practice, id string, by incidents.Actor, name string) (reference string, write func(io.Writer) error, err error) {
	if p.IsDrill() {
		return "", nil, fault.New(fault.Conflict, "error.casefile_drill", "a drill is made up; there is no file of it for an authority")
	}
	now := m.opts.Now()
	inc, err := m.opts.Store.UpdateIncident(ctx, p.ID, id, func(i *incidents.Incident) error { i.FileMade(now, by); return nil })
	if err != nil {
		return "", nil, fmt.Errorf("note that a case's file is made: %w", err)
	}
	if err := m.opts.Store.GrowTree(ctx, p.ID); err != nil {
		return "", nil, fmt.Errorf("make a case's file: %w", err)
	}
	g, err := m.gathering(ctx, p, inc, register.Maker{Kind: by.Kind, ID: by.ID, Name: name, At: now})
	if err != nil {
		return "", nil, fmt.Errorf("make a case's file: %w", err)
	}
	return inc.Reference, func(out io.Writer) error { return g.write(ctx, out) }, nil
}

// gathering is one case on its way into a file.
type gathering struct {
	Options
	practice registry.Practice
	inc      *incidents.Incident
	maker    register.Maker
	zone     *time.Location
	notices  []*incidents.Notice
	reports  []*incidents.Report
	pending  []incidents.Event // saved, and not in the register yet
	systems  map[string]string
	users    map[string]string
	// promptness is whether the supplier that reported it told in time; nil for none.
	promptness *incidents.Promptness
}

func (m *Maker) gathering(ctx context.Context, p registry.Practice, inc *incidents.Incident, maker register.Maker) (*gathering, error) {
	zone, err := p.Zone()
	if err != nil {
		return nil, err
	}
	g := &gathering{Options: m.opts, practice: p, inc: inc, maker: maker, zone: zone, systems: map[string]string{}, users: map[string]string{}}
	g.pending = append(g.pending, inc.Outbox.Pending...)
	for _, id := range inc.ReportIDs {
		r, err := m.opts.Store.Report(ctx, p.ID, id)
		if errors.Is(err, fault.NotFound) {
			continue // an update of a processor joins a case without a report of its own
		}
		if err != nil {
			return nil, err
		}
		g.reports, g.pending = append(g.reports, r), append(g.pending, r.Outbox.Pending...)
	}
	if of, some, err := m.opts.Suppliers(p.ID).Of(ctx, inc); err != nil {
		return nil, err
	} else if some {
		g.promptness = &of.Promptness
	}
	err = pages(func(after string) ([]*incidents.Notice, error) {
		return m.opts.Store.NoticesOf(ctx, p.ID, inc.ID, after, perRead)
	}, func(n *incidents.Notice) string { return n.ID }, func(n *incidents.Notice) error {
		g.notices, g.pending = append(g.notices, n), append(g.pending, n.Outbox.Pending...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return g, pages(func(after string) ([]registry.System, error) {
		return m.opts.Store.Systems(ctx, p.ID, after, perRead)
	}, func(s registry.System) string { return s.ID }, func(s registry.System) error {
		g.systems[s.ID] = s.Name
		return nil
	})
}

const perRead = 200

// pages reads a list to its end.
func pages[T any](read func(after string) ([]T, error), key func(T) string, each func(T) error) error {
	for after := ""; ; {
		list, err := read(after)
		if err != nil {
			return err
		}
		for _, v := range list {
			if err := each(v); err != nil {
				return err
			}
		}
		if len(list) < perRead {
			return nil
		}
		after = key(list[len(list)-1])
	}
}

// write writes the parts, and the signed list of them.
func (g *gathering) write(ctx context.Context, out io.Writer) error {
	w := casefile.NewWriter(out, g.maker.At)
	for _, part := range []func(context.Context, *casefile.Writer) error{g.readMe, g.report, g.caseData, g.people, g.reportsAsTheyCame, g.filings, g.deliveries, g.questions, g.mails} {
		if err := part(ctx, w); err != nil {
			return err
		}
	}
	return w.Close(casefile.Manifest{Practice: g.practice.ID, Case: g.inc.ID, Reference: g.inc.Reference, Made: g.maker}, g.Key, g.Signer)
}
