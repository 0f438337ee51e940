package incidents

import (
	"cmp"
	"strings"
	"time"

	"datalek/incidents/law"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/incidents/tenant"
)

// IncidentState is where a case stands.
type IncidentState string

// The states of an incident.
const (
	StateOpen   IncidentState = "open"
	StateClosed IncidentState = "closed"
)

// Incident is the practice's case. Its clocks live inside it, so state and
// deadline cannot disagree.
type Incident struct {
	ID         string
	PracticeID tenant.ID
	Reference  string // the practice's own number, "2027-0003"
	// CaseKey joins every stage of one processor's report: processor and reference;
	// "" for other sources.
	CaseKey   string
	Version   int64 // guards every update; the store sets it
	Source    Source
	State     IncidentState
	CreatedAt time.Time
	ClosedAt  time.Time
	ReportIDs []string
	Facts     Facts
	Story     Story
	Aware     []Finding // oldest first; the last is in force
	// Pace is how many times faster the clocks of a drill's case run; 0 or 1: real time.
	Pace       int
	Clocks     []Clock
	Assessment Assessment
	Decisions  []Decision
	Filings    []Filing
	// ControllerNotices tell when the controller was told, oldest first; empty when
	// the practice is itself the controller.
	ControllerNotices []ControllerNotice
	Outbox            Outbox
	// Updates are the promises to tell more by a set time, oldest first.
	Updates []Update
	// News are what later stages of a supplier's report changed, oldest first.
	News []News
	// ToldUpTo is up to when clients who were told know what happened; zero until
	// the first notice to clients is approved.
	ToldUpTo time.Time
	// StepsWarned are the first steps of which the practitioner was warned that they
	// are late, by AnswerKey; StepsWarnedAt is when that last happened, zero for never.
	StepsWarned   []string
	StepsWarnedAt time.Time
	// Preliminary is the notice that goes by itself when nobody decides; the zero
	// value is none.
	Preliminary Preliminary
	// Law is the rules of the day of awareness, kept whole: a later change of the
	// data moves nothing. Empty in a case from before rules were kept.
	Law law.Set
	// Kept are the rules that the case went on under when its practice changed its
	// own; nil: it follows the practice's.
	Kept *registry.Policy
	// HeldRules are the rules behind the grounds of the newest assessment.
	HeldRules []HeldRule
	// Announcements are the recorded publications of Art. 34(3)(c), oldest first.
	Announcements []Announcement
	// ForAuthority is what only the authority's form asks.
	ForAuthority AuthorityAnswers
	// Traces are what was decided about personal things in texts for the authority.
	Traces []TraceChoice
	// PersonDecisions are those about telling one person, oldest first.
	PersonDecisions []PersonDecision
	// Steps are the marks on first steps, oldest first, those of a former kind of
	// breach too.
	Steps []StepMark
	// Measures are the things to do because of the breach, in the order in which
	// they were thought of.
	Measures []Measure
}

// BreachKind is what happened to the data (GDPR Art. 4(12); EDPB Guidelines 9/2022).
type BreachKind = risk.BreachKind

// The kinds of breach; several may combine.
const (
	Confidentiality = risk.Confidentiality
	Integrity       = risk.Integrity
	Availability    = risk.Availability
)

// Unintelligible says whether strangers could read the data (Art. 34(3)(a)).
type Unintelligible = risk.Unintelligible

// The answers.
const (
	UnintelligibleYes     = risk.UnintelligibleYes
	UnintelligiblePartly  = risk.UnintelligiblePartly
	UnintelligibleNo      = risk.UnintelligibleNo
	UnintelligibleUnknown = risk.UnintelligibleUnknown
)

// PracticeRole is what the practice is for the breached data.
type PracticeRole string

// The roles.
const (
	AsController PracticeRole = "controller"
	AsProcessor  PracticeRole = "processor"
	AsJoint      PracticeRole = "joint"
)

// Facts is what is known of the breach, without personal data: matching,
// clocks and playbooks read it.
type Facts struct {
	Playbook       string
	OccurredFrom   *time.Time // nil: not known
	OccurredUntil  *time.Time // nil: not known
	OccurredApprox bool
	DiscoveredAt   time.Time
	Systems        []string // nil: not known which
	Categories     []registry.Category
	// Categories nil: all that is held there. BreachKinds nil: not known.
	BreachKinds    []BreachKind
	Unintelligible Unintelligible
	Role           PracticeRole
	// HandPicked: the persons are listed in Story.Subjects; else everyone in the systems.
	HandPicked bool
	// ProcessorID and ProcessorAwareAt stand when a processor reported.
	ProcessorID      string
	ProcessorAwareAt *time.Time
	// ProcessorToldAt is when it told the host, for a practice that noted it later;
	// nil: when the practice became aware.
	ProcessorToldAt *time.Time
	// AccessClosedAt is when strangers were shut out of the breached sender mailbox.
	AccessClosedAt *time.Time
	// Risk is what was answered for weighing the risk alone.
	Risk risk.Answers
	// Said is what follows from the answers to the kind's questions, as the playbook
	// of that moment has it; nil for nothing.
	Said []risk.Said
	// Usual are the kinds of breach, and Steps the times of the first steps, that the
	// playbook of that moment has for this kind of case; nil when nothing is known of it.
	Usual []BreachKind
	Steps []StepTime
}

