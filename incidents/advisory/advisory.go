// Package advisory is what a supplier's message about a breach says, in our own
// words, whatever form it came in. Readers of each sender's form fill it; what
// becomes of it for one practice is decided elsewhere.
//
// Its limits hold for whoever fills it: texts are clean and bounded, lists are
// short, times lie between 1990 and the moment we were told.
package advisory

import (
	"strings"
	"time"

	"datalek/incidents"
	"datalek/incidents/registry"
)

// Format is a sender's form of message.
type Format string

// The forms that are known.
const (
	Own             Format = "datalek" // our own contract, processor.breach.reported
	AzureActivity   Format = "azure-activity-log"
	AzureCommon     Format = "azure-common"
	Microsoft365    Format = "microsoft-365"
	GoogleWorkspace Format = "google-workspace"
	FormBody        Format = "form" // a web form's body, of no known meaning
	// Answer is what a supplier answered on its own page of a report.
	Answer Format = "answer"
)

// Stage is how far a supplier's own case has come.
type Stage string

// The stages in their order; "" when the sender names none.
const (
	StageInitial Stage = "initial"
	StageUpdate  Stage = "update"
	StageFinal   Stage = "final"
)

// Why a message is no breach although it can be read.
const (
	WhyMaintenance = "maintenance"    // planned work of the supplier
	WhyOutage      = "outage"         // a service is or was down
	WhyNotice      = "notice"         // advice or news without a breach
	WhyOwnMachine  = "own_machine"    // an alarm about the customer's own machine or account
	WhyOtherAlert  = "other_alert"    // another kind of alert of this sender
	WhyNoPrivacy   = "no_privacy_tag" // a post that the sender did not mark as data privacy
)

// Advisory is one message, read.
type Advisory struct {
	Kind   incidents.MessageKind
	Format Format
	// Wrapped names the envelopes it came in, the outer one first.
	Wrapped []string
	Why     string // one of the codes above, of a message beside
	// Fault says why an unknown message could not be read; it wraps fault.Invalid.
	Fault error

	Reference string // the sender's key of the case; never "" in a report
	Message   string // the sender's id of this communication; "" when it has none
	Stage     Stage
	StageSaid string // in the sender's own word
	SaidAt    *time.Time
	Claims    []incidents.Claim

	Title string // one line
	Text  string // lines; what the sender says happened

	OccurredFrom     *time.Time
	OccurredUntil    *time.Time
	ProcessorAwareAt *time.Time
	BadWindow        bool // the times of the breach could not be, and count as unknown

	Services  []string // as the sender names them; none means all
	Regions   []string
	Customers []string // references of the customer: practice, subscription, tenant, domain
	// Subscriptions are those of Azure that the message is about, without what the
	// maker of an alert's rule wrote into it.
	Subscriptions []string
	People        []string // addresses of the persons whom the sender names as affected

	Categories   []registry.Category
	UnknownKinds []string // names of data that are not in our list
	BreachKinds  []incidents.BreachKind
	SubjectKinds []string
	Subjects     *Count // how many people
	Records      *Count

	Unintelligible incidents.Unintelligible
	Consequences   string
	Measures       string   // taken
	Advice         []string // what the sender advises to do

	// SubProcessors are firms below the sender that were involved; nil when it says
	// nothing of it, empty when it says that none were.
	SubProcessors []string

	Reporter string // firm that reports, "" when not told
	Contact  Contact
	NextAt   *time.Time // by when the sender tells more
	Links    []string   // https only
}

// Count is a number as far as it is known; a nil end is open.
type Count struct{ Min, Max *int }

// Contact is whom to ask at the supplier (GDPR Art. 33(3)(b)).
type Contact struct{ Name, Email, Phone string }

// IsZero reports whether there is nobody to ask.
func (c Contact) IsZero() bool { return c == Contact{} }

// Summary is the sender's story: its title, unless the text begins with it, and
// its text.
func (a Advisory) Summary() string {
	switch {
	case a.Title == "" || strings.HasPrefix(a.Text, a.Title):
		return Cut(a.Text, MaxSummary)
	case a.Text == "":
		return a.Title
	default:
		return Cut(a.Title+"\n\n"+a.Text, MaxSummary)
	}
}

// Says is what the message says of the facts that a case keeps too. It has no
// Systems: which these are differs by practice.
func (a Advisory) Says() incidents.ProcessorFacts {
	return incidents.ProcessorFacts{Stage: string(a.Stage), SaidAt: a.SaidAt, Summary: a.Summary(),
		OccurredFrom: a.OccurredFrom, OccurredUntil: a.OccurredUntil, Categories: a.Categories, BreachKinds: a.BreachKinds,
		Measures: a.Measures, Consequences: a.Consequences}
}

// Facts is what a practice's report keeps of the message.
func (a Advisory) Facts() incidents.Message {
	m := incidents.Message{Kind: a.Kind, Format: string(a.Format), Why: a.Why, Title: a.Title, Stage: a.StageSaid, Claims: a.Claims, Links: a.Links}
	if a.Kind == incidents.MessageReport {
		for _, p := range Missing(a) {
			m.Missing = append(m.Missing, string(p))
		}
	}
	return m
}
