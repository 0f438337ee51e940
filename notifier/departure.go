package notifier

import (
	"context"
	"time"

	"datalek/incidents"
)

// preparer is a sender that can do a part of its work before the mail is claimed:
// composing takes as long as sending, and fills the time in which the claim, and
// the answer before it, are written down.
type preparer interface {
	Prepare(m incidents.Mail) (send func(context.Context) incidents.Answer)
}

// departure is a mail that has a lane and waits for its claim to be on disk.
type departure struct {
	row     incidents.Delivery
	claimed chan incidents.Delivery // gets the row as claimed; closed when another worker has it
}

// depart composes a mail and sends it once it is claimed.
func (b *batch) depart(ctx context.Context, d incidents.Delivery) *departure {
	p := &departure{row: d, claimed: make(chan incidents.Delivery, 1)}
	go func() {
		ready := b.pack(d)
		if claimed, won := <-p.claimed; won {
			b.outcomes <- b.send(ctx, claimed, ready)
		}
	}()
	return p
}

// parcel is a mail with what sends it; nil when it cannot be composed.
type parcel struct {
	mail incidents.Mail
	send func(context.Context) incidents.Answer
}

func (b *batch) pack(d incidents.Delivery) parcel {
	var p parcel
	_ = guarded(b.m.log, "mail", func() error {
		mail := b.compose(d)
		send := func(ctx context.Context) incidents.Answer { return b.m.sender.Send(ctx, mail) }
		if s, can := b.m.sender.(preparer); can {
			send = s.Prepare(mail)
		}
		p = parcel{mail, send}
		return nil
	})
	return p
}

func (b *batch) send(ctx context.Context, d incidents.Delivery, p parcel) outcome {
	select {
	case <-b.stop:
		return outcome{id: d.ID, from: b.cause.from, answer: b.cause.answer}
	case <-b.m.stopping:
		return outcome{id: d.ID}
	default:
	}
	a := incidents.Answer{Kind: incidents.Lost, Stage: "compose"} // stands when sending panics: it may have gone out
	_ = guarded(b.m.log, "mail", func() error {
		if p.send != nil {
			a = b.post(ctx, p)
		}
		return nil
	})
	if a.At.IsZero() {
		a.At = b.m.now()
	}
	a.At = a.At.UTC().Truncate(time.Millisecond)
	o := outcome{id: d.ID, tried: true, from: p.mail.From.Email, answer: a}
	if a.Kind == incidents.RefusedAccount {
		b.stopOnce.Do(func() { b.cause = o; close(b.stop) }) // here, so that no more than those under way are tried
	}
	return o
}

// post makes the attempt, without an envelope of its own when the server refuses
// that: nothing was handed over, and the account may do well without it.
func (b *batch) post(ctx context.Context, p parcel) incidents.Answer {
	a := p.send(ctx)
	if p.mail.ReturnPath == "" || a.Kind != incidents.RefusedAccount || a.Stage != "mail" {
		return a
	}
	b.m.envelope.refuse(ctx)
	p.mail.ReturnPath = ""
	return b.m.sender.Send(ctx, p.mail)
}
