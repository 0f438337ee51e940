package registry

import (
	"slices"
	"strconv"
	"time"

	"datalek/incidents/fault"
)

// Policy is one practice's promises and retention rules as data, copied into the
// practice when it chooses one, so that a later edition changes nothing unseen.
type Policy struct {
	ID string // "refleact-48"
	// ClientHours is the promise to clients in elapsed hours; 0 promises no hours
	// and the client clock reads "as soon as possible".
	ClientHours int
	// ClientThresholds are the shares of the client clock, in percent, at which
	// the practitioner is warned. The deadline itself always warns.
	ClientThresholds []int
	// AuthorityHours is a shorter term of the practice's own; 72, and 0, take the
	// law's of the day (see AuthorityTermOf).
	AuthorityHours int
	// AuthorityThresholds are hours after awareness at which warnings go out.
	AuthorityThresholds []int
	// NameInMail allows the client's name in a salutation.
	NameInMail bool
	// Formal addresses Dutch readers as "u"; false says "je".
	Formal bool
	// RetainMonths is how long data is kept after the last day of guidance by the
	// practice's rules; 0: gone on the day after.
	RetainMonths int
	// Source names the document and place each promise comes from.
	Source string
	// ClientAlarms and AuthorityAlarms are those of the thresholds that need a
	// person: when they fire, one person after the other is asked until somebody
	// has seen it. Nil takes DefaultClientAlarms and DefaultAuthorityAlarms; the
	// deadline itself always alarms.
	ClientAlarms    []int
	AuthorityAlarms []int
	// EscalateMinutes and EscalateShare are the pace of Escalation; 0 takes the usual one.
	EscalateMinutes int
	EscalateShare   int
	// PreliminaryLeadHours is how long before the client deadline a preliminary
	// notice goes by itself when nobody has decided; 0: never.
	PreliminaryLeadHours int
	// PreliminaryUpdateHours is how long after that its readers hear more, as it
	// says; 0 takes three days.
	PreliminaryUpdateHours int
	// Telling says who hears, by what somebody is to the practice; see Tells.
	Telling []Telling
	// FirstChannel is how somebody without a wish of his own is told; "" is by
	// e-mail. ByPhone: by phone first, and by encrypted e-mail who has a key.
	FirstChannel Channel
	// Messengers are the services for who wishes ByMessage: "Signal", "Matrix".
	Messengers []string
	// BarredSenders are mail domains that notices never come from: "gmail.com".
	BarredSenders []string
	// Retention is how long data is kept; the first rule that fits a system and a
	// relation wins, and where none fits RetainMonths holds.
	Retention []RetentionRule
	// Protections are the measures that stood before any breach.
	Protections []Protection
	// Secrecy: bound by professional secrecy.
	Secrecy bool
	// RequestWeeks is within how many weeks requests for access or correction are
	// answered; 0: the law's month (GDPR Art. 12(3)).
	RequestWeeks int
	// AuditSamples: an auditor sees samples only, and those masked.
	AuditSamples bool
	// Statements are rules that are shown and not computed with.
	Statements []Statement
	// Sources names the document and place of the rules that are one value, by
	// the rule's name; see SourceOf. A rule that is not in it stands under Source.
	Sources map[string]string
}

// The names of the rules that Sources speaks of.
const (
	RuleClient    = "client"    // the promised hours
	RuleAuthority = "authority" // the law's term
	RuleMail      = "mail"      // names in mail, form of address
	RuleContact   = "contact"   // first channel, messengers, barred senders
	RuleSecrecy   = "secrecy"
	RuleRequests  = "requests"
	RuleAudit     = "audit"
)

// SourceOf returns the document and place that a rule comes from.
func (p Policy) SourceOf(rule string) string {
	if source := p.Sources[rule]; source != "" {
		return source
	}
	return p.Source
}

// mostRequestWeeks is the law's own month with its two more (GDPR Art. 12(3)).
const mostRequestWeeks = 13

// CheckRules adds every fault of the rules on telling, channels, keeping,
// protection and requests. Fields are named as in a policy file, with dots:
// "retention.2.months".
func (p Policy) CheckRules(faults *fault.List) {
	p.checkTelling(faults)
	p.checkWays(faults)
	p.checkRetention(faults)
	p.checkProtections(faults)
	p.checkStatements(faults)
	if p.RequestWeeks < 0 || p.RequestWeeks > mostRequestWeeks {
		faults.Add("requests.weeks", "error.request_weeks", "give 1 to 13 weeks, or 0 for the law's month")
	}
}

