package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/risk"
	"datalek/web/page"
	"datalek/web/parts"
)

// advice is what datalek recommends about a case, with all that leads to it.
type advice struct {
	Authority, Persons string
	Reasons            []string
	Score              []parts.Row
	Level              string
	Sum                string // of the severity, "3 × 1 + 0.25 = 3.25"
	// Unanswered says that a question is open on which the advice may hang.
	Unanswered bool
	// Policy is what the practice's own policy says that bears on it.
	Policy []string
}

// adviceOf weighs the case. A case that cannot be weighed has none.
func adviceOf(c echo.Context, inc *incidents.Incident) *advice {
	f := inc.RiskFacts()
	got, err := inc.Weighed()
	if err != nil {
		return nil
	}
	v := &advice{Authority: page.T(c, "risk.authority."+string(got.Authority)),
		Persons: page.T(c, "risk.persons."+string(got.Persons)), Level: page.T(c, "risk.level."+string(got.Severity.Level)),
		Score: scoreRows(c, got.Severity), Sum: sumText(c, got.Severity), Unanswered: f.Disclosed == "" || f.Recipient == "", Policy: policyNotes(c, inc)}
	for _, r := range got.Reasons {
		v.Reasons = append(v.Reasons, page.RiskReason(c, r))
	}
	return v
}

// policyNotes says what stood in the way of the breach by the practice's own
// policy, which may make the data unintelligible (GDPR Art. 34(3)(a)), and
// whether professional secrecy binds it. It decides nothing: whether a measure
// held that day is for a person to say.
func policyNotes(c echo.Context, inc *incidents.Incident) []string {
	policy := page.Practice(c).Policy
	var notes []string
	for _, system := range inc.Facts.Systems {
		for _, x := range policy.Protects(system) {
			notes = append(notes, page.T(c, "rules.advice."+protects(x.Kind), "what", page.T(c, "rules.protection."+string(x.Kind)), "source", x.Source))
		}
	}
	slices.Sort(notes)
	notes = slices.Compact(notes)
	if policy.Secrecy {
		notes = append(notes, page.T(c, "rules.advice.secrecy", "source", policy.SourceOf(registry.RuleSecrecy)))
	}
	return notes
}

// protects says what a measure does: it hides the data, or keeps people out.
func protects(kind registry.ProtectionKind) string {
	switch kind {
	case registry.DiskEncryption, registry.FileEncryption:
		return "hidden"
	default:
		return "kept_out"
	}
}

// scoreRows shows each factor of the severity (ENISA 2013).
func scoreRows(c echo.Context, s risk.Severity) []parts.Row {
	n := func(v float64) string { return numberText(page.Lang(c), v) }
	var circumstances []string
	for _, part := range risk.Circumstances() {
		circumstances = append(circumstances, page.T(c, "risk.part."+string(part))+": "+n(s.Parts[part]))
	}
	rows := []parts.Row{
		{Key: page.T(c, "risk.score.dpc"), Value: n(s.DPC)},
		{Key: page.T(c, "risk.score.ei"), Value: n(s.EI)},
		{Key: page.T(c, "risk.score.cb"), Value: n(s.CB), Lines: circumstances},
		{Key: page.T(c, "risk.score.se"), Value: sumText(c, s) + " (" + page.T(c, "risk.level."+string(s.Level)) + ")"},
	}
	for _, flag := range s.Flags {
		rows[3].Lines = append(rows[3].Lines, page.T(c, "risk.flag."+string(flag)))
	}
	return rows
}

// sumText writes the severity as a sum.
func sumText(c echo.Context, s risk.Severity) string {
	n := func(v float64) string { return numberText(page.Lang(c), v) }
	return fmt.Sprintf("%s × %s + %s = %s", n(s.DPC), n(s.EI), n(s.CB), n(s.SE))
}

// numberText writes a factor as people do: 2,5 in Dutch and 2.5 in English.
func numberText(lang string, v float64) string {
	text := strconv.FormatFloat(v, 'f', -1, 64)
	if lang == page.Dutch {
		text = strings.Replace(text, ".", ",", 1)
	}
	return text
}
