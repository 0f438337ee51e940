package incidents

import (
	"slices"
	"time"

	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
)

// Group is where an affected person stands on the page.
type Group string

// The groups.
const (
	InGuidance  Group = "in_guidance" // the promise holds for these
	Former      Group = "former"      // guidance ended, data still traceable
	OtherPeople Group = "other"
	Undecided   Group = "undecided" // the policy asks whether he is told, and nobody said
	NotTold     Group = "not_told"  // affected, and it was decided not to tell him
	NotAffected Group = "not_affected"
)

// Groups returns every group in the order in which pages show them.
func Groups() []Group {
	return []Group{InGuidance, Former, OtherPeople, Undecided, NotTold, NotAffected}
}

// AffectedGroups returns those of the groups who are affected.
func AffectedGroups() []Group { return []Group{InGuidance, Former, OtherPeople, Undecided, NotTold} }

// Affected is the finding about one person in one version of the assessment.
type Affected struct {
	ID         string // client id, or "u-" and a number for a person who is no client
	PracticeID tenant.ID
	IncidentID string
	Version    int64 // of the assessment
	ClientID   string
	Group      Group
	InScope    bool
	Certainty  Certainty
	Reasons    []Reason
	// Readers are whom to tell for him: his own client id, his guardians', or both.
	Readers []string
	// Email is set for a person who is no client; stored sealed.
	Email string
}

// Assessment is the state of finding the affected clients.
type Assessment struct {
	Wanted int64 // version asked for; facts that change ask for the next
	Done   int64 // newest complete version; 0 none
	// Stale says that a client or system was written since the wanted version was
	// asked for, so that the next one must follow. The store sets it with that write.
	Stale  bool
	At     time.Time
	Counts Counts
	// Came and Went count persons whose being affected changed against the version before.
	Came int
	Went int
}

// Complete reports whether the newest facts are assessed, about clients and
// systems as they are.
func (a Assessment) Complete() bool { return a.Done > 0 && !a.Pending() && !a.Stale }

// Pending reports whether the wanted version is still to be done.
func (a Assessment) Pending() bool { return a.Done < a.Wanted }

// ask wants the next version. Whoever assesses it reads clients and systems as
// they are from now on.
func (a *Assessment) ask() { a.Wanted, a.Stale = a.Wanted+1, false }

// Counts is the assessment in numbers.
type Counts struct {
	InGuidance  int
	Former      int
	Other       int
	NotAffected int
	Certain     int
	Possible    int
	InScope     int
	Undecided   int
	NotTold     int
}

// Affected is how many are affected, told or not.
func (c Counts) Affected() int { return c.InGuidance + c.Former + c.Other + c.Undecided + c.NotTold }

// Add counts one finding.
func (c *Counts) Add(a Affected) {
	switch a.Group {
	case InGuidance:
		c.InGuidance++
	case Former:
		c.Former++
	case OtherPeople:
		c.Other++
	case Undecided:
		c.Undecided++
	case NotTold:
		c.NotTold++
	case NotAffected:
		c.NotAffected++
	}
	switch a.Certainty {
	case Certain:
		c.Certain++
	case Possible:
		c.Possible++
	case None:
	}
	if a.InScope {
		c.InScope++
	}
}

// Assessor finds who is affected by one incident, client by client. It holds
// the breach as a rule, so that any number of clients can be streamed past it.
type Assessor struct {
	incident  *Incident
	version   int64
	scope     scope
	zone      *time.Location
	day       registry.Date // local day of awareness
	systems   []registry.System
	policy    registry.Policy
	emails    map[string]bool // chosen addresses, true once a client was found
	numbers   map[string]bool
	overrides map[string]Override
	used      map[heldKey]bool // rules that counted
}

// NewAssessor prepares the assessment of inc at its wanted version, by the rules
// that hold for it; policy is the practice's.
func NewAssessor(inc *Incident, systems []registry.System, policy registry.Policy, zone *time.Location) *Assessor {
	a := &Assessor{
		incident: inc, version: inc.Assessment.Wanted, scope: newScope(inc.Facts), zone: zone,
		day: registry.DateOf(inc.AwareAt(), zone), systems: systems, policy: inc.PolicyOf(policy),
		emails: map[string]bool{}, numbers: map[string]bool{}, overrides: map[string]Override{},
		used: map[heldKey]bool{},
	}
	if inc.Facts.HandPicked {
		for _, e := range inc.Story.Subjects.Emails {
			a.emails[registry.NormalEmail(e)] = false
		}
		for _, id := range inc.Story.Subjects.ExternalIDs {
			a.numbers[id] = false
		}
	}
	for _, o := range inc.Story.Overrides {
		a.overrides[o.ClientID] = o
	}
	return a
}

