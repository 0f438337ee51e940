package incidents

import (
	"fmt"

	"datalek/incidents/register"
)

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
	ReportReceived    EventKind = "report.received"
	ReportDismissed   EventKind = "report.dismissed"
	ReportBecameCase  EventKind = "report.became_incident"
	ReportJoined      EventKind = "report.joined"
	IncidentOpened    EventKind = "incident.opened"
	FactsChanged      EventKind = "incident.facts_changed"
	AwareCorrected    EventKind = "incident.aware_corrected"
	IncidentClosed    EventKind = "incident.closed"
	AssessmentAsked   EventKind = "assessment.asked"
	AssessmentDone    EventKind = "assessment.completed"
	PersonAdded       EventKind = "affected.added"
	PersonRemoved     EventKind = "affected.removed"
	ThresholdPassed   EventKind = "clock.threshold_passed"
	ClockMet          EventKind = "clock.met"
	ClockEnded        EventKind = "clock.ended"
	ClockReopened     EventKind = "clock.reopened"
	DelayExplained    EventKind = "clock.delay_explained"
	DecisionTaken     EventKind = "decision.taken"
	DecisionReopened  EventKind = "decision.reopened"
	FilingRecorded    EventKind = "filing.recorded"
	ControllerTold    EventKind = "controller.told"
	NoticeDrafted     EventKind = "notice.drafted"
	NoticeEdited      EventKind = "notice.edited"
	NoticeApproved    EventKind = "notice.approved"
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
)

// System is the program itself.
func System() Actor { return Actor{Kind: register.ActorSystem} }

// Outbox is the part of an aggregate that holds events not yet published.
type Outbox struct {
	Seq     int64   // number of the last event
	Pending []Event // oldest first
}

// put adds an event of the aggregate with the given id.
func (o *Outbox) put(aggregate string, e Event) {
	o.Seq++
	e.ID = fmt.Sprintf("%s-%d", aggregate, o.Seq)
	o.Pending = append(o.Pending, e)
}