// Story is the free text and the personal data of a case; stored sealed.
type Story struct {
	Summary         string
	DiscoveredHow   string
	MeasuresTaken   string
	MeasuresPlanned string
	Consequences    string
	// Controller names the organisation whose data it is, or with whom the practice
	// shares it; "" when the data is the practice's own or nobody has said.
	Controller string
	// Answers are those to the questions that a kind of breach adds, by AnswerKey;
	// those of a former kind stay.
	Answers       map[string]string
	Subjects      Subjects
	Recipients    []Recipient // those to whom data went by mistake
	Overrides     []Override
	ProcessorSays *ProcessorFacts // what the processor last reported
}

// AnswerKey names the answer to a question of a kind of breach.
func AnswerKey(playbook, question string) string { return playbook + "/" + question }

// Answer returns what was answered to a question of the case's own kind, "" for
// nothing.
func (i *Incident) Answer(question string) string {
	return i.Story.Answers[AnswerKey(i.Facts.Playbook, question)]
}

// Subjects are the persons the breach is about, when chosen by hand.
type Subjects struct {
	Emails      []string
	ExternalIDs []string
}

// RecipientKind is how far a wrong recipient can be relied on (EDPB Guidelines 9/2022).
type RecipientKind string

// The kinds of recipient.
const (
	RecipientTrusted RecipientKind = "trusted"
	RecipientKnown   RecipientKind = "known"
	RecipientUnknown RecipientKind = "unknown"
)

// Recipient is somebody to whom data went by mistake: never a person it was about.
type Recipient struct {
	Email string
	Kind  RecipientKind
}

// Override is a person whom the practitioner added or took out, with the reason.
type Override struct {
	ClientID string
	Include  bool
	Reason   string
	By       Actor
	At       time.Time
}

// Finding is when the practice became aware, who says so, and why (GDPR
// Art. 33(1); EDPB Guidelines 9/2022, II.A.2).
type Finding struct {
	AwareAt   time.Time
	Basis     string
	Estimated bool // only the date was known; 00.00 that day was taken
	By        Actor
	At        time.Time // when it was recorded
	Reason    string    // of a correction
}

// ProcessorFacts is what a processor's report said of the facts we also keep;
// an update replaces only what nobody has changed since.
type ProcessorFacts struct {
	Stage         string     // initial, update, final; "" when the sender names none
	SaidAt        *time.Time // when he says it was so, by his own clock; nil when he does not
	Summary       string
	OccurredFrom  *time.Time
	OccurredUntil *time.Time
	Systems       []string
	Categories    []registry.Category
	BreachKinds   []BreachKind
	Measures      string
	Consequences  string
}

// Over completes what a processor says now with what only an older message of it says.
func (f ProcessorFacts) Over(older ProcessorFacts) ProcessorFacts {
	if f.OccurredFrom == nil {
		f.OccurredFrom = older.OccurredFrom
	}
	if f.OccurredUntil == nil {
		f.OccurredUntil = older.OccurredUntil
	}
	if len(f.Systems) == 0 {
		f.Systems = older.Systems
	}
	if len(f.Categories) == 0 {
		f.Categories = older.Categories
	}
	if len(f.BreachKinds) == 0 {
		f.BreachKinds = older.BreachKinds
	}
	f.Stage, f.Summary = cmp.Or(f.Stage, older.Stage), cmp.Or(f.Summary, older.Summary)
	f.Measures, f.Consequences = cmp.Or(f.Measures, older.Measures), cmp.Or(f.Consequences, older.Consequences)
	return f
}

// NewIncident is what it takes to open a case.
type NewIncident struct {
	ID         string
	PracticeID tenant.ID
	Reference  string
	CaseKey    string
	ReportID   string
	Source     Source
	Facts      Facts
	Story      Story
	AwareAt    time.Time
	AwareBasis string
	Estimated  bool
	Policy     registry.Policy
	// Law is the rules that hold on the day of AwareAt; empty takes the policy's hours.
	Law law.Set
	// Contract is the reporting processor's promise, nil when none is known.
	Contract *time.Duration
	// Pace makes the clocks of a drill run faster; 0 is real time.
	Pace int
	By   Actor
}

