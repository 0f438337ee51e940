package notifier

import (
	"context"
	"time"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// One round of each worker, for tests that choose the order themselves.

func (n *Notifier) Relay(ctx context.Context) error { _, err := n.relay.step(ctx); return err }
func (n *Notifier) Keep(ctx context.Context) error  { _, err := n.keeper.step(ctx); return err }
func (n *Notifier) Sweep(ctx context.Context) error { _, err := n.sweeper.step(ctx); return err }
func (n *Notifier) LookBack(ctx context.Context) error {
	_, err := n.lookBack.step(ctx)
	return err
}
func (n *Notifier) Wake(ctx context.Context) error    { _, err := n.waker.step(ctx); return err }
func (n *Notifier) Recount(ctx context.Context) error { _, err := n.recount.step(ctx); return err }
func (n *Notifier) Repair(ctx context.Context) error  { _, err := n.repairer.armed(ctx); return err }
func (n *Notifier) Walk(ctx context.Context) error    { _, err := n.repairer.all(ctx); return err }

// Herald publishes the heads of the registers' trees that are due.
func (n *Notifier) Herald(ctx context.Context) error { _, err := n.herald.step(ctx); return err }

// Fresh is the look between two sweeps.
func (n *Notifier) Fresh(ctx context.Context) error { _, err := n.sweeper.fresh(ctx); return err }

// Handle does one job of a queue.
func (n *Notifier) Handle(ctx context.Context, queue string, data []byte) error {
	return n.jobs.handle(queue)(ctx, "", data, 1)
}

// Tick does what a tick of the bus does.
func (n *Notifier) Tick(ctx context.Context, token, clock, mark string) error {
	return n.keeper.tick(ctx, token, clock, mark, 1)
}

// Local does the jobs that wait in this process, and returns how many there were.
func (n *Notifier) Local(ctx context.Context) int {
	for done := 0; ; done++ {
		select {
		case t := <-n.jobs.local:
			n.jobs.do(ctx, t)
		default:
			return done
		}
	}
}

// StopMail makes the mailer begin nothing new.
func (n *Notifier) StopMail() {
	stopped := make(chan struct{})
	close(stopped)
	n.mailer.stopping = stopped
}

// CaseOf returns the case that a processor's report opens for a practice without systems.
func CaseOf(a advisory.Advisory, practice registry.Practice, received time.Time) incidents.NewIncident {
	m := message{receipt: incidents.Receipt{ID: "r-1", ProcessorID: "microsoft-365", ReceivedAt: received}, said: a}
	n := m.newIncident(practice, nil, touched{})
	n.ID, n.Reference = "i-1", "2027-0001"
	return n
}

// Salvage makes one look at what the bus gave up.
func (n *Notifier) Salvage(ctx context.Context) error {
	_, err := n.salvager.step(ctx)
	return err
}

// JobPractice reads a job from the bus; false when it is none.
func JobPractice(raw []byte) (string, bool) {
	j, err := decodeJob(raw)
	if err != nil {
		return "", false
	}
	return string(j.Practice), true
}

// ClockOf reads the token of a clock from the bus; false when it is none.
func ClockOf(token string) (practice tenant.ID, incident string, ok bool) {
	practice, incident, err := readClockToken(token)
	return practice, incident, err == nil
}

// BookStore is what the book reads.
type BookStore = bookStore

// Remembering is a store that drafts one case's notices.
func Remembering(s BookStore) BookStore { return &remembering{bookStore: s} }
