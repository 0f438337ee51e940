package incidents

import "datalek/incidents/register"

// The register's types, in which a case writes its history.
type (
	// Event is something that happened to an aggregate.
	Event = register.Event
	// EventKind names what happened.
	EventKind = register.Kind
	// Actor is who did it.
	Actor = register.Actor
)

// The events of a case. Each becomes one entry of the register.
const (
	ReportReceived   EventKind = "report.received"
	ReportKeptAside  EventKind = "report.kept_aside" // a trial, or a message that is no breach
	ReportDismissed  EventKind = "report.dismissed"
	ReportBecameCase EventKind = "report.became_incident"
	ReportJoined     EventKind = "report.joined"
	// ProcessorKnew: a processor said since when it knew, in a later message only.
	ProcessorKnew  EventKind = "processor.knew"
	IncidentOpened EventKind = "incident.opened"
	FactsChanged   EventKind = "incident.facts_changed"
	AwareCorrected EventKind = "incident.aware_corrected"
	IncidentClosed EventKind = "incident.closed"
	// CaseFileMade: somebody had a file of the whole case made.
	CaseFileMade EventKind = "incident.file_made"
	// LawChanged: the day of awareness moved to one with other rules of law.
	LawChanged EventKind = "incident.law_changed"
	// PolicyAdopted: the case came under its practice's new rules.
	PolicyAdopted EventKind = "incident.policy_adopted"
	// PolicyChanged: a practice changed its rules; it belongs to no case.
	PolicyChanged    EventKind = "practice.policy_changed"
	AssessmentAsked  EventKind = "assessment.asked"
	AssessmentDone   EventKind = "assessment.completed"
	PersonAdded      EventKind = "affected.added"
	PersonRemoved    EventKind = "affected.removed"
	PersonToBeTold   EventKind = "affected.to_be_told"
	PersonNotTold    EventKind = "affected.not_told"
	ThresholdPassed  EventKind = "clock.threshold_passed"
	ClockMet         EventKind = "clock.met"
	ClockEnded       EventKind = "clock.ended"
	ClockReopened    EventKind = "clock.reopened"
	DelayExplained   EventKind = "clock.delay_explained"
	DecisionTaken    EventKind = "decision.taken"
	DecisionReopened EventKind = "decision.reopened"
	FilingRecorded   EventKind = "filing.recorded"
	ControllerTold   EventKind = "controller.told"
	NoticeDrafted    EventKind = "notice.drafted"
	NoticeEdited     EventKind = "notice.edited"
	NoticeApproved   EventKind = "notice.approved"
	// NoticeSigned: the first of two people approved it; the second is still to come.
	NoticeSigned      EventKind = "notice.signed"
	NoticeSuperseded  EventKind = "notice.superseded"
	NoticeProgress    EventKind = "notice.progress"
	NoticeSent        EventKind = "notice.sent"
	ToldOtherwise     EventKind = "delivery.told_otherwise"
	FoundUnreachable  EventKind = "delivery.unreachable"
	SenderAccountDown EventKind = "sender.account_refused"
	UpdatePromised    EventKind = "update.promised"
	UpdateMoved       EventKind = "update.moved"
	UpdateSettled     EventKind = "update.settled" // by a person's word
	// MailBounced: a mail came back and its reader must be told in another way.
	MailBounced EventKind = "delivery.bounced"
	// MailReturned: something came back that leaves its reader told or waiting.
	MailReturned     EventKind = "delivery.returned"
	IncidentReopened EventKind = "incident.reopened"
	// AlarmStepped: nobody had seen an alarm, so the next person was asked.
	AlarmStepped EventKind = "alarm.stepped"
	// AlarmUnheard: an alarm found nobody at a level, and went on.
	AlarmUnheard EventKind = "alarm.unheard"
	// AlarmSeen: somebody said that he saw an alarm, which ended it.
	AlarmSeen EventKind = "alarm.seen"
	// The preliminary notice that goes by itself, by the practice's policy.
	PreliminaryWasPlanned EventKind = "preliminary.planned"
	PreliminaryWasStopped EventKind = "preliminary.stopped"
	PreliminaryWasResumed EventKind = "preliminary.resumed"
	PreliminaryCameDue    EventKind = "preliminary.due"
	PreliminaryHasNoWay   EventKind = "preliminary.no_sender"
	PreliminaryWent       EventKind = "preliminary.sent"
	// NoticeRead: a reader said himself that he read it; it tells nobody.
	NoticeRead       EventKind = "delivery.read"
	QuestionAsked    EventKind = "question.asked"
	QuestionAnswered EventKind = "question.answered"
	// TriedInVain: a person tried to reach a reader; he is still to be told.
	TriedInVain EventKind = "delivery.tried"
	// The public communication of Art. 34(3)(c).
	AnnouncementMade   EventKind = "announcement.recorded"
	AnnouncementUndone EventKind = "announcement.undone"
	// AuthorityAnswered: what only the authority's form asks was answered.
	AuthorityAnswered EventKind = "authority.answered"
	// TraceSettled: something personal in a text for the authority is left out, or
	// is kept for a reason.
	TraceSettled EventKind = "authority.trace_settled"
	// The first steps of a kind of breach.
	StepDone     EventKind = "step.done"
	StepSkipped  EventKind = "step.not_applicable"
	StepReopened EventKind = "step.reopened"
	// StepsLate: the time of first steps is over, and they are still open.
	StepsLate EventKind = "step.late"
	// The things to do because of a breach.
	MeasureAdded   EventKind = "measure.added"
	MeasureChanged EventKind = "measure.changed"
	MeasureDone    EventKind = "measure.done"
	MeasureDropped EventKind = "measure.dropped"
)

// System is the program itself.
func System() Actor { return Actor{Kind: register.ActorSystem} }

// Reader is somebody who opened his notice with the code from his mail.
func Reader() Actor { return Actor{Kind: register.ActorReader} }

// ByPolicy is the practice's own standing choice, which acts without a person.
func ByPolicy() Actor { return Actor{Kind: register.ActorPolicy} }

// Outbox is the part of an aggregate that holds events not yet published.
type Outbox = register.Outbox