// Open validates and opens an incident with its clocks running, all faults at once.
func Open(n NewIncident, now time.Time) (*Incident, error) {
	if err := n.validate(now); err != nil {
		return nil, err
	}
	inc := &Incident{
		ID: n.ID, PracticeID: n.PracticeID, Reference: n.Reference, CaseKey: n.CaseKey, Source: n.Source,
		State: StateOpen, CreatedAt: now, Facts: n.Facts, Story: n.Story, Pace: n.Pace, Law: n.Law,
		Aware: []Finding{{AwareAt: n.AwareAt.UTC(), Basis: n.AwareBasis, Estimated: n.Estimated, By: n.By, At: now}},
	}
	if n.ReportID != "" {
		inc.ReportIDs = []string{n.ReportID}
	}
	inc.startClocks(n.Policy, n.Contract, now)
	inc.Preliminary = newPreliminary(n.Policy)
	inc.Assessment.Wanted = 1
	inc.note(withRevisions(Event{Kind: IncidentOpened, At: now, Actor: n.By, Facts: withRules(n.Law, map[string]string{
		"reference": n.Reference, "source": string(n.Source), "playbook": n.Facts.Playbook,
		"aware_at": n.AwareAt.UTC().Format(time.RFC3339),
	}), Words: map[string]string{"aware_basis": n.AwareBasis}}, Facts{}, n.Facts, Story{}, n.Story))
	inc.notePlan(now)
	return inc, nil
}

func (i *Incident) startClocks(policy registry.Policy, contract *time.Duration, now time.Time) {
	aware := i.AwareAt()
	authority := NewClock(AuthorityClock, aware, atPace(policy.AuthorityTermOf(i.Law.Hours()), i.Pace))
	if i.Facts.Role == AsProcessor {
		authority.end(now, EndedProcessorRole)
	}
	i.Clocks = []Clock{NewClock(ClientClock, aware, atPace(policy.ClientTerm(), i.Pace)), authority}
	if i.Facts.Role != AsController {
		i.Clocks = append(i.Clocks, NewClock(ControllerClock, aware, registry.Term{}))
	}
	i.startContract(contract)
}

// AwareAt returns the moment of awareness in force.
func (i *Incident) AwareAt() time.Time { return i.Aware[len(i.Aware)-1].AwareAt }

// Clock returns the clock of a kind, nil when the case has none.
func (i *Incident) Clock(kind ClockKind) *Clock {
	for n := range i.Clocks {
		if i.Clocks[n].Kind == kind {
			return &i.Clocks[n]
		}
	}
	return nil
}

// NextAt returns when the keeper must look at the case again, false for never.
func (i *Incident) NextAt() (time.Time, bool) {
	var next time.Time
	for _, c := range i.Clocks {
		if at, some := c.NextAt(); some && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	if at, some := i.nextPreliminary(); some && (next.IsZero() || at.Before(next)) {
		next = at
	}
	if at, some := i.nextStepWarning(); some && (next.IsZero() || at.Before(next)) {
		next = at
	}
	return next, !next.IsZero()
}

// DueAt returns the nearest deadline of a duty still undone, false when none stands.
func (i *Incident) DueAt() (time.Time, bool) {
	var next time.Time
	for _, c := range i.Clocks {
		if due, some := c.DueAt(); some && c.open() && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	return next, !next.IsZero()
}

// Fire marks every threshold due at now and tells of the newest of each clock. One
// that needs a person starts an alarm.
func (i *Incident) Fire(now time.Time) []Firing {
	var fired []Firing
	for n := range i.Clocks {
		if f, some := i.Clocks[n].fire(now); some {
			fired = append(fired, f)
			e := firingEvent(f, i.Clocks[n], now)
			if a := i.Clocks[n].raise(f, now); a != nil {
				e.Facts["alarm"] = a.ID
			}
			i.note(e)
		}
	}
	if f, some := i.firePreliminary(now); some {
		fired = append(fired, f)
	}
	return fired
}

func firingEvent(f Firing, c Clock, now time.Time) Event {
	due, _ := c.DueAt()
	facts := map[string]string{"clock": string(f.Clock), "mark": f.Mark,
		"at": f.At.Format(time.RFC3339Nano), "due_at": due.Format(time.RFC3339Nano)}
	if len(f.Missed) > 0 {
		facts["missed"] = strings.Join(f.Missed, ",")
	}
	return Event{Kind: ThresholdPassed, At: now, Actor: System(), Facts: facts}
}

func (i *Incident) note(e Event) {
	e.PracticeID, e.IncidentID = i.PracticeID, i.ID
	i.Outbox.Put(i.ID, e)
}
