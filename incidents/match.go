package incidents

import (
	"slices"
	"time"

	"datalek/incidents/registry"
)

// Certainty says how sure it is that a client is affected.
type Certainty string

// The certainties.
const (
	Certain  Certainty = "certain"
	Possible Certainty = "possible"
	None     Certainty = "none"
)

// ReasonCode names why somebody is affected, possibly affected or not.
type ReasonCode string

// The reasons. Those of a match:
const (
	ReasonHeld ReasonCode = "held" // traceable data of him was in the system at that time
	// Doubts, which make a match possible:
	ReasonSystemsUnknown   ReasonCode = "systems_unknown"
	ReasonWindowUnknown    ReasonCode = "window_unknown"
	ReasonSinceUnknown     ReasonCode = "since_unknown"
	ReasonKeySystemUnknown ReasonCode = "key_system_unknown"
	ReasonOverdueNotGone   ReasonCode = "destruction_unconfirmed"
	ReasonKeyHitToo        ReasonCode = "key_system_hit" // pseudonymised, but the key was breached too
	// ReasonEntriesCleared: held, but only what was entered from Day on, since the
	// rules clear each entry after a while; a zero Day where the window is not known.
	ReasonEntriesCleared ReasonCode = "entries_cleared"
	// Where it is known from that a system keeps something about him, or nothing:
	ReasonByRule      ReasonCode = "by_rule"        // see Incident.HeldBy
	ReasonByException ReasonCode = "by_exception"   // noted for him alone
	ReasonNotKept     ReasonCode = "not_kept_there" // no rule of the system is about his relation
	ReasonWithout     ReasonCode = "without"        // an exception: the system keeps nothing about him
	// By hand or by list:
	ReasonChosen    ReasonCode = "chosen"
	ReasonUnmatched ReasonCode = "no_client"
	ReasonAdded     ReasonCode = "added_by_hand"
	// Why not:
	ReasonNotChosen     ReasonCode = "not_chosen"
	ReasonRemoved       ReasonCode = "removed_by_hand"
	ReasonNoHoldings    ReasonCode = "no_holdings"
	ReasonSystemNotHit  ReasonCode = "system_not_hit"
	ReasonDestroyed     ReasonCode = "destroyed_before"
	ReasonHeldLater     ReasonCode = "held_later"
	ReasonOtherData     ReasonCode = "categories_not_hit"
	ReasonAnonymous     ReasonCode = "anonymous"
	ReasonPseudonymSafe ReasonCode = "key_system_safe"
	// About the promise:
	ReasonInGuidance    ReasonCode = "in_guidance"
	ReasonGuidanceEnded ReasonCode = "guidance_ended"
	ReasonNeverGuided   ReasonCode = "not_in_guidance"
	// About telling, by what he is to the practice:
	ReasonByLawOnly        ReasonCode = "by_law_only"
	ReasonToDecide         ReasonCode = "to_decide"
	ReasonDecidedToTell    ReasonCode = "decided_to_tell"
	ReasonRevealsComplaint ReasonCode = "reveals_complaint"
	ReasonTellingHarms     ReasonCode = "telling_harms"
	ReasonNotTold          ReasonCode = "decided_not_to_tell"
)

// Reason is one ground, in data; the words are made where it is shown.
type Reason struct {
	Code   ReasonCode
	System string     // system id; "" when it is about none
	At     *time.Time // destroyed, held from, or due to be gone at
	// Day is about guidance, or by when the rules want destroyed what At ended.
	Day registry.Date
	// Relation is whose rule it is about; "" when it is about none.
	Relation registry.Relation
}

// scope is the breach as a matching rule, prepared once for all clients.
type scope struct {
	systems    map[string]bool // nil: not known which
	categories map[registry.Category]bool
	from       *time.Time
	until      *time.Time
}

func newScope(f Facts) scope {
	s := scope{from: f.OccurredFrom, until: f.OccurredUntil}
	if f.Systems != nil {
		s.systems = map[string]bool{}
		for _, id := range f.Systems {
			s.systems[id] = true
		}
	}
	if f.Categories != nil {
		s.categories = map[registry.Category]bool{}
		for _, c := range f.Categories {
			s.categories[c] = true
		}
	}
	return s
}

