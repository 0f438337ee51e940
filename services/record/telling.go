package record

import (
	"time"

	"datalek/incidents"
)

type personDecision struct {
	ClientID string           `json:"client_id"`
	Tell     bool             `json:"tell"`
	Ground   incidents.Ground `json:"ground"`
	Reason   string           `json:"reason"`
	By       Actor            `json:"by"`
	At       time.Time        `json:"at"`
}

func fromPersonDecision(v incidents.PersonDecision) personDecision {
	return personDecision{ClientID: v.ClientID, Tell: v.Tell, Ground: v.Ground, Reason: v.Reason, By: Actor(v.By), At: cut(v.At)}
}

func (r personDecision) toPersonDecision() incidents.PersonDecision {
	return incidents.PersonDecision{ClientID: r.ClientID, Tell: r.Tell, Ground: r.Ground, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At}
}
