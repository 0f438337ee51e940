package notifier_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

// memHeads is the tests' store with the registers' trees.
type memHeads struct {
	*memStore
	mu    sync.Mutex
	heads map[string][]register.SignedHead
}

func (s *memHeads) GrowTree(context.Context, tenant.ID) error { return nil }

func (s *memHeads) Branches(_ context.Context, practice tenant.ID, seqs []int64) (map[int64][]register.Hash, error) {
	s.memStore.mu.Lock()
	defer s.memStore.mu.Unlock()
	grown, err := register.Grow(s.entries[string(practice)], nil)
	found := map[int64][]register.Hash{}
	for _, seq := range seqs {
		found[seq] = grown[seq-1]
	}
	return found, err
}

func (s *memHeads) Entries(_ context.Context, practice tenant.ID, after int64, limit int) ([]register.Entry, error) {
	s.memStore.mu.Lock()
	defer s.memStore.mu.Unlock()
	rest := s.entries[string(practice)][min(int(after), len(s.entries[string(practice)])):]
	return slices.Clone(rest[:min(limit, len(rest))]), nil
}

func (s *memHeads) LastTreeHead(_ context.Context, practice tenant.ID) (register.SignedHead, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heads[string(practice)]) == 0 {
		return register.SignedHead{}, nil
	}
	return s.heads[string(practice)][len(s.heads[string(practice)])-1], nil
}

func (s *memHeads) AddTreeHead(_ context.Context, h register.SignedHead) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if int(h.Number) != len(s.heads[string(h.Practice)])+1 {
		return fault.Duplicate
	}
	s.heads[string(h.Practice)] = append(s.heads[string(h.Practice)], h)
	return nil
}

func (s *memHeads) MarkHeadSent(_ context.Context, practice tenant.ID, number int64, at time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heads[string(practice)][number-1].SentAt = at
	return nil
}

// memOutlet keeps what is published; it refuses while down.
type memOutlet struct {
	down bool
	got  []register.SignedHead
}

func (o *memOutlet) Publish(_ context.Context, h register.SignedHead) error {
	if o.down {
		return errors.New("no answer")
	}
	o.got = append(o.got, h)
	return nil
}

// headWorld is a world whose registers' heads are published.
type headWorld struct {
	*world
	heads    *memHeads
	outlet   *memOutlet
	verifier *register.HeadVerifier
	n        *notifier.Notifier
}

func newHeadWorld(t *testing.T) *headWorld {
	t.Helper()
	w := newWorld(t)
	secret, key, err := register.NewHeadKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := register.NewHeadSigner(secret)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := register.NewHeadVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	h := &headWorld{world: w, heads: &memHeads{memStore: w.store, heads: map[string][]register.SignedHead{}}, outlet: &memOutlet{}, verifier: verifier}
	h.n = notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID,
		HostSender: registry.Sender{Email: "datalek@host.example", Name: "datalek"}, BaseURL: "https://datalek.example",
		Heads: &notifier.Heads{Store: h.heads, Signer: signer, Outlets: []notifier.HeadOutlet{h.outlet}}})
	return h
}

// later lets time pass and publishes what is due then.
func (h *headWorld) later(d time.Duration) {
	h.t.Helper()
	h.move(d)
	if err := h.n.Herald(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.settle(h.n)
}

func (h *headWorld) fingerprints() []string {
	var texts []string
	for _, m := range h.sender.sent {
		if strings.Contains(m.Subject, "ingerafdruk") {
			texts = append(texts, m.Text)
		}
	}
	return texts
}

func TestARegistersHeadIsPublishedOnceADayWhenSomethingWasAdded(t *testing.T) {
	h := newHeadWorld(t)
	h.practice("p-1")
	h.later(0)
	h.file("p-1", nil)
	h.settle(h.n)
	h.later(23 * time.Hour)
	if got := len(h.heads.heads["p-1"]); got != 0 {
		t.Fatalf("%d heads within the first day", got)
	}
	h.later(2 * time.Hour)
	h.later(time.Hour)
	first := h.heads.heads["p-1"]
	if len(first) != 1 || first[0].SentAt.IsZero() || len(h.outlet.got) != 1 {
		t.Fatalf("after a day: %+v, handed over %d", first, len(h.outlet.got))
	}
	mails := h.fingerprints()
	if len(mails) == 0 || strings.Contains(mails[0], "2027-0001") {
		t.Fatalf("mails %q", mails)
	}
	head, err := h.verifier.Open(mails[0])
	if err != nil || head != first[0].TreeHead {
		t.Errorf("the mail has head %+v, %v, want %+v", head, err, first[0].TreeHead)
	}
	for range 6 {
		h.later(24 * time.Hour)
	}
	if got := h.heads.heads["p-1"]; len(got) < 2 || got[len(got)-1].Size != int64(len(h.store.entries["p-1"])) {
		t.Errorf("the register goes on to %d entries, the heads are %+v", len(h.store.entries["p-1"]), got)
	}
}

func TestAQuietRegistersHeadComesWeekly(t *testing.T) {
	h := newHeadWorld(t)
	h.practice("p-1")
	e := register.Next(register.Head{}, register.Event{ID: "e-1", PracticeID: "p-1", Kind: "incident.opened", At: h.clock()}, "")
	h.store.entries["p-1"] = []register.Entry{e}
	for range 20 {
		h.later(24 * time.Hour)
	}
	heads := h.heads.heads["p-1"]
	if len(heads) != 3 {
		t.Fatalf("%d heads in twenty days, want the first and two weekly ones", len(heads))
	}
	for i, head := range heads {
		if head.Size != 1 || head.Number != int64(i+1) {
			t.Errorf("head %+v", head)
		}
	}
}

func TestAHeadThatWentNowhereIsSentAgain(t *testing.T) {
	h := newHeadWorld(t)
	h.practice("p-1")
	e := register.Next(register.Head{}, register.Event{ID: "e-1", PracticeID: "p-1", Kind: "incident.opened", At: h.clock()}, "")
	h.store.entries["p-1"] = []register.Entry{e}
	h.outlet.down = true
	h.later(25 * time.Hour)
	mails := len(h.fingerprints())
	if heads := h.heads.heads["p-1"]; len(heads) != 1 || !heads[0].SentAt.IsZero() || mails == 0 {
		t.Fatalf("heads %+v, %d mails", heads, mails)
	}
	h.outlet.down = false
	h.later(5 * time.Minute)
	if heads := h.heads.heads["p-1"]; len(heads) != 1 || heads[0].SentAt.IsZero() || len(h.outlet.got) != 1 {
		t.Errorf("heads %+v, handed over %d", heads, len(h.outlet.got))
	}
	if got := len(h.fingerprints()); got != mails {
		t.Errorf("%d mails after it was sent again, %d before", got, mails)
	}
}
