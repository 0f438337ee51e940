package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// noticeStore is what drafting, approving and telling read and write.
type noticeStore interface {
	Incident(ctx context.Context, practice tenant.ID, id string) (*incidents.Incident, error)
	AffectedPage(ctx context.Context, practice tenant.ID, incident string, version int64, groups []incidents.Group, after string, limit int) ([]incidents.Affected, error)
	ReadersInScope(ctx context.Context, practice tenant.ID, incident string, version int64) (map[string][]string, error)
	ClientsByIDs(ctx context.Context, practice tenant.ID, ids []string) ([]registry.Client, error)
	ClientsByEmails(ctx context.Context, practice tenant.ID, emails []string) ([]registry.Client, error)
	NoticesOf(ctx context.Context, practice tenant.ID, incident, after string, limit int) ([]*incidents.Notice, error)
	CreateNotice(ctx context.Context, n *incidents.Notice) error
	Notice(ctx context.Context, practice tenant.ID, id string) (*incidents.Notice, error)
	UpdateNotice(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Notice) error) (*incidents.Notice, error)
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	DropQueued(ctx context.Context, practice tenant.ID, notice string) error
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	Delivery(ctx context.Context, practice tenant.ID, id string) (incidents.Delivery, error)
	UpdateDelivery(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Delivery) error) (incidents.Delivery, error)
	Tellings(ctx context.Context, practice tenant.ID, incident string) ([]incidents.Telling, error)
}

// Draft writes a new draft for an audience from what is known now, in the place
// of a draft that stands for it.
func (o *Office) Draft(ctx context.Context, p registry.Practice, incident string, audience incidents.Audience, by incidents.Actor) (*incidents.Notice, error) {
	if !slices.Contains(incidents.Audiences(), audience) {
		return nil, &fault.Error{Code: fault.Invalid, Field: "audience", Key: "error.audience",
			Message: "choose clients, former_clients, parents, recipient, controller or public"}
	}
	inc, err := o.store.Incident(ctx, p.ID, incident)
	if err != nil {
		return nil, err
	}
	n, err := o.book.Draft(ctx, o.store, p, inc, audience, o.newID(), o.now(), by)
	if err != nil {
		return nil, err
	}
	return o.saveDraft(ctx, n, by)
}

// DraftUpdate writes a draft that tells what is new to those of an audience who
// were told before, in the place of such a draft that stands.
func (o *Office) DraftUpdate(ctx context.Context, p registry.Practice, incident string, audience incidents.Audience, by incidents.Actor) (*incidents.Notice, error) {
	inc, err := o.store.Incident(ctx, p.ID, incident)
	if err != nil {
		return nil, err
	}
	n, err := o.book.DraftUpdate(ctx, o.store, p, inc, audience, o.newID(), o.now(), by)
	if err != nil {
		return nil, err
	}
	return o.saveDraft(ctx, n, by)
}

// saveDraft keeps a new draft in the place of the older ones.
func (o *Office) saveDraft(ctx context.Context, n *incidents.Notice, by incidents.Actor) (*incidents.Notice, error) {
	if err := o.store.CreateNotice(ctx, n); err != nil {
		return nil, fmt.Errorf("save notice: %w", err)
	}
	defer o.nudge()
	return n, o.replaceDrafts(ctx, n, by)
}

// replaceDrafts sets aside the older drafts for the audience of n: of two that
// say the same to the same people one would be sent by mistake.
func (o *Office) replaceDrafts(ctx context.Context, n *incidents.Notice, by incidents.Actor) error {
	const page = 100
	for after := ""; ; {
		notices, err := o.store.NoticesOf(ctx, n.PracticeID, n.IncidentID, after, page)
		if err != nil {
			return fmt.Errorf("list notices: %w", err)
		}
		for _, old := range notices {
			after = old.ID
			if old.ID == n.ID || old.Audience != n.Audience || old.Update != n.Update || old.State != incidents.NoticeIsDraft {
				continue
			}
			_, err := o.store.UpdateNotice(ctx, n.PracticeID, old.ID, func(old *incidents.Notice) error { return old.Supersede(o.now(), by) })
			if err != nil && !errors.Is(err, fault.Conflict) { // approved a moment ago: let it go
				return fmt.Errorf("set an older draft aside: %w", err)
			}
		}
		if len(notices) < page {
			return nil
		}
	}
}

// Edit replaces the text of some languages of a draft.
func (o *Office) Edit(ctx context.Context, practice tenant.ID, notice string, texts []incidents.Text, by incidents.Actor, still ...Still) (*incidents.Notice, error) {
	n, err := o.store.UpdateNotice(ctx, practice, notice, func(n *incidents.Notice) error {
		for _, check := range still {
			if err := check(n); err != nil {
				return err
			}
		}
		return n.Edit(texts, o.now(), by)
	})
	o.nudge()
	return n, err
}

