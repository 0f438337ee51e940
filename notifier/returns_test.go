package notifier_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/tenant"
	"datalek/notifier"
)

// returnShelf is the world's store with what came back.
type returnShelf struct {
	*memStore
	mu      sync.Mutex
	returns map[string]incidents.Return
}

func (s *returnShelf) SaveReturn(_ context.Context, r incidents.Return) (string, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, old := range s.returns {
		if old.PracticeID == r.PracticeID && old.RawHash == r.RawHash {
			return old.ID, false, nil
		}
	}
	s.returns[r.ID] = r
	return r.ID, true, nil
}

func (s *returnShelf) Return(_ context.Context, id string) (incidents.Return, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, some := s.returns[id]
	if !some {
		return r, fault.NotFound
	}
	return r, nil
}

func (s *returnShelf) SettleReturn(_ context.Context, r incidents.Return) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.returns[r.ID] = r
	return nil
}

func (s *returnShelf) WaitingReturns(context.Context, int) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for id, r := range s.returns {
		if r.State == incidents.ReturnWaits {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, nil
}

func (s *returnShelf) DeliveriesNamed(_ context.Context, id string, _ int) ([]incidents.Key, error) {
	s.memStore.mu.Lock()
	defer s.memStore.mu.Unlock()
	var keys []incidents.Key
	for k := range s.deliveries {
		if k.ID == id {
			keys = append(keys, k)
		}
	}
	return keys, nil
}

func (s *returnShelf) Delivery(_ context.Context, practice tenant.ID, id string) (incidents.Delivery, error) {
	s.memStore.mu.Lock()
	defer s.memStore.mu.Unlock()
	d, err := get(s.deliveries, key(practice, id))
	return clone(d), err
}

// back is a world whose notices went out, and to which mail comes back.
type back struct {
	*world
	shelf   *returnShelf
	mailer  *notifier.Notifier
	returns *notifier.Returns
	inc     *incidents.Incident
}

// sentTo is the address of the client whose mail comes back.
const sentTo = "c-001@clienten.example"

func sentOut(t *testing.T) *back {
	t.Helper()
	w, n, inc := ready(t, 3)
	w.settle(n)
	b := &back{world: w, mailer: n, inc: inc, shelf: &returnShelf{memStore: w.store, returns: map[string]incidents.Return{}}}
	b.returns = b.worker(nil)
	if c := b.clock(); c.MetAt.IsZero() {
		t.Fatalf("the clock is not met: %+v", c)
	}
	return b
}

func (b *back) clock() *incidents.Clock { return b.incident(b.inc).Clock(incidents.ClientClock) }

// worker reads messages that are written as JSON.
func (b *back) worker(box interface {
	Read(context.Context, func(context.Context, []byte, string) error) error
}) *notifier.Returns {
	o := notifier.ReturnsOptions{Store: b.shelf, Now: b.world.clock, NewID: b.newID, Log: slog.New(b.logs),
		Read: func(raw []byte) incidents.ReturnReading {
			var r incidents.ReturnReading
			if err := json.Unmarshal(raw, &r); err != nil {
				r.Kind = incidents.UnknownReturn
			}
			return r
		}}
	if box != nil {
		o.Box = box
	}
	return notifier.NewReturns(o)
}

// comesBack saves a message at a practice's own address, "" the host's, and
// applies it.
func (b *back) comesBack(practice tenant.ID, r incidents.ReturnReading) string {
	b.t.Helper()
	raw, err := json.Marshal(r)
	if err != nil {
		b.t.Fatal(err)
	}
	id, _, _ := b.shelf.SaveReturn(b.t.Context(), incidents.NewReturn(b.newID(), practice, "webhook", raw, b.world.clock()))
	if err := b.returns.Step(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	b.settle(b.mailer)
	return id
}

// delivery is the one to the client whose mail comes back.
func (b *back) delivery() incidents.Delivery {
	b.t.Helper()
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	for _, d := range b.store.deliveries {
		if d.NoticeID != "" && d.To.Email == sentTo {
			return clone(d)
		}
	}
	b.t.Fatal("no delivery")
	return incidents.Delivery{}
}

func (b *back) hard(recipient string) incidents.ReturnReading {
	return incidents.ReturnReading{Kind: incidents.HardReturn, MessageIDs: []string{b.delivery().ID + "@praktijk.example"},
		Reports: []incidents.RecipientReport{{Kind: incidents.HardReturn, Final: true, Status: "5.1.1", Code: 550, Recipients: []string{recipient}, Text: "no such user"}}}
}

func (b *back) events(kind incidents.EventKind) int {
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	n := 0
	for _, e := range b.store.entries["p-1"] {
		if e.Event.Kind == kind {
			n++
		}
	}
	return n
}

func TestALateBounceReopensTheMetClockUnderItsOldDueTime(t *testing.T) {
	b := sentOut(t)
	before, _ := b.clock().DueAt()
	met := b.clock().MetAt
	b.move(20 * time.Hour)
	id := b.comesBack("", b.hard(sentTo))
	d, c := b.delivery(), b.clock()
	after, _ := c.DueAt()
	if d.State != incidents.Bounced || len(d.Returned) != 1 || d.Returned[0].Status != "5.1.1" || d.Returned[0].Text != "no such user" {
		t.Errorf("%+v", d)
	}
	if !c.MetAt.IsZero() || c.Told != 2 || !after.Equal(before) {
		t.Errorf("clock %+v, due %s, was %s", c, after, before)
	}
	var turns []string
	for _, turn := range c.History {
		turns = append(turns, turn.What)
	}
	if diff := cmp.Diff([]string{"met", "reopened"}, turns); diff != "" || !c.History[0].At.Equal(met) {
		t.Errorf("history:\n%s", diff)
	}
	if r := b.shelf.returns[id]; r.State != incidents.ReturnMatched || r.Raw != nil || r.Delivery.ID != d.ID {
		t.Errorf("kept: %+v", r)
	}
	if got := b.events(incidents.MailBounced); got != 1 {
		t.Errorf("%d entries tell of it", got)
	}
}

func TestABounceAfterTheCaseWasClosedOpensItAgain(t *testing.T) {
	b := sentOut(t)
	_, err := b.store.UpdateIncident(t.Context(), "p-1", b.inc.ID, func(i *incidents.Incident) error {
		i.State, i.ClosedAt = incidents.StateClosed, b.world.clock()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	b.comesBack("", b.hard(sentTo))
	if inc := b.incident(b.inc); inc.State != incidents.StateOpen || !inc.ClosedAt.IsZero() || b.events(incidents.IncidentReopened) != 1 {
		t.Errorf("state %s, closed %s", inc.State, inc.ClosedAt)
	}
}

func TestWhatProvesNothingChangesNothing(t *testing.T) {
	other := sentOut(t) // its deliveries are unknown to the others
	for name, tt := range map[string]struct {
		practice tenant.ID
		say      func(b *back) incidents.ReturnReading
	}{
		"a report about somebody else":               {"", func(b *back) incidents.ReturnReading { return b.hard("piet@elders.example") }},
		"a report that names no message of ours":     {"", func(b *back) incidents.ReturnReading { r := b.hard(sentTo); r.MessageIDs = nil; return r }},
		"a report at another practice's own address": {"p-2", func(b *back) incidents.ReturnReading { return b.hard(sentTo) }},
		"a token nobody made": {"", func(b *back) incidents.ReturnReading {
			return incidents.ReturnReading{Kind: incidents.HardReturn, Tokens: []string{b.delivery().ID + "-" + strings.Repeat("a", 16)}, Reports: []incidents.RecipientReport{{Kind: incidents.HardReturn, Final: true, Recipients: []string{sentTo}}}}
		}},
		"an automatic answer from somebody else": {"", func(b *back) incidents.ReturnReading {
			return incidents.ReturnReading{Kind: incidents.OutOfOffice, From: "x@y.example", MessageIDs: []string{b.delivery().ID + "@x"}}
		}},
		"a message that cannot be read": {"", func(*back) incidents.ReturnReading { return incidents.ReturnReading{Kind: incidents.UnknownReturn} }},
		"a delivery of another host": {"", func(*back) incidents.ReturnReading {
			r := other.hard(sentTo)
			r.MessageIDs = []string{strings.Repeat("f", 24) + "@x"}
			return r
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := sentOut(t)
			before, clock := b.delivery(), *b.clock()
			id := b.comesBack(tt.practice, tt.say(b))
			if diff := cmp.Diff(before, b.delivery()); diff != "" {
				t.Errorf("the delivery changed:\n%s", diff)
			}
			if diff := cmp.Diff(clock, *b.clock()); diff != "" {
				t.Errorf("the clock changed:\n%s", diff)
			}
			if r := b.shelf.returns[id]; r.State != incidents.ReturnUnmatched || r.Raw == nil {
				t.Errorf("it is %s", r.State)
			}
		})
	}
}

func TestAnAnswerIsRecordedAndLeavesTheReaderTold(t *testing.T) {
	for _, kind := range []incidents.ReturnKind{incidents.OutOfOffice, incidents.ChallengeReturn, incidents.ComplaintReturn, incidents.UnknownReturn} {
		b := sentOut(t)
		met := b.clock().MetAt
		b.comesBack("p-1", incidents.ReturnReading{Kind: kind, From: sentTo, MessageIDs: []string{b.delivery().ID + "@x"}})
		d := b.delivery()
		if d.State != incidents.Sent || len(d.Returned) != 1 || d.Returned[0].Kind != kind || !b.clock().MetAt.Equal(met) || b.events(incidents.MailReturned) != 1 {
			t.Errorf("%s: %+v", kind, d)
		}
	}
}

func TestAMailThatFailedForAPassingReasonGoesOutAgain(t *testing.T) {
	b := sentOut(t)
	r := b.hard(sentTo)
	r.Kind, r.Reports[0].Kind, r.Reports[0].Status = incidents.SoftReturn, incidents.SoftReturn, "5.2.2"
	b.comesBack("", r)
	if d := b.delivery(); d.State != incidents.Deferred || !b.clock().MetAt.IsZero() {
		t.Fatalf("state %s, met %s", d.State, b.clock().MetAt)
	}
	b.move(61 * time.Minute)
	b.settle(b.mailer)
	if d := b.delivery(); d.State != incidents.Sent || len(d.Attempts) != 2 || b.clock().MetAt.IsZero() {
		t.Errorf("state %s after %d attempts, met %s", d.State, len(d.Attempts), b.clock().MetAt)
	}
}

func TestAReturnThatIsAppliedTwiceDoesNothingMore(t *testing.T) {
	b := sentOut(t)
	id := b.comesBack("", b.hard(sentTo))
	before, clock, events := b.delivery(), *b.clock(), len(b.store.entries["p-1"])
	r := b.shelf.returns[id] // as if the worker had been cut off before it settled it
	raw, _ := json.Marshal(b.hard(sentTo))
	r.State, r.Raw = incidents.ReturnWaits, raw
	b.shelf.returns[id] = r
	b.comesBack("", b.hard(sentTo))
	if diff := cmp.Diff(before, b.delivery()); diff != "" {
		t.Errorf("the delivery changed:\n%s", diff)
	}
	if diff := cmp.Diff(clock, *b.clock()); diff != "" || len(b.store.entries["p-1"]) != events || len(b.shelf.returns) != 1 {
		t.Errorf("%d entries, were %d; clock:\n%s", len(b.store.entries["p-1"]), events, diff)
	}
}

func TestAWorkerCutOffBetweenItsStepsIsCompleted(t *testing.T) {
	for _, step := range []string{"UpdateDelivery", "UpdateNotice", "UpdateIncident"} {
		b := sentOut(t)
		broken := true
		b.store.meddle = func(call string, after bool) error {
			if broken && call == step && after {
				broken = false
				return fault.Unavailable
			}
			return nil
		}
		raw, _ := json.Marshal(b.hard(sentTo))
		_, _, _ = b.shelf.SaveReturn(t.Context(), incidents.NewReturn("r-1", "", "imap", raw, b.world.clock()))
		if err := b.returns.Step(t.Context()); err == nil {
			t.Errorf("%s: nothing failed", step)
		}
		if err := b.returns.Step(t.Context()); err != nil {
			t.Errorf("%s: %v", step, err)
		}
		b.settle(b.mailer)
		if d := b.delivery(); d.State != incidents.Bounced || len(d.Returned) != 1 || b.clock().Told != 2 || b.events(incidents.MailBounced) != 1 {
			t.Errorf("%s: %s, %d returned, %d told, %d entries", step, d.State, len(d.Returned), b.clock().Told, b.events(incidents.MailBounced))
		}
	}
}

// envelopes is a host whose provider lets return addresses pass.
func envelopes(w *world, trusted bool) *notifier.Envelope {
	return notifier.NewEnvelope(notifier.EnvelopeOptions{Settings: w.store, Address: "bounces@host.example", Trusted: trusted, Now: w.clock, Log: slog.New(w.logs)})
}

func (w *world) withEnvelope(e *notifier.Envelope) *notifier.Notifier {
	return notifier.New(notifier.Options{Store: w.store, Bus: w.bus, Book: w.book, Sender: w.sender, Now: w.clock, NewID: w.newID, Log: slog.New(w.logs), Envelope: e})
}

func TestMailGetsItsOwnReturnAddressWhereItPassesOnly(t *testing.T) {
	for _, tt := range []struct {
		name    string
		trusted bool
		proof   func(*world) error
		want    bool
	}{
		{"nobody tried it", false, func(*world) error { return nil }, false},
		{"the host says so", true, func(*world) error { return nil }, true},
		{"it was proven", false, func(w *world) error {
			return notifier.ProveEnvelope(t.Context(), w.store, "Bounces@host.example", true, monday)
		}, true},
		{"another was proven", false, func(w *world) error {
			return notifier.ProveEnvelope(t.Context(), w.store, "other@host.example", true, monday)
		}, false},
		{"it was disproven", true, func(w *world) error {
			return notifier.ProveEnvelope(t.Context(), w.store, "bounces@host.example", false, monday)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, _, _ := ready(t, 2)
			if err := tt.proof(w); err != nil {
				t.Fatal(err)
			}
			w.settle(w.withEnvelope(envelopes(w, tt.trusted)))
			seen := map[string]bool{}
			for _, m := range w.sender.accepted() {
				seen[m.ReturnPath] = true
				own := strings.HasPrefix(m.ReturnPath, "bounces+"+m.MessageID+"-")
				if own != tt.want || !tt.want && m.ReturnPath != "" || m.From.Email != "nood@anders.example" {
					t.Errorf("envelope %q of %s from %s", m.ReturnPath, m.MessageID, m.From.Email)
				}
			}
			if tt.want && len(seen) != 2 {
				t.Errorf("%d addresses", len(seen))
			}
		})
	}
}

func TestATokenLeadsToItsDeliveryWithoutAnyMessageID(t *testing.T) {
	b := sentOut(t)
	var path atomic.Value // mails go out side by side
	b.sender.script(func(m incidents.Mail) incidents.Answer { path.Store(m.ReturnPath); return incidents.Answer{} })
	inc := b.file("p-1", nil)
	n := b.withEnvelope(envelopes(b.world, true))
	b.settle(n)
	b.approve(inc, incidents.ToClients)
	b.settle(n)
	token := strings.TrimSuffix(strings.TrimPrefix(path.Load().(string), "bounces+"), "@host.example")
	b.comesBack("", incidents.ReturnReading{Kind: incidents.HardReturn, Tokens: []string{token},
		Reports: []incidents.RecipientReport{{Kind: incidents.HardReturn, Final: true, Recipients: []string{"forwarded@elsewhere.example"}}}})
	d, err := b.shelf.Delivery(t.Context(), "p-1", incidents.DeliveryOfToken(token))
	if err != nil || d.State != incidents.Bounced || d.Returned[0].Matched != incidents.MatchedByToken {
		t.Errorf("%v: %+v", err, d)
	}
}

func TestAServerThatRefusesTheReturnAddressTakesTheMailAllTheSame(t *testing.T) {
	w, _, inc := ready(t, 3)
	w.sender.script(func(m incidents.Mail) incidents.Answer {
		if m.ReturnPath != "" {
			return answer(incidents.RefusedAccount, "mail", 550)
		}
		return incidents.Answer{}
	})
	w.settle(w.withEnvelope(envelopes(w, true)))
	if got := w.states(inc); got[incidents.Sent] != 3 {
		t.Errorf("states %v", got)
	}
	if passes, when, err := notifier.EnvelopeProven(t.Context(), w.store, "bounces@host.example"); passes || when.IsZero() || err != nil {
		t.Errorf("it is noted as passing %v at %s, %v", passes, when, err)
	}
}

// scriptedBox is a mailbox that does as told.
type scriptedBox struct {
	looks int
	err   error
	raw   []string
}

func (b *scriptedBox) Read(ctx context.Context, keep func(context.Context, []byte, string) error) error {
	b.looks++
	for _, raw := range b.raw {
		if err := keep(ctx, []byte(raw), "box/1/1"); err != nil {
			return err
		}
	}
	return b.err
}

func TestTheMailboxIsReadEachMinuteAndLeftAloneWhenItRefuses(t *testing.T) {
	w := newWorld(t)
	b := &back{world: w, shelf: &returnShelf{memStore: w.store, returns: map[string]incidents.Return{}}}
	box := &scriptedBox{raw: []string{"one", "two"}}
	r := b.worker(box)
	looks := func(d time.Duration, want int, state func(notifier.BoxState) bool) {
		t.Helper()
		for range int(d / time.Second) {
			w.move(time.Second)
			if err := r.Look(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		var s notifier.BoxState
		if err := json.Unmarshal(w.store.settings[notifier.BoxSetting], &s); err != nil || box.looks != want || !state(s) {
			t.Errorf("%d looks, want %d; %+v, %v", box.looks, want, s, err)
		}
	}
	looks(5*time.Minute, 5, func(s notifier.BoxState) bool { return !s.ReadAt.IsZero() && s.Failing.IsZero() })
	if len(b.shelf.returns) != 2 {
		t.Errorf("%d kept, want each once", len(b.shelf.returns))
	}
	box.err = fault.Unavailable
	looks(10*time.Minute, 8, func(s notifier.BoxState) bool { return !s.Failing.IsZero() && !s.Refused })
	box.err = errors.Join(errors.New("log in"), fault.Forbidden)
	looks(40*time.Minute, 11, func(s notifier.BoxState) bool { return s.Refused })
	box.err = nil
	looks(16*time.Minute, 18, func(s notifier.BoxState) bool { return s.Failing.IsZero() && !s.Refused })
}
