package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
)

// preliminaryStore is what letting a preliminary notice go reads and writes.
type preliminaryStore interface {
	drafterStore
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
	DropQueued(ctx context.Context, practice tenant.ID, notice string) error
	DeliveriesOf(ctx context.Context, practice tenant.ID, notice string, states []incidents.DeliveryState, after string, limit int) ([]incidents.Delivery, error)
	UpdateIncident(ctx context.Context, practice tenant.ID, id string, change func(*incidents.Incident) error) (*incidents.Incident, error)
}

// preliminaryBook says exactly what goes by itself.
type preliminaryBook interface {
	Preliminary(ctx context.Context, p registry.Practice, inc *incidents.Incident, now time.Time, newID func(incidents.Audience, int) string) ([]playbooks.Going, error)
}

// Preliminary says what goes by itself, with the store that the book reads from.
func (b openBook) Preliminary(ctx context.Context, p registry.Practice, inc *incidents.Incident, now time.Time, newID func(incidents.Audience, int) string) ([]playbooks.Going, error) {
	return b.book.Preliminary(ctx, b.store, p, inc, now, newID)
}

// preliminary lets the notice go that came due because nobody decided: it
// approves the present drafts by the practice's policy, which hands them to the
// mailer. It may run twice, and be cut off anywhere: the keeper asks again until
// the case says that it went.
type preliminary struct {
	store preliminaryStore
	book  preliminaryBook
	now   func() time.Time
	nudge func()
	log   *slog.Logger
}

// preliminaryAgain is how soon a case that changed meanwhile is looked at anew.
const preliminaryAgain = time.Second

// handle lets the notices of one case go.
func (w *preliminary) handle(ctx context.Context, j job) error {
	inc, err := w.store.Incident(ctx, j.Practice, j.Incident)
	if err != nil {
		return missing(fmt.Errorf("read incident: %w", err))
	}
	if inc.Preliminary.FiredAt.IsZero() || !inc.Preliminary.SentAt.IsZero() {
		return nil
	}
	p, err := w.store.Practice(ctx, j.Practice)
	if err != nil {
		return missing(fmt.Errorf("read practice: %w", err))
	}
	gone, byPerson, err := w.goneBefore(ctx, inc)
	if err != nil {
		return err
	}
	if len(gone) == 0 && (byPerson || !inc.PreliminaryOwed() || !standing(*inc.Clock(incidents.ClientClock))) {
		return w.change(ctx, inc, func(i *incidents.Incident) bool { return i.PreliminaryDropped(w.now()) })
	}
	err = w.goOn(ctx, p, inc, gone)
	if errors.Is(err, fault.Conflict) || errors.Is(err, fault.Duplicate) {
		return RetryAfter(preliminaryAgain) // somebody changed the draft a moment ago
	}
	return err
}

// orPreliminary does both kinds of work on drafts.
func (d *drafter) orPreliminary(w *preliminary) func(context.Context, job) error {
	return func(ctx context.Context, j job) error {
		if j.Preliminary {
			return w.handle(ctx, j)
		}
		return d.handle(ctx, j)
	}
}

// goneBefore returns the notices that went by themselves already, and whether a
// person approved one for those in scope.
func (w *preliminary) goneBefore(ctx context.Context, inc *incidents.Incident) (gone []*incidents.Notice, byPerson bool, err error) {
	notices, err := noticesOf(ctx, w.store, inc)
	if err != nil {
		return nil, false, err
	}
	for _, n := range notices {
		switch {
		case !n.Approved() || !slices.Contains(incidents.PreliminaryAudiences(), n.Audience):
		case n.ByPolicy():
			gone = append(gone, n)
		default:
			byPerson = true
		}
	}
	return gone, byPerson, nil
}