// defaultUpdateHours is by when the readers of a preliminary notice hear more.
const defaultUpdateHours = 72

// PreliminaryLead returns how long before the client deadline a notice goes by
// itself, 0 for never: no policy without promised hours has one.
func (p Policy) PreliminaryLead() time.Duration {
	if p.PreliminaryLeadHours <= 0 || p.PreliminaryLeadHours >= p.ClientHours {
		return 0
	}
	return time.Duration(p.PreliminaryLeadHours) * time.Hour
}

// PreliminaryUpdate returns how long after a preliminary notice its readers hear more.
func (p Policy) PreliminaryUpdate() time.Duration {
	if p.PreliminaryUpdateHours <= 0 {
		return defaultUpdateHours * time.Hour
	}
	return time.Duration(p.PreliminaryUpdateHours) * time.Hour
}

// CheckPreliminary adds a fault at field for a lead that cannot be.
func (p Policy) CheckPreliminary(faults *fault.List, field string) {
	switch {
	case p.PreliminaryLeadHours == 0:
	case p.ClientHours == 0:
		faults.Add(field, "error.preliminary_no_promise", "this policy promises no hours, so there is no deadline to go by; leave this empty")
	case p.PreliminaryLeadHours < 0 || p.PreliminaryLeadHours >= p.ClientHours:
		faults.Add(field, "error.preliminary_lead", "give whole hours, at least 1 and fewer than the promise to clients has")
	}
}

// Term is the span of a clock and the offsets from its start at which it warns.
type Term struct {
	Within     time.Duration // 0: as soon as possible, no deadline
	Warn       []Mark
	Escalation Escalation
}

// Mark is one threshold of a clock: its short name and its offset from the start.
type Mark struct {
	Name  string // "w50", "h24", "due"
	After time.Duration
	Alarm bool // needs a person; the deadline itself always does
}

// Escalation is the pace at which an alarm goes from one person to the next.
type Escalation struct {
	After time.Duration // at most this long for each; 0 takes two hours
	Share int           // and at most this share, in percent, of what is left until the deadline; 0 takes half
}

// OrDefault fills in the usual pace.
func (e Escalation) OrDefault() Escalation {
	if e.After <= 0 {
		e.After = 2 * time.Hour
	}
	if e.Share <= 0 || e.Share > 100 {
		e.Share = 50
	}
	return e
}

func (p Policy) escalation() Escalation {
	return Escalation{After: time.Duration(p.EscalateMinutes) * time.Minute, Share: p.EscalateShare}
}

// DefaultClientAlarms are the shares of the client clock, in percent, at which a
// person is needed.
func DefaultClientAlarms() []int { return []int{75, 90} }

// DefaultAuthorityAlarms are the hours after awareness at which one is.
func DefaultAuthorityAlarms() []int { return []int{60, 68, 71} }

// orDefault returns the numbers, or the usual ones when none were ever set.
func orDefault(numbers, usual []int) []int {
	if numbers == nil {
		return usual
	}
	return numbers
}

// ClientTerm returns the promise to clients and its warnings.
func (p Policy) ClientTerm() Term {
	within := time.Duration(p.ClientHours) * time.Hour
	if within == 0 {
		return Term{}
	}
	term := Term{Within: within, Escalation: p.escalation()}
	alarms := orDefault(p.ClientAlarms, DefaultClientAlarms())
	for _, percent := range p.ClientThresholds {
		term.Warn = append(term.Warn, Mark{Name: "w" + strconv.Itoa(percent), After: within * time.Duration(percent) / 100, Alarm: slices.Contains(alarms, percent)})
	}
	term.Warn = append(term.Warn, Mark{Name: "due", After: within})
	return term
}

// AuthorityTerm returns the law's term and its warnings.
func (p Policy) AuthorityTerm() Term {
	within := time.Duration(p.AuthorityHours) * time.Hour
	term := Term{Within: within, Escalation: p.escalation()}
	alarms := orDefault(p.AuthorityAlarms, DefaultAuthorityAlarms())
	for _, hours := range p.AuthorityThresholds {
		term.Warn = append(term.Warn, Mark{Name: "h" + strconv.Itoa(hours), After: time.Duration(hours) * time.Hour, Alarm: slices.Contains(alarms, hours)})
	}
	term.Warn = append(term.Warn, Mark{Name: "due", After: within})
	return term
}
