package record

import (
	"maps"
	"time"

	"datalek/incidents"
	"datalek/incidents/traces"
)

// authorityAnswers is the stored form of incidents.AuthorityAnswers, within the
// sealed part of its case.
type authorityAnswers struct {
	Given             map[string]string `json:"given"`
	Persons           amount            `json:"persons"`
	Records           amount            `json:"records"`
	Abroad            *bool             `json:"abroad"`
	Countries         string            `json:"countries"`
	MainEstablishment string            `json:"main_establishment"`
}

type amount struct {
	Min *int `json:"min"`
	Max *int `json:"max"`
}

type traceChoice struct {
	Kind   traces.Kind `json:"kind"`
	Text   string      `json:"text"`
	Keep   bool        `json:"keep"`
	Reason string      `json:"reason"`
	By     Actor       `json:"by"`
	At     time.Time   `json:"at"`
}

type filedAnswer struct {
	Question string `json:"question"`
	Text     string `json:"text"`
}

func fromAuthorityAnswers(v incidents.AuthorityAnswers) authorityAnswers {
	return authorityAnswers{Given: maps.Clone(v.Given), Persons: amount(v.Persons), Records: amount(v.Records), Abroad: v.Abroad,
		Countries: v.Countries, MainEstablishment: v.MainEstablishment}
}

func (r authorityAnswers) toAuthorityAnswers() incidents.AuthorityAnswers {
	return incidents.AuthorityAnswers{Given: r.Given, Persons: incidents.Amount(r.Persons), Records: incidents.Amount(r.Records), Abroad: r.Abroad,
		Countries: r.Countries, MainEstablishment: r.MainEstablishment}
}

func fromTraceChoice(v incidents.TraceChoice) traceChoice {
	return traceChoice{Kind: v.Kind, Text: v.Text, Keep: v.Keep, Reason: v.Reason, By: Actor(v.By), At: cut(v.At)}
}

func (r traceChoice) toTraceChoice() incidents.TraceChoice {
	return incidents.TraceChoice{Kind: r.Kind, Text: r.Text, Keep: r.Keep, Reason: r.Reason, By: incidents.Actor(r.By), At: r.At}
}