// goOn approves what has not gone yet, and then says in the case that all went.
func (w *preliminary) goOn(ctx context.Context, p registry.Practice, inc *incidents.Incident, gone []*incidents.Notice) error {
	going, err := w.book.Preliminary(ctx, p, inc, w.now(), func(a incidents.Audience, number int) string {
		return nameID("notice", inc.ID, string(a), strconv.Itoa(number))
	})
	if err != nil {
		return fmt.Errorf("find what goes: %w", err)
	}
	if len(going) > 0 {
		if held, err := w.hold(ctx, p, inc, going); held || err != nil {
			return err
		}
	}
	for _, g := range going {
		n, err := w.approve(ctx, p, inc, g)
		if err != nil {
			return fmt.Errorf("approve by policy: %w", err)
		}
		gone = append(gone, n)
	}
	if len(gone) == 0 {
		return nil // nobody can be told yet; the keeper asks again
	}
	readers, ids := 0, make([]string, len(gone))
	for i, n := range gone {
		ids[i], readers = n.ID, readers+n.Recipients
	}
	return w.change(ctx, inc, func(i *incidents.Incident) bool { return i.PreliminaryGone(ids, readers, w.now()) })
}

// hold keeps the notices back when mails would leave through a breached mailbox;
// else nobody can stop them from here on.
func (w *preliminary) hold(ctx context.Context, p registry.Practice, inc *incidents.Incident, going []playbooks.Going) (held bool, err error) {
	if _, some := incidents.PreliminarySender(p, inc.Facts); !some && slices.ContainsFunc(going, mails) {
		return true, w.change(ctx, inc, func(i *incidents.Incident) bool { return i.PreliminaryWithoutSender(w.now()) })
	}
	if inc.Preliminary.BlockedAt.IsZero() {
		return false, nil
	}
	may := true
	err = w.change(ctx, inc, func(i *incidents.Incident) bool {
		may = i.PreliminaryBegins()
		return may
	})
	return !may, err
}

func mails(g playbooks.Going) bool {
	return slices.ContainsFunc(g.Recipients, func(r incidents.Recipiency) bool { return r.Channel == registry.ByEmail })
}

// approve pins one notice's words and readers, as a person's approval does.
func (w *preliminary) approve(ctx context.Context, p registry.Practice, inc *incidents.Incident, g playbooks.Going) (*incidents.Notice, error) {
	if !g.Stored {
		if err := w.store.CreateNotice(ctx, g.Notice); err != nil {
			return nil, err
		}
	}
	sender, _ := incidents.PreliminarySender(p, inc.Facts)
	approval := incidents.Approval{TextHash: g.Notice.TextHash, RecipientsHash: incidents.HashRecipients(g.Recipients), Sender: sender,
		By: incidents.ByPolicy(), Texts: g.Texts}
	probe := *g.Notice
	if err := probe.Approve(approval, g.Recipients, inc.Facts, w.now()); err != nil {
		return nil, err
	}
	if err := incidents.WriteDeliveries(ctx, w.store, g.Notice, g.Recipients); err != nil {
		return nil, err
	}
	n, err := w.store.UpdateNotice(ctx, p.ID, g.Notice.ID, func(n *incidents.Notice) error {
		return n.Approve(approval, g.Recipients, inc.Facts, w.now())
	})
	if err != nil {
		return nil, err
	}
	w.log.Info("a preliminary notice went by itself", "practice", p.ID, "incident", inc.ID, "notice", n.ID)
	w.nudge()
	return n, nil
}

// change writes to the case when there is something to write.
func (w *preliminary) change(ctx context.Context, inc *incidents.Incident, act func(*incidents.Incident) bool) error {
	_, err := w.store.UpdateIncident(ctx, inc.PracticeID, inc.ID, func(i *incidents.Incident) error {
		if !act(i) {
			return errUnchanged
		}
		return nil
	})
	if err = unlessUnchanged(err); err != nil {
		return fmt.Errorf("note the preliminary notice: %w", err)
	}
	w.nudge()
	return nil
}

// askPreliminary has a preliminary notice looked at that came due.
func askPreliminary(ctx context.Context, jobs *dispatcher, key incidents.Key, fired []incidents.Firing, now time.Time) {
	if !slices.ContainsFunc(fired, func(f incidents.Firing) bool { return f.Mark == incidents.MarkPreliminary }) {
		return
	}
	slot := strconv.FormatInt(now.UnixMilli(), 10)
	jobs.send(ctx, queueDraft, string(key.PracticeID)+"."+key.ID, "preliminary/"+key.ID+"/"+slot, job{Practice: key.PracticeID, Incident: key.ID, Preliminary: true})
}
