package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"

	"datalek/incidents"
	"datalek/incidents/casefile"
	"datalek/incidents/fault"
	"datalek/incidents/plain"
	"datalek/incidents/register"
	"datalek/incidents/registry"
)

// caseData writes the case, its notices and its entries of the register.
func (g *gathering) caseData(ctx context.Context, w *casefile.Writer) error {
	head, err := g.Store.RegisterHead(ctx, g.practice.ID)
	if err != nil {
		return fmt.Errorf("read the register's head: %w", err)
	}
	published, err := g.Store.LastTreeHead(ctx, g.practice.ID)
	if err != nil {
		return fmt.Errorf("read the last fingerprint: %w", err)
	}
	source := casefile.Source{Practice: g.practice.ID, Case: g.inc.ID, Key: g.Key, Signer: g.Signer, Made: g.maker, Size: head.Seq, Published: published,
		Branches: func(seqs []int64) (map[int64][]register.Hash, error) {
			return g.Store.Branches(ctx, g.practice.ID, seqs)
		},
		EntriesOf: func(before int64, limit int) ([]register.Entry, error) {
			return g.Store.EntriesOf(ctx, g.practice.ID, g.inc.ID, before, limit)
		}}
	pending := []any{}
	for _, e := range g.pending {
		pending = append(pending, plain.Of(e))
	}
	notices := []any{}
	for _, n := range g.notices {
		notices = append(notices, plain.Of(*n, "Outbox"))
	}
	data := []casefile.Data{{Name: "events_on_their_way", Value: pending}, {Name: "practice", Value: plain.Of(g.practice.Details)},
		{Name: "systems", Value: g.systems}, {Name: "incident", Value: plain.Of(*g.inc, "Outbox")}, {Name: "notices", Value: notices}}
	if g.promptness != nil {
		data = append(data, casefile.Data{Name: "supplier_promptness", Value: plain.Of(*g.promptness)})
	}
	return w.Add(casefile.CasePath, func(out io.Writer) error { return casefile.WriteCase(out, source, data) })
}

// people writes the finding about each person.
func (g *gathering) people(ctx context.Context, w *casefile.Writer) error {
	return w.Add("people.json", func(out io.Writer) error {
		return casefile.WriteList(out, func(write func(any) error) error {
			if g.inc.Assessment.Done == 0 {
				return nil
			}
			return pages(func(after string) ([]incidents.Affected, error) {
				return g.Store.AffectedPage(ctx, g.practice.ID, g.inc.ID, g.inc.Assessment.Done, nil, after, perRead)
			}, func(a incidents.Affected) string { return a.ID }, func(a incidents.Affected) error { return write(plain.Of(a)) })
		})
	})
}

// reportsAsTheyCame writes each report, and the bytes of a processor's message.
func (g *gathering) reportsAsTheyCame(ctx context.Context, w *casefile.Writer) error {
	for n, r := range g.reports {
		path := fmt.Sprintf("reports/%03d", n+1)
		err := w.Add(path+".json", func(out io.Writer) error {
			return casefile.WriteList(out, func(write func(any) error) error { return write(plain.Of(*r, "Outbox")) })
		})
		if err != nil {
			return err
		}
		if r.ReceiptID == "" {
			continue
		}
		receipt, err := g.Store.Receipt(ctx, r.ReceiptID)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read a report as it came: %w", err)
		}
		if err := w.Add(path+".raw", func(out io.Writer) error { _, err := out.Write(receipt.Raw); return err }); err != nil {
			return err
		}
	}
	return nil
}

// eachDelivery visits the messages of the notices that were let go.
func (g *gathering) eachDelivery(ctx context.Context, visit func(*incidents.Notice, incidents.Delivery) error) error {
	for _, n := range g.notices {
		err := pages(func(after string) ([]incidents.Delivery, error) {
			return g.Store.DeliveriesOf(ctx, g.practice.ID, n.ID, nil, after, perRead)
		}, func(d incidents.Delivery) string { return d.ID }, func(d incidents.Delivery) error { return visit(n, d) })
		if err != nil {
			return fmt.Errorf("list messages: %w", err)
		}
	}
	return nil
}

// deliveries writes to whom each message went, with every answer of the servers. A
// reader's code opens his page, and stays out.
func (g *gathering) deliveries(ctx context.Context, w *casefile.Writer) error {
	return w.Add("messages.json", func(out io.Writer) error {
		return casefile.WriteList(out, func(write func(any) error) error {
			return g.eachDelivery(ctx, func(n *incidents.Notice, d incidents.Delivery) error {
				coded := d
				d.Code = ""
				v := plain.Of(d)
				if said, is := v.(map[string]any); is && mailed(n, d) {
					_, asSent, err := g.Mail(g.practice, n, coded)
					if err != nil {
						return fmt.Errorf("copy a mail: %w", err)
					}
					said["mail"], said["mail_as_sent"] = mailPath(d), asSent
				}
				return write(v)
			})
		})
	})
}

func isGone(err error) bool { return errors.Is(err, fault.NotFound) }

func mailPath(d incidents.Delivery) string { return "mails/" + d.ID + ".eml" }

// mailed reports whether a message was handed to a server at least once.
func mailed(n *incidents.Notice, d incidents.Delivery) bool {
	return n.Approved() && d.Channel == registry.ByEmail && len(d.Attempts) > 0 && d.To.Email != ""
}

// mails writes each mail that went out.
func (g *gathering) mails(ctx context.Context, w *casefile.Writer) error {
	return g.eachDelivery(ctx, func(n *incidents.Notice, d incidents.Delivery) error {
		if !mailed(n, d) {
			return nil
		}
		raw, _, err := g.Mail(g.practice, n, d)
		if err != nil {
			return fmt.Errorf("copy a mail: %w", err)
		}
		return w.Add(mailPath(d), func(out io.Writer) error { _, err := out.Write(raw); return err })
	})
}

// questions writes what readers asked, and who answered.
func (g *gathering) questions(ctx context.Context, w *casefile.Writer) error {
	return w.Add("questions.json", func(out io.Writer) error {
		return casefile.WriteList(out, func(write func(any) error) error {
			return pages(func(after string) ([]incidents.ReaderQuestion, error) {
				return g.Store.QuestionsOf(ctx, g.practice.ID, g.inc.ID, "", after, perRead)
			}, func(q incidents.ReaderQuestion) string { return q.ID }, func(q incidents.ReaderQuestion) error { return write(plain.Of(q)) })
		})
	})
}