// Still returns a failure when a notice is not what somebody had before him any
// more. It looks at the very notice that is then written.
type Still func(*incidents.Notice) error

// Withdraw sets a draft aside.
func (o *Office) Withdraw(ctx context.Context, practice tenant.ID, notice string, by incidents.Actor) (*incidents.Notice, error) {
	n, err := o.store.UpdateNotice(ctx, practice, notice, func(n *incidents.Notice) error { return n.Supersede(o.now(), by) })
	o.nudge()
	return n, err
}

// Readers returns the notice as it stands now, and for a draft who would read
// it: a draft follows the newest assessment. Who reads an approved notice
// stands in its deliveries.
func (o *Office) Readers(ctx context.Context, p registry.Practice, notice string) (*incidents.Notice, []incidents.Recipiency, error) {
	n, err := o.store.Notice(ctx, p.ID, notice)
	if err != nil || n.State != incidents.NoticeIsDraft {
		return n, nil, err
	}
	n, inc, now, err := o.gather(ctx, p, notice)
	if err != nil {
		return n, nil, err
	}
	if probe := *n; !probe.Refresh(now.Recipients, now.Texts, inc.Assessment.Done) {
		return n, now.Recipients, nil
	}
	n, err = o.store.UpdateNotice(ctx, p.ID, notice, func(n *incidents.Notice) error {
		n.Refresh(now.Recipients, now.Texts, inc.Assessment.Done)
		return nil
	})
	return n, now.Recipients, err
}

func (o *Office) gather(ctx context.Context, p registry.Practice, notice string) (*incidents.Notice, *incidents.Incident, playbooks.Renewal, error) {
	n, err := o.store.Notice(ctx, p.ID, notice)
	if err != nil {
		return nil, nil, playbooks.Renewal{}, err
	}
	inc, err := o.store.Incident(ctx, p.ID, n.IncidentID)
	if err != nil {
		return nil, nil, playbooks.Renewal{}, err
	}
	now, err := o.book.Renew(ctx, o.store, p, inc, n)
	return n, inc, now, err
}

// Approval is what the approver saw and chose.
type Approval struct {
	TextHash       string
	RecipientsHash string
	Sender         string     // address; "" takes the practice's first
	AccessClosedAt *time.Time // when strangers were shut out of a breached sender
	By             incidents.Actor
	// Role is what By is in the practice; "" for a program, which is asked nothing.
	Role registry.Role
	// Reason is why it is right to let the message go, asked of who does so alone.
	Reason string
	// UpdateAt is by when the notice says that its readers hear more; nil when it
	// says no such thing.
	UpdateAt *time.Time
}

// Approve pins text and recipients and lets the mails go. The deliveries are
// written first, untouchable until the notice says approved; a cut-off approval
// leaves nothing that could be sent.
//
// Where the practice asks for two people, the first approval lets nothing go: the
// notice is returned as a draft that waits for somebody else (see Notice.Waits).
func (o *Office) Approve(ctx context.Context, p registry.Practice, notice string, a Approval) (*incidents.Notice, error) {
	if err := a.mayApprove(p); err != nil {
		return nil, err
	}
	n, inc, now, err := o.gather(ctx, p, notice)
	if err != nil {
		return nil, err
	}
	recipients := now.Recipients
	approval, err := o.approval(p, n, recipients, a)
	if err != nil {
		return nil, err
	}
	if !inc.Assessment.Complete() && n.Audience != incidents.ToRecipient {
		return nil, fault.New(fault.Conflict, "error.assessing", "the affected clients are still being found; look again in a moment")
	}
	probe := *n
	if err := probe.Approve(approval, recipients, inc.Facts, o.now()); err != nil {
		return nil, err
	}
	if err := o.checkPromise(n, inc, a); err != nil {
		return nil, err
	}
	two := p.FourEyes && a.By.Kind == register.ActorUser
	if two {
		second, err := a.second(n, approval.Sender)
		if err != nil {
			return nil, err
		}
		if !second {
			return o.sign(ctx, n, a, approval, recipients, inc)
		}
	}
	if err := incidents.WriteDeliveries(ctx, o.store, n, recipients); err != nil {
		return nil, err
	}
	n, err = o.store.UpdateNotice(ctx, p.ID, notice, func(n *incidents.Notice) error {
		if two && !n.First.Same(a.signature(approval.Sender)) { // somebody signed for something else meanwhile
			return fault.New(fault.Conflict, "error.text_changed", "the text changed since you looked; read it again and approve again")
		}
		return n.Approve(approval, recipients, inc.Facts, o.now())
	})
	if err != nil {
		return nil, err
	}
	o.nudge()
	return n, errors.Join(o.noteAccessClosed(ctx, n, a), o.notePromise(ctx, n, a))
}

