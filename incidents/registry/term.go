package registry

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// gdprHours is the term that every policy was written with (GDPR Art. 33(1)). A
// policy that carries it means the law's term, whatever that has become since.
const gdprHours = 72

// AuthorityTermOf returns the term that a law of so many hours gives for telling
// the authority, with the practice's warnings. A practice that chose a shorter term
// for itself keeps that. 0 hours is a law that says nothing: the policy's own term.
func (p Policy) AuthorityTermOf(hours int) Term {
	term := p.AuthorityTerm()
	if hours <= 0 {
		return term
	}
	if own := p.OwnAuthorityHours(); own > 0 {
		hours = min(own, hours)
	}
	return term.Lasting(time.Duration(hours) * time.Hour)
}

// OwnAuthorityHours returns the shorter term that a practice chose for telling the
// authority, 0 when it takes the law's.
func (p Policy) OwnAuthorityHours() int {
	if p.AuthorityHours < gdprHours {
		return p.AuthorityHours
	}
	return 0
}

// Lasting returns the term with another length. A warning in the first half keeps
// its distance from the start, a later one its distance from the deadline: what
// warned an hour before the end still does.
func (t Term) Lasting(within time.Duration) Term {
	out := Term{Within: within, Escalation: t.Escalation}
	for _, m := range t.Warn {
		moved, deadline := m, m.After == t.Within
		switch {
		case deadline:
			moved.After = within
		case m.After > t.Within/2:
			moved.After += within - t.Within
		}
		if moved.After <= 0 || moved.After >= within && !deadline {
			continue // no time left for it
		}
		if moved.After != m.After && strings.HasPrefix(m.Name, "h") {
			moved.Name = "h" + strconv.Itoa(int(moved.After/time.Hour))
		}
		out.Warn = append(out.Warn, moved)
	}
	slices.SortStableFunc(out.Warn, func(a, b Mark) int { return int(a.After - b.After) })
	out.Warn = slices.CompactFunc(out.Warn, func(a, b Mark) bool { return a.After == b.After })
	return out
}
