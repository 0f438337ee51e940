package record

import (
	"maps"

	"datalek/incidents/law"
	"datalek/incidents/registry"
)

// rule is the stored form of law.Rule, within the sealed part of its case.
type rule struct {
	ID         string             `json:"id"`
	Topic      law.Topic          `json:"topic"`
	Authority  registry.Authority `json:"authority"`
	Says       map[string]string  `json:"says"`
	From       registry.Date      `json:"from"`
	Until      registry.Date      `json:"until"`
	Document   string             `json:"document"`
	Article    string             `json:"article"`
	Hours      int                `json:"hours"`
	Starts     law.Start          `json:"starts"`
	Risk       law.Risk           `json:"risk"`
	Edition    string             `json:"edition"`
	Beside     int                `json:"beside"`
	Instead    int                `json:"instead"`
	ByCapacity bool               `json:"by_capacity"`
	Months     int                `json:"months"`
}

func fromRule(v law.Rule) rule {
	return rule{ID: v.ID, Topic: v.Topic, Authority: v.Authority, Says: maps.Clone(v.Says), From: v.From, Until: v.Until, Document: v.Source.Document,
		Article: v.Source.Article, Hours: v.Hours, Starts: v.Starts, Risk: v.Risk, Edition: v.Edition, Beside: v.Beside, Instead: v.Instead,
		ByCapacity: v.ByCapacity, Months: v.Months}
}

func (r rule) toRule() law.Rule {
	return law.Rule{ID: r.ID, Topic: r.Topic, Authority: r.Authority, Says: r.Says, From: r.From, Until: r.Until,
		Source: law.Source{Document: r.Document, Article: r.Article}, Hours: r.Hours, Starts: r.Starts, Risk: r.Risk, Edition: r.Edition,
		Beside: r.Beside, Instead: r.Instead, ByCapacity: r.ByCapacity, Months: r.Months}
}
