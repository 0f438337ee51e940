package request

import (
	"context"

	"datalek/incidents"
)

func (e *eraser) cases(ctx context.Context) error {
	return pages(func(i *incidents.Incident) string { return i.ID }, func(after string, limit int) ([]*incidents.Incident, error) {
		return e.store.Incidents(ctx, e.practice.ID, after, limit)
	}, func(i *incidents.Incident) error { return e.oneCase(ctx, i) })
}

func (e *eraser) oneCase(ctx context.Context, inc *incidents.Incident) error {
	for _, email := range e.marks.Emails {
		about, recipient := incidents.UnknownPerson(inc.ID, email)
		e.add(about)
		e.add(recipient)
		if err := e.store.ForgetAffected(ctx, e.practice.ID, inc.ID, about); err != nil {
			return err
		}
	}
	_, err := e.store.UpdateIncident(ctx, e.practice.ID, inc.ID, func(i *incidents.Incident) error {
		named := i.ForgetSubject(e.ids, e.marks.ExternalID, e.marks.Has)
		if !e.find.Clean(i) && !named {
			return errSame
		}
		e.removed["cases"]++
		return nil
	})
	if err = unlessSame(err); err != nil {
		return err
	}
	return pages(func(n *incidents.Notice) string { return n.ID }, func(after string, limit int) ([]*incidents.Notice, error) {
		return e.store.NoticesOf(ctx, e.practice.ID, inc.ID, after, limit)
	}, func(n *incidents.Notice) error {
		_, err := e.store.UpdateNotice(ctx, e.practice.ID, n.ID, func(n *incidents.Notice) error {
			inTexts, inLog := e.find.Clean(&n.Texts), e.find.Clean(&n.Outbox)
			if !inTexts && !inLog {
				return errSame
			}
			e.removed["notices"]++
			return nil
		})
		return unlessSame(err)
	})
}

func (e *eraser) deliveries(ctx context.Context) error {
	return pages(func(d incidents.Delivery) string { return d.ID }, func(after string, limit int) ([]incidents.Delivery, error) {
		return e.store.DeliveriesAbout(ctx, e.practice.ID, e.ids, after, limit)
	}, func(d incidents.Delivery) error {
		e.own[d.ID] = true
		_, err := e.store.UpdateDelivery(ctx, e.practice.ID, d.ID, func(d *incidents.Delivery) error {
			if d.Forgotten() {
				return errSame
			}
			e.removed["deliveries"]++
			return d.Forget(e.now)
		})
		return unlessSame(err)
	})
}

func (e *eraser) questions(ctx context.Context) error {
	var gone []string
	err := pages(func(q incidents.ReaderQuestion) string { return q.ID }, func(after string, limit int) ([]incidents.ReaderQuestion, error) {
		return e.store.Questions(ctx, e.practice.ID, false, after, limit)
	}, func(q incidents.ReaderQuestion) error {
		if e.known[q.Person] || e.known[q.Reader] || e.find.In(q.Text) || e.find.In(q.Note) {
			gone = append(gone, q.ID)
		}
		return nil
	})
	for _, id := range gone {
		if err == nil {
			e.own[id] = true
			e.removed["questions"]++
			err = e.store.DropQuestion(ctx, e.practice.ID, id)
		}
	}
	return err
}
