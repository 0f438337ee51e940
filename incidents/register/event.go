package register

import (
	"time"

	"datalek/incidents/tenant"
)

// Kind names what happened, in the past tense.
type Kind string

// ActorKind is the kind of somebody or something that acts.
type ActorKind string

// The actors.
const (
	ActorUser      ActorKind = "user"
	ActorAPI       ActorKind = "api"
	ActorProcessor ActorKind = "processor"
	ActorPublic    ActorKind = "public"
	ActorSystem    ActorKind = "system"
	ActorLink      ActorKind = "link" // whoever got a link by mail; the facts say at which level
	// ActorPolicy acts by the practice's own standing choice, without a person.
	ActorPolicy ActorKind = "policy"
	ActorReader ActorKind = "reader" // of a notice, by the code in his mail
)

// Actor is who did it. ID is a random id, never a name.
type Actor struct {
	Kind ActorKind
	ID   string
}

// Event is something that happened to an aggregate. It is saved together with
// the change it tells of, then published by the relay and kept in the register.
type Event struct {
	// ID is the aggregate's id and a running number; it dedupes everywhere.
	ID         string
	PracticeID tenant.ID
	IncidentID string // "" for a report that is no case
	Subject    string // id of the notice, delivery, report or client concerned; may be ""
	Kind       Kind
	At         time.Time // UTC, cut to milliseconds
	Actor      Actor
	// Facts are plain: no names, no addresses, no free text.
	Facts map[string]string
	// Words are free text and personal data: reasons, before and after; stored sealed.
	Words map[string]string
}
