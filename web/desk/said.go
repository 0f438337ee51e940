package desk

import (
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/risk"
	"datalek/playbooks"
	"datalek/web/page"
	"datalek/web/parts"
)

// saidRows lists the facts of the risk that follow from answers to the kind's
// questions, each with the answer that it follows from.
func (a *Area) saidRows(c echo.Context, inc *incidents.Incident) []parts.Row {
	var rows []parts.Row
	for _, s := range inc.SaidFacts() {
		row := parts.Row{Key: factText(c, s.Fact), Value: valueText(c, s)}
		if answer := a.answerText(c, inc, s.Question); answer != "" {
			row.Lines = []string{answer}
		}
		if inc.State == incidents.StateOpen {
			row.Href = homeOf(inc) + "/risk/answers#" + string(s.Fact)
			if s.Fact == risk.FactUnintelligible {
				row.Href = homeOf(inc) + "/facts#" + string(s.Fact)
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// answerText says which answer to which question; "" when the kind asks it no more.
func (a *Area) answerText(c echo.Context, inc *incidents.Incident, question string) string {
	kind := a.playbookOf(inc)
	at := slices.IndexFunc(kind.Questions, func(q playbooks.Question) bool { return q.ID == question })
	if at < 0 {
		return ""
	}
	for _, o := range kind.Questions[at].Options {
		if o.ID == inc.Answer(question) {
			return page.T(c, "risk.said.from", "question", kind.Questions[at].Text[page.Lang(c)], "answer", o.Text[page.Lang(c)])
		}
	}
	return ""
}

// factText asks for a fact as the form of the risk does.
func factText(c echo.Context, f risk.Fact) string {
	switch f {
	case risk.FactUnintelligible:
		return page.T(c, "desk.fact.unintelligible")
	case risk.FactDeleted:
		return page.T(c, "risk.form.deleted")
	case risk.FactHarm:
		return page.T(c, "risk.form.harm")
	default:
		return page.T(c, "risk.form."+string(f))
	}
}

// valueText is a fact's value as the form of the risk names it.
func valueText(c echo.Context, s risk.Said) string {
	list := map[risk.Fact]string{risk.FactDisclosed: "disclosed", risk.FactRecipient: "who", risk.FactDeleted: "deleted",
		risk.FactMalicious: "malicious", risk.FactBackup: "backup", risk.FactHarm: "harm"}[s.Fact]
	if list == "" {
		return page.UnintelligibleText(c, risk.Unintelligible(s.Value))
	}
	return page.T(c, "risk."+list+"."+s.Value)
}

// saidHints say in the form of the risk what follows from which answer, by field.
func (a *Area) saidHints(c echo.Context, inc *incidents.Incident) map[string]string {
	hints := map[string]string{}
	for _, s := range inc.SaidFacts() {
		hints[string(s.Fact)] = a.answerText(c, inc, s.Question)
	}
	return hints
}

// asked puts what a form did not ask back to what is known, so that a question
// that stands on no page is not answered by it.
func asked(form *page.Form, answers risk.Answers, known risk.Answers) risk.Answers {
	if !form.Values.Has("backup") {
		answers.Backup = known.Backup
	}
	if !form.Values.Has("harm_while_unavailable") {
		answers.Harm = known.Harm
	}
	if !form.Values.Has("restored_after_hours") {
		answers.RestoredAfter = known.RestoredAfter
	}
	return answers
}
