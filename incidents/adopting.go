package incidents

import (
	"cmp"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// PolicyOf returns the rules that hold for the case: those that it kept when the
// practice changed its own, else the practice's.
func (i *Incident) PolicyOf(practice registry.Policy) registry.Policy {
	if i.Kept != nil {
		return *i.Kept
	}
	return practice
}

// KeepPolicy lets the case go on under rules that the practice is about to change.
// It reports whether anything changed: a case that keeps some keeps those.
func (i *Incident) KeepPolicy(rules registry.Policy) bool {
	if i.Kept != nil || i.State == StateClosed {
		return false
	}
	i.Kept = &rules
	return true
}

// Adoption is what other rules would change for a case. The zero value is nothing.
type Adoption struct {
	Clocks []ClockChange // those that would run otherwise
	// Who says that other people may be in scope: who hears differs, or how long
	// data about somebody is kept. Only a new assessment tells who.
	Who bool
	// FirstBefore and FirstAfter are how somebody without a wish is told.
	FirstBefore, FirstAfter registry.Channel
	// LeadBefore and LeadAfter are how long before the deadline a notice goes by
	// itself, 0 for never.
	LeadBefore, LeadAfter time.Duration
}

// ClockChange is one clock under its present rules and under others.
type ClockChange struct {
	Kind          ClockKind
	Before, After time.Duration // 0: as soon as possible, without a deadline
	// DueBefore and DueAfter are the deadlines, zero for none.
	DueBefore, DueAfter time.Time
	// Warn says that warnings come at other moments.
	Warn bool
	// Late is how long the new deadline would be over already, zero when it is not,
	// or was so under the present one.
	Late time.Duration
}

// Any reports whether anything would change.
func (a Adoption) Any() bool {
	return len(a.Clocks) > 0 || a.Who || a.FirstBefore != a.FirstAfter || a.LeadBefore != a.LeadAfter
}

// Late returns how long the furthest of the new deadlines would be over already.
func (a Adoption) Late() time.Duration {
	var late time.Duration
	for _, c := range a.Clocks {
		late = max(late, c.Late)
	}
	return late
}

// Adopting returns what other rules would change for the case at an instant. It
// changes nothing. practice are the rules that the practice has now.
//
// A clock that is met stays as it is: it was met under the promise of its day.
func (i *Incident) Adopting(practice, next registry.Policy, now time.Time) Adoption {
	present := i.PolicyOf(practice)
	a := Adoption{FirstBefore: firstChannel(present), FirstAfter: firstChannel(next), Who: !samePeople(present, next),
		LeadBefore: i.Preliminary.Lead, LeadAfter: i.leadUnder(next)}
	for _, c := range i.Clocks {
		other, some := i.clockUnder(c, present, next)
		if change, differs := clockChange(c, other, now); some && differs {
			a.Clocks = append(a.Clocks, change)
		}
	}
	return a
}

func firstChannel(p registry.Policy) registry.Channel {
	return cmp.Or(p.FirstChannel, registry.ByEmail)
}

// samePeople reports whether two policies tell the same people: who is in scope
// hangs on who hears, and on how long a system keeps data about somebody.
func samePeople(a, b registry.Policy) bool {
	whom := func(p registry.Policy) []registry.TellWhen {
		var out []registry.TellWhen
		for _, relation := range registry.Relations() {
			out = append(out, p.Tells(relation))
		}
		return out
	}
	kept := func(p registry.Policy) []registry.RetentionRule {
		rules := slices.Clone(p.Retention)
		if !slices.ContainsFunc(rules, registry.RetentionRule.General) {
			rules = append(rules, p.GeneralRetention())
		}
		for n := range rules {
			rules[n].Source, rules[n].WithinMonths = "", 0 // neither moves the end of a term
			rules[n].Systems, rules[n].Relations = orNil(rules[n].Systems), orNil(rules[n].Relations)
			rules[n].Action, rules[n].WithPermission = "", orNil(rules[n].WithPermission) // the action is noted when it is done
		}
		return rules
	}
	return slices.Equal(whom(a), whom(b)) && reflect.DeepEqual(kept(a), kept(b))
}

func orNil[T any](list []T) []T {
	if len(list) == 0 {
		return nil
	}
	return list
}

// clockUnder returns a clock as it would run under other rules, false for one that
// no policy speaks of or that is met.
func (i *Incident) clockUnder(c Clock, present, next registry.Policy) (Clock, bool) {
	if !c.MetAt.IsZero() {
		return c, false
	}
	switch c.Kind {
	case ClientClock:
		return c.under(atPace(next.ClientTerm(), i.Pace)), true
	case AuthorityClock:
		hours := i.Law.Hours()
		if reflect.DeepEqual(present.AuthorityTermOf(hours), next.AuthorityTermOf(hours)) {
			return c, false // a case keeps what the law of its day made of the term
		}
		return c.under(atPace(next.AuthorityTermOf(hours), i.Pace)), true
	default:
		return c, false
	}
}

// under returns the clock with another term from the same start. What fired stays
// where it fired; a warning whose time is over by then fires once, as after a
// corrected moment of awareness.
func (c Clock) under(term registry.Term) Clock {
	var all []Threshold
	for _, t := range c.Thresholds {
		if !t.FiredAt.IsZero() {
			all = append(all, t)
		}
	}
	fired := len(all)
	for _, t := range NewClock(c.Kind, c.StartsAt, term).Thresholds {
		if !slices.ContainsFunc(all[:fired], func(old Threshold) bool { return old.Mark == t.Mark }) {
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b Threshold) int { return a.At.Compare(b.At) })
	c.Within, c.Escalation, c.Thresholds = term.Within, term.Escalation, all
	return c
}

// clockChange compares a clock with itself under other rules.
func clockChange(c, other Clock, now time.Time) (ClockChange, bool) {
	before, _ := c.DueAt()
	after, _ := other.DueAt()
	change := ClockChange{Kind: c.Kind, Before: c.Within, After: other.Within, DueBefore: before, DueAfter: after,
		Warn: !slices.Equal(c.coming(), other.coming()) || c.Escalation.OrDefault() != other.Escalation.OrDefault()}
	if c.open() && other.State(now) == ClockOverdue && c.State(now) != ClockOverdue {
		change.Late = now.Sub(after)
	}
	return change, change.Before != change.After || change.Warn
}

// coming are the warnings that have not fired, apart from the deadline itself.
func (c Clock) coming() []Threshold {
	return slices.DeleteFunc(slices.Clone(c.Thresholds), func(t Threshold) bool { return !t.FiredAt.IsZero() || t.Mark == "due" })
}

// leadUnder returns the lead of the preliminary notice under other rules. One that
// went, or in whose place a person decided, keeps its own.
func (i *Incident) leadUnder(next registry.Policy) time.Duration {
	p := i.Preliminary
	if !p.FiredAt.IsZero() || !p.SentAt.IsZero() || !p.DecidedAt.IsZero() {
		return p.Lead
	}
	return paced(newPreliminary(next).Lead, i.Pace)
}

// NewAdoption is what it takes to put a case under its practice's new rules.
type NewAdoption struct {
	Policy registry.Policy // the practice's, as they are now
	Reason string          // required
	By     Actor
}

// AdoptPolicy puts an open case under its practice's new rules. Deadlines count
// anew from the moment of awareness; what fired, was told or was done stays. It
// reports whether anything changed: adopting the same again changes nothing.
//
// It returns fault.Invalid without a reason and fault.Conflict for a closed case.
func (i *Incident) AdoptPolicy(n NewAdoption, now time.Time) (bool, error) {
	var faults fault.List
	registry.CheckText(&faults, "reason", n.Reason, 1, 2_000)
	if err := faults.Err(); err != nil {
		return false, err
	}
	if i.State == StateClosed {
		return false, fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	a, present := i.Adopting(n.Policy, n.Policy, now), i.PolicyOf(n.Policy)
	if i.Kept == nil && !a.Any() {
		return false, nil
	}
	i.Kept = nil // from now on the practice's own
	if !a.Any() {
		return true, nil
	}
	for k, c := range i.Clocks {
		if other, some := i.clockUnder(c, present, n.Policy); some && slices.ContainsFunc(a.Clocks, func(x ClockChange) bool { return x.Kind == c.Kind }) {
			i.Clocks[k] = other
			i.Clocks[k].turn(now, "policy")
		}
	}
	if a.LeadBefore != a.LeadAfter {
		i.Preliminary.Lead, i.Preliminary.Update = a.LeadAfter, newPreliminary(n.Policy).Update
	}
	i.Assessment.ask()
	i.note(Event{Kind: PolicyAdopted, At: now, Actor: n.By, Facts: a.facts(), Words: map[string]string{"reason": n.Reason}})
	i.notePlan(now)
	return true, nil
}

// facts are both values of everything that changes, in hours and instants.
func (a Adoption) facts() map[string]string {
	facts := map[string]string{}
	for _, c := range a.Clocks {
		kind := string(c.Kind)
		facts[kind+"_hours_before"], facts[kind+"_hours_after"] = inHours(c.Before), inHours(c.After)
		if !c.DueBefore.IsZero() {
			facts[kind+"_due_before"] = c.DueBefore.Format(time.RFC3339)
		}
		if !c.DueAfter.IsZero() {
			facts[kind+"_due_after"] = c.DueAfter.Format(time.RFC3339)
		}
		if c.Late > 0 {
			facts[kind+"_late"] = "yes"
		}
		if c.Warn {
			facts[kind+"_warnings"] = "changed"
		}
	}
	if a.FirstBefore != a.FirstAfter {
		facts["first_before"], facts["first_after"] = string(a.FirstBefore), string(a.FirstAfter)
	}
	if a.LeadBefore != a.LeadAfter {
		facts["lead_before"], facts["lead_after"] = inHours(a.LeadBefore), inHours(a.LeadAfter)
	}
	if a.Who {
		facts["who"] = "changed"
	}
	return facts
}

// inHours writes a length in hours, shorter ones as they are ("8m0s" in a drill).
func inHours(d time.Duration) string {
	if d%time.Hour != 0 {
		return d.String()
	}
	return strconv.Itoa(int(d / time.Hour))
}

// PolicyChange tells the register that a practice changed its rules: who, why and
// which of the open cases went along. changed names the rules, "client" and
// "retention.2".
type PolicyChange struct {
	Before, After registry.Policy
	Changed       []string
	Adopting      []string // ids of the cases that take the new rules
	Reason        string
	Words         string // what changes, in the practice's language
	By            Actor
}

// Event returns the register's entry of the change; its ID is the outbox's to give.
func (c PolicyChange) Event(practice tenant.ID, now time.Time) Event {
	return Event{PracticeID: practice, Kind: PolicyChanged, At: now, Actor: c.By,
		Facts: map[string]string{"fields": strings.Join(c.Changed, ","), "incidents": strings.Join(c.Adopting, ","),
			"client_hours_before": strconv.Itoa(c.Before.ClientHours), "client_hours_after": strconv.Itoa(c.After.ClientHours)},
		Words: map[string]string{"reason": c.Reason, "changes": c.Words}}
}
