package incidents

import (
	"slices"
	"time"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
)

// Ground is why somebody is not told whom the policy leaves to be decided about.
type Ground string

// The grounds.
const (
	// GroundReveals: telling him would reveal that there is a complaint, or who
	// complained (GDPR Art. 23(1)(i), Dutch UAVG Art. 41(1)(i)).
	GroundReveals Ground = "reveals"
	GroundHarms   Ground = "harms" // telling would harm him or another
	GroundOther   Ground = "other"
)

// Grounds returns them in the order in which forms show them.
func Grounds() []Ground { return []Ground{GroundReveals, GroundHarms, GroundOther} }

// PersonDecision says whether one affected person is told. It is asked for those
// whom the practice's policy leaves to be decided about one by one.
type PersonDecision struct {
	ClientID string
	Tell     bool
	Ground   Ground // why not; "" when he is told
	Reason   string // stored sealed; required when he is not told
	By       Actor
	At       time.Time
}

// PersonDecision returns the newest decision about a person.
func (i *Incident) PersonDecision(client string) (PersonDecision, bool) {
	for n := len(i.PersonDecisions) - 1; n >= 0; n-- {
		if d := i.PersonDecisions[n]; d.ClientID == client {
			return d, true
		}
	}
	return PersonDecision{}, false
}

// told names what was decided, "" for nothing.
func (d PersonDecision) told() string {
	switch {
	case d.At.IsZero():
		return ""
	case d.Tell:
		return "tell"
	default:
		return "do_not_tell"
	}
}

// DecidePerson records whether one person is told, and looks anew at who is
// affected. Earlier decisions about him are kept.
func (i *Incident) DecidePerson(d PersonDecision, now time.Time) error {
	var faults fault.List
	least := 0
	if d.Tell {
		d.Ground = ""
	} else {
		least = 1
		if !slices.Contains(Grounds(), d.Ground) {
			faults.Add("ground", "error.telling_ground", "choose why this person is not told: reveals, harms or other")
		}
	}
	registry.CheckText(&faults, "reason", d.Reason, least, 2_000)
	if err := faults.Err(); err != nil {
		return err
	}
	if i.State == StateClosed {
		return fault.New(fault.Conflict, "error.closed", "this incident is closed")
	}
	d.At = now
	was, _ := i.PersonDecision(d.ClientID)
	i.PersonDecisions = append(i.PersonDecisions[:len(i.PersonDecisions):len(i.PersonDecisions)], d)
	i.Assessment.ask()
	e := Event{Kind: PersonToBeTold, At: now, Actor: d.By, Subject: d.ClientID}
	if !d.Tell {
		e.Kind, e.Facts = PersonNotTold, map[string]string{"ground": string(d.Ground)}
	}
	e.Facts = revisedOne(e.Facts, "telling", was.told(), d.told())
	if d.Reason != "" {
		e.Words = map[string]string{"reason": d.Reason}
	}
	i.note(e)
	return nil
}

// obey lets the policy say on whose word somebody hears, by what he is to the
// practice. A person to be decided about keeps the client clock open.
func (a *Assessor) obey(relation registry.Relation, f *Affected) {
	add := func(code ReasonCode) { f.Reasons = append(f.Reasons, Reason{Code: code}) }
	switch a.policy.Tells(relation) {
	case registry.TellByPromise:
	case registry.TellByLaw:
		f.InScope = false
		if f.Group == InGuidance {
			f.Group = OtherPeople
		}
		add(ReasonByLawOnly)
	case registry.TellByDecision:
		d, decided := a.incident.PersonDecision(f.ClientID)
		switch {
		case !decided:
			f.Group, f.InScope = Undecided, true
			add(ReasonToDecide)
		case d.Tell:
			f.InScope = true
			add(ReasonDecidedToTell)
		default:
			f.Group, f.InScope = NotTold, false
			add(notToldBecause(d.Ground))
		}
	}
}

func notToldBecause(g Ground) ReasonCode {
	switch g {
	case GroundReveals:
		return ReasonRevealsComplaint
	case GroundHarms:
		return ReasonTellingHarms
	default:
		return ReasonNotTold
	}
}
