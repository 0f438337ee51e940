package api

import (
	"net/http"

	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/page"

	"github.com/labstack/echo/v4"
)

func (a *Area) riskRoutes(g doors) {
	g.POST("/risk", a.postRisk)
}

// riskBody is what is asked to be weighed. Nothing of it is stored.
type riskBody struct {
	BreachKinds    list          `json:"breach_kinds"`
	Categories     list          `json:"categories"`
	Persons        *personsBody  `json:"persons"`
	PersonKinds    list          `json:"person_kinds"`
	Context        string        `json:"context"`
	Unintelligible string        `json:"unintelligible"`
	Disclosed      string        `json:"disclosed"`
	Recipient      string        `json:"recipient"`
	Deleted        *bool         `json:"deletion_confirmed"`
	Malicious      bool          `json:"malicious"`
	Backup         string        `json:"backup"`
	RestoredAfter  *float64      `json:"restored_after_hours"`
	Harm           string        `json:"harm_while_unavailable"`
	Severity       *severityBody `json:"severity"`
}

type personsBody struct {
	Min *int `json:"min"`
	Max *int `json:"max"`
}

type severityBody struct {
	DPC *float64   `json:"dpc"`
	EI  *float64   `json:"ei"`
	CB  *partsBody `json:"cb"`
}

type partsBody struct {
	Confidentiality *float64 `json:"confidentiality"`
	Integrity       *float64 `json:"integrity"`
	Availability    *float64 `json:"availability"`
	MaliciousIntent *float64 `json:"malicious_intent"`
}

func (b *partsBody) parts() map[risk.Circumstance]float64 {
	given := map[risk.Circumstance]float64{}
	if b == nil {
		return given
	}
	for part, v := range map[risk.Circumstance]*float64{risk.LossOfConfidentiality: b.Confidentiality, risk.LossOfIntegrity: b.Integrity,
		risk.LossOfAvailability: b.Availability, risk.MaliciousIntent: b.MaliciousIntent} {
		if v != nil {
			given[part] = *v
		}
	}
	return given
}

func (b riskBody) facts() risk.Facts {
	f := risk.Facts{Kinds: as[risk.BreachKind](b.BreachKinds), Categories: as[registry.Category](b.Categories), Unintelligible: risk.Unintelligible(b.Unintelligible),
		Answers: risk.Answers{PersonKinds: as[risk.PersonKind](b.PersonKinds), Context: risk.Context(b.Context), Disclosed: risk.Disclosed(b.Disclosed),
			Recipient: risk.Recipient(b.Recipient), Deleted: b.Deleted, Malicious: b.Malicious, Backup: risk.Backup(b.Backup), RestoredAfter: b.RestoredAfter, Harm: risk.Harm(b.Harm)}}
	if b.Persons != nil {
		f.Persons = risk.Persons{Min: b.Persons.Min, Max: b.Persons.Max}
	}
	if s := b.Severity; s != nil {
		f.Severity = risk.Override{DPC: s.DPC, EI: s.EI, CB: s.CB.parts()}
	}
	return f
}

type riskView struct {
	Severity  severityView     `json:"severity"`
	Recommend recommendView    `json:"recommend"`
	Reasons   []riskReasonView `json:"reasons"`
}

type severityView struct {
	DPC   float64                       `json:"dpc"`
	EI    float64                       `json:"ei"`
	CB    float64                       `json:"cb"`
	Parts map[risk.Circumstance]float64 `json:"cb_parts"`
	SE    float64                       `json:"se"`
	Level risk.Level                    `json:"level"`
	Flags []risk.Flag                   `json:"flags"`
}

type recommendView struct {
	Authority risk.Answer `json:"authority"`
	Persons   risk.Answer `json:"persons"`
}

type riskReasonView struct {
	Code risk.Code `json:"code"`
	Text string    `json:"text"`
}

// postRisk weighs facts without a case, and keeps nothing.
func (a *Area) postRisk(c echo.Context) error {
	var b riskBody
	if err := decode(c, &b); err != nil {
		return err
	}
	got, err := risk.Assess(b.facts())
	if err != nil {
		return err
	}
	got = got.By(a.opts.Office.LawToday(callerOf(c).practice))
	s := got.Severity
	v := riskView{Severity: severityView{DPC: s.DPC, EI: s.EI, CB: s.CB, Parts: s.Parts, SE: s.SE, Level: s.Level, Flags: append([]risk.Flag{}, s.Flags...)},
		Recommend: recommendView{got.Authority, got.Persons}, Reasons: []riskReasonView{}}
	lang := a.languageOf(c)
	for _, r := range got.Reasons {
		v.Reasons = append(v.Reasons, riskReasonView{r.Code, a.words.RiskReason(lang, r)})
	}
	return c.JSON(http.StatusOK, v)
}

// languageOf is the language of texts in an answer: the asked one, else the practice's.
func (a *Area) languageOf(c echo.Context) string {
	if accept := c.Request().Header.Get("Accept-Language"); accept != "" {
		return a.words.Match(accept)
	}
	if callerOf(c).practice.Language == page.English {
		return page.English
	}
	return page.Dutch
}
