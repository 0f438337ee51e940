package annual

import (
	"slices"
	"strings"
	"time"

	"datalek/incidents"
)

// FirstYear is the first that a report can be about: the GDPR applies since 2018.
const FirstYear = 2018

// Cause is what lay behind a breach, as far as its kind tells.
type Cause string

// The causes, in the order in which a report shows them.
const (
	Mistake  Cause = "mistake"  // somebody sent or showed something to the wrong person
	Loss     Cause = "loss"     // lost or stolen
	Attack   Cause = "attack"   // somebody from outside broke in or deceived
	Insider  Cause = "insider"  // somebody from inside took or looked
	Supplier Cause = "supplier" // at a processor
	Failure  Cause = "failure"  // something broke down
	Other    Cause = "other"
)

// Causes returns every cause in the order of the report.
func Causes() []Cause { return []Cause{Mistake, Loss, Attack, Insider, Supplier, Failure, Other} }

// OtherKind stands for a kind of breach that this version does not know.
const OtherKind = "other"

// Kinds returns the kinds of breach with this cause, by playbook id.
func Kinds(c Cause) []string {
	switch c {
	case Mistake:
		return []string{"mis-sent-email", "group-mail-cc", "mis-sent-letter", "wrong-file", "open-share", "published-by-accident", "data-in-chatbot"}
	case Loss:
		return []string{"lost-letter", "lost-device", "lost-paper"}
	case Attack:
		return []string{"phished-mailbox", "ransomware", "caller-fraud"}
	case Insider:
		return []string{"taken-by-insider"}
	case Supplier:
		return []string{"processor-breach"}
	case Failure:
		return []string{"outage"}
	default:
		return []string{OtherKind}
	}
}

// CauseOf returns what lay behind a kind of breach.
func CauseOf(playbook string) Cause {
	for _, c := range Causes() {
		if slices.Contains(Kinds(c), playbook) {
			return c
		}
	}
	return Other
}

// Nature is what was harmed, each case in one class (GDPR Art. 4(12)).
type Nature string

// The natures.
const (
	OnlyConfidentiality Nature = "confidentiality"
	OnlyIntegrity       Nature = "integrity"
	OnlyAvailability    Nature = "availability"
	SeveralKinds        Nature = "several"
	UnknownNature       Nature = "unknown"
)

// Natures returns every nature in the order of the report.
func Natures() []Nature {
	return []Nature{OnlyConfidentiality, OnlyIntegrity, OnlyAvailability, SeveralKinds, UnknownNature}
}

// Outcome is how a duty ended in a case, each case in one class.
type Outcome string

// The outcomes of telling clients and of filing with the authority.
const (
	InTime        Outcome = "in_time"
	TooLate       Outcome = "late"
	Untimed       Outcome = "untimed"        // told, and nothing was promised about when
	StillOpen     Outcome = "open"           // not done yet
	NotNeeded     Outcome = "not_needed"     // nobody had to be told
	NotNotifiable Outcome = "not_notifiable" // decided, with reasons
	Elsewhere     Outcome = "elsewhere"      // another organisation's duty
)

// Tellings returns the outcomes of telling clients, in the order of the report.
func Tellings() []Outcome { return []Outcome{InTime, TooLate, Untimed, StillOpen, NotNeeded} }

// Filings returns the outcomes of filing, in the order of the report.
func Filings() []Outcome { return []Outcome{InTime, TooLate, NotNotifiable, Elsewhere, StillOpen} }

// Case is what a report takes from one incident: nothing that names anybody.
type Case struct {
	Year         int
	Month        time.Month
	Playbook     string
	Nature       Nature
	Telling      Outcome
	Filing       Outcome
	HoursToTell  float64 // from awareness until everybody in scope was told; below zero when they are not
	PersonsTold  int
	OpenMeasures int
}

// CaseOf takes from an incident what a report counts. The year is that of the
// moment of awareness in force, in the practice's zone.
func CaseOf(inc *incidents.Incident, zone *time.Location) Case {
	aware := inc.AwareAt().In(zone)
	c := Case{Year: aware.Year(), Month: aware.Month(), Playbook: inc.Facts.Playbook, Nature: natureOf(inc.Facts.BreachKinds),
		Telling: StillOpen, Filing: StillOpen, HoursToTell: -1, OpenMeasures: openMeasures(inc)}
	if clock := inc.Clock(incidents.ClientClock); clock != nil {
		c.Telling, c.PersonsTold = tellingOf(*clock), clock.Told
		if !clock.MetAt.IsZero() {
			c.HoursToTell = max(clock.MetAt.Sub(clock.StartsAt).Hours(), 0)
		}
	}
	if clock := inc.Clock(incidents.AuthorityClock); clock != nil {
		c.Filing = filingOf(*clock)
	}
	return c
}

func natureOf(kinds []incidents.BreachKind) Nature {
	switch len(kinds) {
	case 0:
		return UnknownNature
	case 1:
		return Nature(kinds[0])
	default:
		return SeveralKinds
	}
}

func tellingOf(c incidents.Clock) Outcome {
	due, promised := c.DueAt()
	switch {
	case !c.EndedAt.IsZero():
		return NotNeeded
	case c.MetAt.IsZero():
		return StillOpen
	case !promised:
		return Untimed
	case c.MetAt.After(due):
		return TooLate
	default:
		return InTime
	}
}

func filingOf(c incidents.Clock) Outcome {
	due, _ := c.DueAt()
	switch {
	case c.EndedBecause == incidents.EndedNotNotifiable:
		return NotNotifiable
	case !c.EndedAt.IsZero():
		return Elsewhere
	case c.MetAt.IsZero():
		return StillOpen
	case c.MetAt.After(due):
		return TooLate
	default:
		return InTime
	}
}

// openMeasures counts what is still to be done, in a closed case too. A plan in
// words alone is one measure while its case is open.
func openMeasures(inc *incidents.Incident) int {
	if len(inc.Measures) == 0 && inc.State == incidents.StateOpen && strings.TrimSpace(inc.Story.MeasuresPlanned) != "" {
		return 1
	}
	open, _ := inc.OpenMeasures()
	return open
}
