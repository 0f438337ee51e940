package webhook

import (
	"container/list"
	"slices"
	"sync"
	"time"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

const (
	hoursKept     = 24
	mostAddresses = 10_000 // each takes about a kilobyte
)

// counted are the reasons that are counted for an address, in the order in which
// pages show them. What never reaches a known, open address has none here.
var counted = [...]string{refusedForged, refusedStale, string(registry.TokenWrongTenant), string(registry.TokenWrongAudience), string(registry.TokenWrongSender),
	refusedNoKeys, refusedLarge, refusedBatch, refusedReplayed}

// Reasons are all that an address can turn a message away for.
func Reasons() []string { return slices.Clone(counted[:]) }

// Refusal is how many messages one address turned away for one reason.
type Refusal struct {
	Reason string
	Count  int
}

// Unproven reports whether the senders did not prove who they are: by mistake, or
// because they are not who they say.
func (r Refusal) Unproven() bool {
	return !slices.Contains([]string{refusedNoKeys, refusedLarge, refusedBatch, refusedReplayed}, r.Reason)
}

// Refusals counts what each address turned away within about a day. They are in
// memory alone: whoever knows an address can send to it what is forged, and that
// must write nothing. Nothing of a message is kept, and of the addresses the one
// that turned nothing away for longest goes first. It is safe for concurrent use;
// nil counts nothing.
type Refusals struct {
	now   func() time.Time
	since time.Time

	mu        sync.Mutex
	recent    *list.List // of *tally, newest first
	byAddress map[addressKey]*list.Element
}

type addressKey struct {
	practice tenant.ID
	id       string
}

// tally is a ring of hours.
type tally struct {
	of    addressKey
	hours [hoursKept]struct {
		number int64 // hours since 1970
		counts [len(counted)]uint32
	}
}

// NewRefusals returns a count that begins now.
func NewRefusals(now func() time.Time) *Refusals {
	return &Refusals{now: now, since: now(), recent: list.New(), byAddress: map[addressKey]*list.Element{}}
}

func hourOf(t time.Time) int64 { return t.Unix() / int64(time.Hour/time.Second) }

// note counts one message that an address turned away.
func (r *Refusals) note(e registry.Endpoint, reason string) {
	n := slices.Index(counted[:], reason)
	if r == nil || n < 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	hour := hourOf(r.now())
	slot := &r.tally(addressKey{e.PracticeID, e.ID}).hours[hour%hoursKept]
	if slot.number != hour {
		slot.number, slot.counts = hour, [len(counted)]uint32{}
	}
	slot.counts[n]++
}

func (r *Refusals) tally(of addressKey) *tally {
	if at, known := r.byAddress[of]; known {
		r.recent.MoveToFront(at)
		return at.Value.(*tally)
	}
	if r.recent.Len() >= mostAddresses {
		oldest := r.recent.Back()
		delete(r.byAddress, oldest.Value.(*tally).of)
		r.recent.Remove(oldest)
	}
	t := &tally{of: of}
	r.byAddress[of] = r.recent.PushFront(t)
	return t
}

// Of returns what an address turned away and since when that is counted: since the
// program started, or for the last 24 hours, the one under way among them.
func (r *Refusals) Of(practice tenant.ID, id string) (refused []Refusal, since time.Time) {
	if r == nil {
		return nil, time.Time{}
	}
	first := hourOf(r.now()) - hoursKept + 1
	if since = time.Unix(first*int64(time.Hour/time.Second), 0).UTC(); since.Before(r.since) {
		since = r.since
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	at, known := r.byAddress[addressKey{practice, id}]
	if !known {
		return nil, since
	}
	for n, reason := range counted {
		var sum int
		for _, hour := range at.Value.(*tally).hours {
			if hour.number >= first {
				sum += int(hour.counts[n])
			}
		}
		if sum > 0 {
			refused = append(refused, Refusal{Reason: reason, Count: sum})
		}
	}
	return refused, since
}