// approval is what the approver chose, with the words that it adds: by when the
// readers hear more.
func (o *Office) approval(p registry.Practice, n *incidents.Notice, readers []incidents.Recipiency, a Approval) (incidents.Approval, error) {
	sender, known := p.Sender(a.Sender)
	if !known {
		return incidents.Approval{}, &fault.Error{Code: fault.Invalid, Field: "sender", Key: "error.sender_unknown",
			Message: "choose one of the practice's sender addresses"}
	}
	byEmail := func(r incidents.Recipiency) bool { return r.Channel == registry.ByEmail }
	var faults fault.List
	if slices.ContainsFunc(readers, byEmail) { // who is phoned sees no sender
		p.Policy.CheckSender(&faults, "sender", sender.Email)
	}
	if err := faults.Err(); err != nil {
		return incidents.Approval{}, err
	}
	out := incidents.Approval{TextHash: a.TextHash, RecipientsHash: a.RecipientsHash, Sender: sender, AccessClosedAt: a.AccessClosedAt, By: a.By, Reason: a.Reason}
	promise, some := promiseOf(n, a)
	if !some {
		return out, nil
	}
	var err error
	out.Texts, err = o.book.Promised(p, n.Audience, n.Texts, promise.PromisedAt)
	return out, err
}

// noteAccessClosed keeps the approver's word that the mailbox is safe again.
func (o *Office) noteAccessClosed(ctx context.Context, n *incidents.Notice, a Approval) error {
	if a.AccessClosedAt == nil {
		return nil
	}
	_, err := o.change(ctx, n.PracticeID, n.IncidentID, func(i *incidents.Incident) error {
		i.ShutOut(*a.AccessClosedAt, o.now(), a.By)
		return nil
	})
	return err
}

// Trial sends the draft to the practitioner's own address. It counts for nobody.
func (o *Office) Trial(ctx context.Context, p registry.Practice, notice string, voice incidents.Voice, email string) error {
	n, err := o.store.Notice(ctx, p.ID, notice)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(n.Texts, func(t incidents.Text) bool { return t.Voice() == voice })
	if at < 0 || !registry.ValidEmail(email) {
		return &fault.Error{Code: fault.Invalid, Field: "email", Key: "error.email", Message: "give one email address such as anna@example.org"}
	}
	trial := incidents.NewWarning(p.ID, n.IncidentID, "trial/"+o.newID(), email, n.Texts[at])
	if err := o.store.PutDeliveries(ctx, p.ID, []incidents.Delivery{trial}); err != nil {
		return fmt.Errorf("save trial mail: %w", err)
	}
	o.nudge()
	return nil
}

// Word is what a practitioner says about reaching one person himself.
type Word struct {
	By   string // phone, letter, in_person; "" when he could not be reached
	At   time.Time
	Note string
	User incidents.Actor
}

// Told records that the practitioner told one reader himself; it counts for the clock.
func (o *Office) Told(ctx context.Context, practice tenant.ID, delivery string, w Word) (incidents.Delivery, error) {
	return o.settle(ctx, practice, delivery, w.User, func(d *incidents.Delivery) error {
		return d.Tell(w.By, w.Note, w.User.ID, w.At, o.now())
	})
}

// Unreachable records what was tried in vain; it settles the person without
// counting him as told.
func (o *Office) Unreachable(ctx context.Context, practice tenant.ID, delivery string, w Word) (incidents.Delivery, error) {
	return o.settle(ctx, practice, delivery, w.User, func(d *incidents.Delivery) error {
		return d.GiveUp(w.Note, w.User.ID, o.now())
	})
}

// settle notes the word in the case's log before the delivery takes it: cut off
// in between, the reader is still to be told and the word can be given again. The
// other way round he would be told, and the register would never say so.
func (o *Office) settle(ctx context.Context, practice tenant.ID, delivery string, by incidents.Actor, act func(*incidents.Delivery) error) (incidents.Delivery, error) {
	d, err := o.store.Delivery(ctx, practice, delivery)
	if err == nil && d.NoticeID == "" {
		err = fault.NotFound // a warning is told to nobody
	}
	if err != nil {
		return d, err
	}
	if err := act(&d); err != nil {
		return d, err
	}
	_, err = o.store.UpdateNotice(ctx, practice, d.NoticeID, func(n *incidents.Notice) error {
		n.Told(d, o.now(), by)
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("note the telling: %w", err)
	}
	defer o.nudge()
	if d, err = o.store.UpdateDelivery(ctx, practice, delivery, act); err != nil {
		return d, err
	}
	return d, incidents.Recount(ctx, o.store, practice, d.IncidentID, o.now())
}

func isNotFound(err error) bool { return errors.Is(err, fault.NotFound) }