// NeedsPersons reports whether clients must come with their names and addresses:
// only persons chosen by hand are matched by them.
func (a *Assessor) NeedsPersons() bool { return a.incident.Facts.HandPicked }

// Assess returns the finding about one client.
func (a *Assessor) Assess(c registry.Client) Affected {
	certainty, reasons := a.find(c)
	out := Affected{ID: c.ID, PracticeID: a.incident.PracticeID, IncidentID: a.incident.ID, Version: a.version,
		ClientID: c.ID, Certainty: certainty, Reasons: reasons, Group: NotAffected}
	if certainty == None {
		return out
	}
	out.Group, out.Reasons = a.group(c), append(out.Reasons, a.guidance(c))
	out.InScope = out.Group == InGuidance
	out.Readers = readersBy(c, a.day.Year, a.incident.Law.Ages())
	a.obey(c.Relation, &out)
	return out
}

func (a *Assessor) find(c registry.Client) (Certainty, []Reason) {
	if o, some := a.overrides[c.ID]; some {
		if o.Include {
			return Certain, []Reason{{Code: ReasonAdded}}
		}
		return None, []Reason{{Code: ReasonRemoved}}
	}
	if a.incident.Facts.HandPicked {
		return a.chosen(c)
	}
	if !c.HoldingsByRule {
		return a.scope.matchAll(c.Holdings)
	}
	return a.byRule(c)
}

// sayCleared adds to what systems hold about somebody in guidance since when that can
// have been entered, where the rules clear each entry after a while.
func (a *Assessor) sayCleared(c registry.Client, reasons []Reason) []Reason {
	if !c.InGuidance(a.day) {
		return reasons // the end of his term says it all
	}
	for n := len(reasons) - 1; n >= 0; n-- {
		rule := a.policy.Retains(reasons[n].System, c.Relation)
		if reasons[n].Code != ReasonHeld || rule.From != registry.FromEntry {
			continue
		}
		cleared := Reason{Code: ReasonEntriesCleared, System: reasons[n].System}
		if a.scope.from != nil {
			cleared.Day = registry.DateOf(*a.scope.from, a.zone).AddMonths(-rule.Months)
		}
		reasons = slices.Insert(reasons, n+1, cleared)
	}
	return reasons
}

// allowDestroying adds to what need not be kept any longer by which day the rules
// want it destroyed, where that had not come when the breach began.
func (a *Assessor) allowDestroying(relation registry.Relation, reasons []Reason) {
	for n, r := range reasons {
		if r.Code != ReasonOverdueNotGone {
			continue
		}
		by := registry.DateOf(*r.At, a.zone).AddMonths(a.policy.Retains(r.System, relation).WithinMonths)
		if a.scope.from.Before(by.Start(a.zone)) {
			reasons[n].Day = by
		}
	}
}

func (a *Assessor) chosen(c registry.Client) (Certainty, []Reason) {
	email := registry.NormalEmail(c.Person.Email)
	_, byEmail := a.emails[email]
	_, byNumber := a.numbers[c.Person.ExternalID]
	if byEmail && email != "" {
		a.emails[email] = true
	}
	if byNumber {
		a.numbers[c.Person.ExternalID] = true
	}
	if byEmail && email != "" || byNumber {
		return Certain, []Reason{{Code: ReasonChosen}}
	}
	return None, []Reason{{Code: ReasonNotChosen}}
}

// Unmatched returns the chosen addresses that belong to no client, once every
// client has been assessed. Each stays as a person who can be told.
func (a *Assessor) Unmatched() []Affected {
	var out []Affected
	for _, e := range a.incident.Story.Subjects.Emails {
		email := registry.NormalEmail(e)
		if found, known := a.emails[email]; !known || found {
			continue
		}
		a.emails[email] = true // listed once, however often it was typed
		id := "u-" + fingerprint(a.incident.ID, email)
		out = append(out, Affected{ID: id, PracticeID: a.incident.PracticeID, IncidentID: a.incident.ID, Version: a.version,
			Group: OtherPeople, Certainty: Certain, Reasons: []Reason{{Code: ReasonUnmatched}}, Readers: []string{id}, Email: email})
	}
	return out
}

