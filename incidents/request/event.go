package request

import (
	"strings"

	"datalek/incidents"
)

// The events of a request. None names a person: Subject is the request's id.
const (
	Received        incidents.EventKind = "request.received"
	IdentityChecked incidents.EventKind = "request.identity_checked"
	CopyGone        incidents.EventKind = "request.copy_destroyed"
	Exported        incidents.EventKind = "request.exported"
	Extended        incidents.EventKind = "request.extended"
	ThresholdPassed incidents.EventKind = "request.threshold_passed" //nolint:gosec // the name of an event
	WasAnswered     incidents.EventKind = "request.answered"
	Reopened        incidents.EventKind = "request.reopened"
	ErasureBegun    incidents.EventKind = "request.erasure_begun"
	Erased          incidents.EventKind = "request.erased"
)

// EventKinds returns all of them.
func EventKinds() []incidents.EventKind {
	return []incidents.EventKind{Received, IdentityChecked, CopyGone, Exported, Extended, ThresholdPassed, WasAnswered, Reopened, ErasureBegun, Erased}
}

// Of reports whether an event belongs to a request.
func Of(kind incidents.EventKind) bool { return strings.HasPrefix(string(kind), "request.") }
