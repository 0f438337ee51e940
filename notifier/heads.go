package notifier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// headStore is what publishing the heads of the registers' trees reads and writes.
type headStore interface {
	Practices(ctx context.Context, after string, limit int) ([]registry.Practice, error)
	RegisterHead(ctx context.Context, practice tenant.ID) (register.Head, error)
	Entries(ctx context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error)
	GrowTree(ctx context.Context, practice tenant.ID) error
	Branches(ctx context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error)
	LastTreeHead(ctx context.Context, practice tenant.ID) (register.SignedHead, error)
	AddTreeHead(ctx context.Context, h register.SignedHead) error
	MarkHeadSent(ctx context.Context, practice tenant.ID, number int64, at time.Time) error
	PutDeliveries(ctx context.Context, practice tenant.ID, rows []incidents.Delivery) error
}

// HeadOutlet is a place outside that keeps signed tree heads.
type HeadOutlet interface {
	// Publish hands a head over. The same one may come twice.
	Publish(ctx context.Context, h register.SignedHead) error
}

// Heads says how the heads of the registers' trees are published.
type Heads struct {
	Store   headStore
	Signer  *register.HeadSigner
	Outlets []HeadOutlet // besides the mail to each practice
}

const (
	// headAfter is how long the oldest entry that no published head covers waits
	// for one: so there is at most one a day.
	headAfter = 24 * time.Hour
	// headAgain is how long after the last one a head is published though nothing
	// was added.
	headAgain = 7 * 24 * time.Hour
	// headLook is how often it is looked whether one is due.
	headLook = time.Hour
	// headRetry is how soon after a look at which something failed.
	headRetry = 5 * time.Minute
	headTick  = time.Second
	headPage  = 200
)

// herald signs the heads of the registers' trees, keeps them and makes them known
// outside, where whoever can write in the store cannot reach them.
type herald struct {
	heads  *Heads
	jobs   *dispatcher
	now    func() time.Time
	log    *slog.Logger
	looked time.Time
}

// step looks through all practices, once an hour.
func (h *herald) step(ctx context.Context) (bool, error) {
	now := h.now()
	if h.heads == nil || now.Sub(h.looked).Abs() < headLook {
		return false, nil
	}
	wrong := &complaints{log: h.log}
	defer wrong.end()
	next := now
	err := pages(headPage, func(p registry.Practice) string { return string(p.ID) }, func(after string, limit int) ([]registry.Practice, error) {
		return h.heads.Store.Practices(ctx, after, limit)
	}, func(list []registry.Practice) error {
		for _, p := range list {
			if p.IsDrill() {
				continue
			}
			if err := h.look(ctx, p, now); err != nil {
				wrong.tell(err, "register's tree head not published", "practice", p.ID)
				next = now.Add(headRetry - headLook)
			}
		}
		return ctx.Err()
	})
	if err == nil {
		h.looked = next
	}
	return false, err
}

// look publishes a practice's head when one is due, or what is left of the last one.
func (h *herald) look(ctx context.Context, p registry.Practice, now time.Time) error {
	store := h.heads.Store
	if err := store.GrowTree(ctx, p.ID); err != nil {
		return err
	}
	last, err := store.LastTreeHead(ctx, p.ID)
	if err != nil {
		return err
	}
	if last.Number > 0 && last.SentAt.IsZero() {
		return h.send(ctx, p, last)
	}
	size, due, err := h.due(ctx, p.ID, last, now)
	if err != nil || !due {
		return err
	}
	next, err := h.sign(ctx, p.ID, last.Number+1, size, now)
	if err != nil {
		return err
	}
	if err := store.AddTreeHead(ctx, next); errors.Is(err, fault.Duplicate) {
		return nil // another worker was first, and sends it
	} else if err != nil {
		return err
	}
	return h.send(ctx, p, next)
}

// due reports whether a head over so many entries is due: the oldest entry that
// the last one does not cover has waited a day, or the last one is a week old.
func (h *herald) due(ctx context.Context, practice tenant.ID, last register.SignedHead, now time.Time) (size int64, due bool, err error) {
	head, err := h.heads.Store.RegisterHead(ctx, practice)
	if err != nil || head.Seq == 0 {
		return 0, false, err
	}
	if last.Number > 0 && now.Sub(last.At) >= headAgain {
		return head.Seq, true, nil
	}
	if head.Seq <= last.Size {
		return head.Seq, false, nil
	}
	fresh, err := h.heads.Store.Entries(ctx, practice, last.Size, 1)
	if err != nil || len(fresh) == 0 {
		return 0, false, err
	}
	return head.Seq, now.Sub(fresh[0].Event.At) >= headAfter && now.Sub(last.At) >= headAfter, nil
}

func (h *herald) sign(ctx context.Context, practice tenant.ID, number, size int64, now time.Time) (register.SignedHead, error) {
	branches := register.Branches(func(seqs []int64) (map[int64][]register.Hash, error) {
		return h.heads.Store.Branches(ctx, practice, seqs)
	})
	root, err := branches.Root(size)
	if err != nil {
		return register.SignedHead{}, err
	}
	head := register.TreeHead{Practice: practice, Size: size, Root: root, At: now.UTC().Truncate(time.Second)}
	text, err := h.heads.Signer.Sign(head)
	return register.SignedHead{Number: number, TreeHead: head, Note: text}, err
}

// send makes a kept head known everywhere. What fails is tried again at the next
// look, and what was done then stands twice, which harms nobody.
func (h *herald) send(ctx context.Context, p registry.Practice, head register.SignedHead) error {
	var failed error
	for _, o := range h.heads.Outlets {
		if err := o.Publish(ctx, head); err != nil {
			failed = errors.Join(failed, fmt.Errorf("publish: %w", err))
		}
	}
	failed = errors.Join(failed, h.mail(ctx, p, head))
	if failed != nil {
		return failed
	}
	return h.heads.Store.MarkHeadSent(ctx, p.ID, head.Number, h.now())
}

// mail writes the practice its copy, once for each head and mailbox.
func (h *herald) mail(ctx context.Context, p registry.Practice, head register.SignedHead) error {
	text := headText(p, head)
	key := fmt.Sprintf("tree-head-%d", head.Number)
	var rows []incidents.Delivery
	var ids []string
	for _, a := range addresses(p, incidents.Event{}, "") {
		row := incidents.NewWarning(p.ID, "", key+"/"+a.place, a.email, text)
		rows, ids = append(rows, row), append(ids, row.ID)
	}
	if len(rows) == 0 {
		return nil
	}
	if err := h.heads.Store.PutDeliveries(ctx, p.ID, rows); err != nil {
		return fmt.Errorf("save its mail: %w", err)
	}
	h.jobs.send(ctx, queueMail, string(p.ID)+".tree-head", key, job{Practice: p.ID, Deliveries: ids})
	return nil
}
