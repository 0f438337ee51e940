package notifier

import (
	"context"
	"time"

	"datalek/incidents"
)

// preparer is a sender that can do the most of its work before the mail is
// claimed: composing it, and handing it over up to its final dot, fill the time in
// which the claim, and the answer before it, are written down. Nobody receives the
// mail before send; drop gives it up.
type preparer interface {
	Prepare(m incidents.Mail) (handOver func(context.Context) (send func(context.Context) incidents.Answer, drop func()))
}

// departure is a mail that has a lane and waits for its claim to be on disk.
type departure struct {
	row     incidents.Delivery
	claimed chan incidents.Delivery // gets the row as claimed; closed when another worker has it
}

// depart hands a mail over and sends it once it is claimed.
func (b *batch) depart(ctx context.Context, d incidents.Delivery) *departure {
	p := &departure{row: d, claimed: make(chan incidents.Delivery, 1)}
	packed := b.packed(d)
	go func() {
		ready := <-packed
		send, drop := b.handOver(ctx, ready)
		defer drop()
		if claimed, won := <-p.claimed; won {
			b.outcomes <- b.send(ctx, claimed, ready.mail, send)
		}
	}()
	return p
}

// parcel is a composed mail with what hands it over, nil when it cannot be composed.
type parcel struct {
	mail     incidents.Mail
	handOver func(context.Context) (send func(context.Context) incidents.Answer, drop func())
}

// packed returns where the composed mail will be, and has it composed unless that
// has begun.
func (b *batch) packed(d incidents.Delivery) <-chan parcel {
	if ahead, some := b.ahead[d.ID]; some {
		delete(b.ahead, d.ID)
		return ahead
	}
	packed := make(chan parcel, 1)
	go func() { packed <- b.pack(d) }()
	return packed
}

// packAhead has the next mails composed, as many as this batch has lanes: that
// fills the time in which all lanes wait for the disk.
func (b *batch) packAhead() {
	for _, d := range b.waiting[:min(len(b.waiting), b.lanes)] {
		if _, some := b.ahead[d.ID]; !some {
			b.ahead[d.ID] = b.packed(d)
		}
	}
}

func (b *batch) pack(d incidents.Delivery) parcel {
	var p parcel
	_ = guarded(b.m.log, "mail", func() error {
		p.mail = b.compose(d)
		if p.mail.Drill = b.practice.IsDrill(); p.mail.Drill {
			p.handOver = b.m.hold
			return nil
		}
		if s, can := b.m.sender.(preparer); can {
			p.handOver = s.Prepare(p.mail)
			return nil
		}
		mail := p.mail
		p.handOver = func(context.Context) (func(context.Context) incidents.Answer, func()) {
			return func(ctx context.Context) incidents.Answer { return b.m.sender.Send(ctx, mail) }, func() {}
		}
		return nil
	})
	return p
}

// handOver begins the attempt; send is nil when there is nothing to send.
func (b *batch) handOver(ctx context.Context, p parcel) (send func(context.Context) incidents.Answer, drop func()) {
	drop = func() {}
	if p.handOver == nil || b.stopped(ctx) {
		return nil, drop
	}
	_ = guarded(b.m.log, "mail", func() error {
		send, drop = p.handOver(ctx)
		return nil
	})
	return send, drop
}

func (b *batch) send(ctx context.Context, d incidents.Delivery, mail incidents.Mail, send func(context.Context) incidents.Answer) outcome {
	select {
	case <-b.stop:
		return outcome{id: d.ID, from: b.cause.from, answer: b.cause.answer}
	case <-b.m.stopping:
		return outcome{id: d.ID}
	default:
	}
	if send == nil && ctx.Err() != nil {
		return outcome{id: d.ID} // the job's time was up before anything was handed over
	}
	a := incidents.Answer{Kind: incidents.Lost, Stage: "compose"} // stands when sending panics: it may have gone out
	_ = guarded(b.m.log, "mail", func() error {
		if send != nil {
			a = b.post(ctx, mail, send)
		}
		return nil
	})
	if a.At.IsZero() {
		a.At = b.m.now()
	}
	a.At, a.ComposedAt = a.At.UTC().Truncate(time.Millisecond), a.ComposedAt.UTC().Truncate(time.Millisecond)
	o := outcome{id: d.ID, tried: true, from: mail.From.Email, answer: a}
	if a.Kind == incidents.RefusedAccount {
		b.stopOnce.Do(func() { b.cause = o; close(b.stop) }) // here, so that no more than those under way are tried
	}
	return o
}

// post makes the attempt, without an envelope of its own when the server refuses
// that: nothing was handed over, and the account may do well without it.
func (b *batch) post(ctx context.Context, mail incidents.Mail, send func(context.Context) incidents.Answer) incidents.Answer {
	a := send(ctx)
	if mail.ReturnPath == "" || a.Kind != incidents.RefusedAccount || a.Stage != "mail" {
		return a
	}
	b.m.envelope.refuse(ctx)
	mail.ReturnPath = ""
	return b.m.sender.Send(ctx, mail)
}

// hold is what sends a drill's mail: it goes nowhere. Every mail of the program
// passes pack, so that none of a drill reaches the sender, which would refuse it
// once more.
func (m *mailer) hold(context.Context) (send func(context.Context) incidents.Answer, drop func()) {
	return func(context.Context) incidents.Answer { return incidents.Held(m.now()) }, func() {}
}