func (a *Assessor) group(c registry.Client) Group {
	switch {
	case c.InGuidance(a.day):
		return InGuidance
	case c.WasInGuidance(a.day):
		return Former
	default:
		return OtherPeople
	}
}

func (a *Assessor) guidance(c registry.Client) Reason {
	switch a.group(c) {
	case InGuidance:
		return Reason{Code: ReasonInGuidance, Day: a.day}
	case Former:
		return Reason{Code: ReasonGuidanceEnded, Day: lastDay(c, a.day)}
	default:
		return Reason{Code: ReasonNeverGuided, Day: a.day}
	}
}

func lastDay(c registry.Client, before registry.Date) registry.Date {
	var last registry.Date
	for _, g := range c.Guidance {
		if !g.Until.IsZero() && g.Until.Compare(before) < 0 && (last.IsZero() || g.Until.Compare(last) > 0) {
			last = g.Until
		}
	}
	return last
}

// Readers returns the client ids of those to tell for c (design section 9; GDPR
// recital 38, Dutch Jeugdwet 7.3.4 and 7.3.5): under 12 the guardians, from 12 to
// 15 both, from 16 himself, and his guardians only where he agreed.
// A child without a known guardian keeps his own id, so that he is not forgotten.
func Readers(c registry.Client, year int) []string { return readersBy(c, year, law.Set(nil).Ages()) }

// adult is the age from which nobody decides about somebody's judgement any more.
const adult = 18

// readersBy is Readers by the ages of a rule of law. What was decided about a minor's
// own judgement goes before his age: in Belgium the practitioner decides by capacity
// (Patients' Rights Act, Art. 12).
func readersBy(c registry.Client, year int, ages law.Ages) []string {
	age, known := c.AgeIn(year)
	self := []string{c.ID}
	if len(c.Guardians) > 0 && (!known || age < adult) {
		switch c.Capacity {
		case registry.Capable:
			return self
		case registry.WithParents:
			return append(self, c.Guardians...)
		case registry.NotCapable:
			return slices.Clone(c.Guardians)
		}
	}
	switch {
	case !known || len(c.Guardians) == 0:
		return self
	case age < ages.Beside:
		return slices.Clone(c.Guardians)
	case age < ages.Instead || c.GuardiansAgreed:
		return append(self, c.Guardians...)
	default:
		return self
	}
}

// Reassess asks for a new assessment.
func (i *Incident) Reassess(now time.Time, by Actor) {
	i.Assessment.ask()
	i.note(Event{Kind: AssessmentAsked, At: now, Actor: by})
}

// Renew asks for the next assessment when clients or systems changed, and says
// whether it did. A version that is wanted already is finished first, so that
// however many changes come, one assessment runs and one follows.
func (i *Incident) Renew(now time.Time) bool {
	if !i.Assessment.Stale || i.Assessment.Pending() {
		return false
	}
	i.Reassess(now, System())
	return true
}

// Assessed records that the wanted version is complete, and sets who is in scope.
func (i *Incident) Assessed(version int64, counts Counts, came, went int, now time.Time) bool {
	if version < i.Assessment.Done || version > i.Assessment.Wanted || version == i.Assessment.Done {
		return false // a late worker never undoes a newer finding
	}
	i.Assessment.Done, i.Assessment.At, i.Assessment.Counts = version, now, counts
	i.Assessment.Came, i.Assessment.Went = came, went
	inScope := counts.InScope
	i.note(Event{Kind: AssessmentDone, At: now, Actor: System(), Facts: countFacts(version, counts, came, went)})
	i.setScope(inScope, now)
	return true
}

func (i *Incident) setScope(inScope int, now time.Time) {
	c := i.Clock(ClientClock)
	c.InScope = &inScope
	switch {
	case inScope == 0 && c.open():
		i.endClock(c, EndedNobodyInScope, now, System())
	case inScope > 0 && c.EndedBecause == EndedNobodyInScope:
		i.reopenClock(c, now)
	}
}