// match says whether one holding counts for the breach, and why. Doubts make a
// match possible; the first test that fails gives the reason why not.
func (s scope) match(h registry.Holding) (Certainty, []Reason) {
	if why, out := s.excludes(h); out {
		return None, []Reason{why}
	}
	doubts := s.doubts(h)
	if h.Identifiability == registry.Pseudonymised {
		if h.KeySystem == "" {
			doubts = append(doubts, Reason{Code: ReasonKeySystemUnknown, System: h.System})
		} else if s.systems != nil {
			doubts = append(doubts, Reason{Code: ReasonKeyHitToo, System: h.KeySystem})
		}
	}
	certain := !slices.ContainsFunc(doubts, func(r Reason) bool { return r.Code != ReasonKeyHitToo })
	reasons := append([]Reason{{Code: ReasonHeld, System: h.System, At: h.From}}, doubts...)
	if certain {
		return Certain, reasons
	}
	return Possible, reasons
}

// KindsHit returns the kinds of somebody's data that the breach hit, nil when they
// are not known for him alone: his data follows from rules, or he was chosen by hand.
func (i *Incident) KindsHit(c registry.Client) []registry.Category {
	if i.Facts.HandPicked || c.HoldingsByRule {
		return nil
	}
	s := newScope(i.Facts)
	var kinds []registry.Category
	for _, h := range c.Holdings {
		if certainty, _ := s.match(h); certainty == None {
			continue
		}
		for _, k := range h.Categories {
			if (s.categories == nil || s.categories[k]) && !slices.Contains(kinds, k) {
				kinds = append(kinds, k)
			}
		}
	}
	return kinds
}

func (s scope) excludes(h registry.Holding) (Reason, bool) {
	switch {
	case s.systems != nil && !s.systems[h.System]:
		return Reason{Code: ReasonSystemNotHit, System: h.System}, true
	case h.Identifiability == registry.Anonymous:
		return Reason{Code: ReasonAnonymous, System: h.System}, true
	case s.endedBefore(h):
		return Reason{Code: ReasonDestroyed, System: h.System, At: h.DestroyedAt}, true
	case s.beganAfter(h):
		return Reason{Code: ReasonHeldLater, System: h.System, At: h.From}, true
	case s.categories != nil && !slices.ContainsFunc(h.Categories, func(c registry.Category) bool { return s.categories[c] }):
		return Reason{Code: ReasonOtherData, System: h.System}, true
	case h.Identifiability == registry.Pseudonymised && h.KeySystem != "" && s.systems != nil && !s.systems[h.KeySystem]:
		return Reason{Code: ReasonPseudonymSafe, System: h.System}, true
	}
	return Reason{}, false
}

// endedBefore reports whether the holding [from, destroyed) was gone when the
// window began; an empty holding never was.
func (s scope) endedBefore(h registry.Holding) bool {
	if h.DestroyedAt == nil {
		return false
	}
	empty := h.From != nil && !h.DestroyedAt.After(*h.From)
	return empty || s.from != nil && !h.DestroyedAt.After(*s.from)
}

// beganAfter reports whether the holding began at or after the window's end; a
// window whose ends are equal is one instant and includes it.
func (s scope) beganAfter(h registry.Holding) bool {
	if h.From == nil || s.until == nil {
		return false
	}
	if s.from != nil && s.from.Equal(*s.until) {
		return h.From.After(*s.until)
	}
	return !h.From.Before(*s.until)
}

func (s scope) doubts(h registry.Holding) []Reason {
	var doubts []Reason
	if s.systems == nil {
		doubts = append(doubts, Reason{Code: ReasonSystemsUnknown})
	}
	if s.from == nil || s.until == nil {
		doubts = append(doubts, Reason{Code: ReasonWindowUnknown})
	}
	if h.From == nil {
		doubts = append(doubts, Reason{Code: ReasonSinceUnknown, System: h.System})
	}
	if h.Until != nil && h.DestroyedAt == nil && s.from != nil && !h.Until.After(*s.from) {
		doubts = append(doubts, Reason{Code: ReasonOverdueNotGone, System: h.System, At: h.Until})
	}
	return doubts
}

// matchAll weighs every holding of a client: certain when one leaves no doubt,
// possible when each match leaves one, else none with all the reasons why not.
func (s scope) matchAll(holdings []registry.Holding) (Certainty, []Reason) {
	if len(holdings) == 0 {
		return None, []Reason{{Code: ReasonNoHoldings}}
	}
	best := None
	found := map[Certainty][]Reason{}
	for _, h := range holdings {
		certainty, reasons := s.match(h)
		found[certainty] = appendNew(found[certainty], reasons)
		best = surer(best, certainty)
	}
	return best, found[best]
}

func surer(a, b Certainty) Certainty {
	rank := map[Certainty]int{None: 0, Possible: 1, Certain: 2}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

func appendNew(reasons, more []Reason) []Reason {
	for _, r := range more {
		if !slices.ContainsFunc(reasons, func(x Reason) bool { return x.Code == r.Code && x.System == r.System && sameTime(x.At, r.At) }) {
			reasons = append(reasons, r)
		}
	}
	return reasons
}
