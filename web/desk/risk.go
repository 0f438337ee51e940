package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

type riskPage struct {
	page.View
	Case     *incidents.Incident
	Href     string
	Form     *page.Form
	Facts    []parts.Row
	Answers  []parts.Option
	Decision incidents.Decision
	Standing bool
	Who      string
	Promise  int // hours promised to clients; 0 for none
	Open     bool
	Advice   *advice
	Whose    []parts.Row // whose the data is, the first question
	Said     []parts.Row // what follows from answers to the kind's questions
	Follows  string      // what follows from it
}

// risk shows the facts that matter for people, and asks for a decision.
func (a *Area) risk(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showRisk(c, http.StatusOK, inc, page.FormOf())
}

func (a *Area) showRisk(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	v := &riskPage{View: page.NewView(c, "desk.risk.title").BackTo(homeOf(inc)), Case: inc, Href: homeOf(inc) + "/risk", Form: form,
		Facts: riskFacts(c, inc), Promise: inc.PolicyOf(page.Practice(c).Policy).ClientHours, Open: inc.State == incidents.StateOpen, Advice: adviceOf(c, inc), Said: a.saidRows(c, inc)}
	first := whoseRow(c, inc)
	if first.Href = homeOf(inc) + "/whose"; !v.Open {
		first.Href = ""
	}
	v.Whose, v.Follows = []parts.Row{first}, page.T(c, "choice.role_hint."+string(inc.Facts.Role))
	v.Answers = []parts.Option{
		{Value: string(incidents.Notify), Text: page.T(c, "desk.risk.yes"), Hint: page.T(c, "desk.risk.yes_hint")},
		{Value: string(incidents.NotNotifiable), Text: page.T(c, "desk.risk.no"), Hint: page.T(c, "desk.risk.no_hint")},
	}
	v.Decision, v.Standing = inc.Standing(incidents.AboutPersons)
	v.Who = a.tellerOf(c).who(v.Decision.By)
	return a.site.Render(c, status, "desk/risk.html", v)
}

func (a *Area) tellerOf(c echo.Context) teller {
	return teller{c: c, authority: page.Practice(c).Authority, names: map[string]string{}, user: a.store.User, step: a.stepWords, changed: a.revisions(c)}
}

// riskFacts lists what makes harm likely or severe (GDPR recitals 75 and 76).
func riskFacts(c echo.Context, inc *incidents.Incident) []parts.Row {
	f, n := inc.Facts, inc.Assessment.Counts
	special := 0
	var kinds []string
	for _, v := range f.Categories {
		text := page.CategoryText(c, v)
		if v.Special() {
			special++
			text = page.T(c, "desk.risk.special", "kind", text)
		}
		kinds = append(kinds, text)
	}
	if f.Categories == nil {
		kinds = []string{page.T(c, "desk.fact.categories_all")}
	}
	rows := []parts.Row{
		{Key: page.T(c, "desk.fact.breach_kinds"), Lines: weighedKindLines(c, inc)},
		{Key: page.T(c, "desk.fact.categories"), Lines: kinds},
		{Key: page.T(c, "desk.risk.people"), Value: peopleText(c, inc)},
		{Key: page.T(c, "desk.fact.unintelligible"), Value: page.UnintelligibleText(c, inc.Unreadable())},
	}
	if n.Possible > 0 {
		rows[2].Lines = []string{page.T(c, "desk.risk.possible", "n", n.Possible)}
	}
	if len(inc.Story.Recipients) > 0 {
		rows = append(rows, parts.Row{Key: page.T(c, "desk.fact.recipients"), Lines: recipientLines(c, inc.Story.Recipients)})
	}
	return append(rows, parts.Row{Key: page.T(c, "desk.fact.consequences"), Value: inc.Story.Consequences})
}

func peopleText(c echo.Context, inc *incidents.Incident) string {
	if inc.Assessment.Done == 0 {
		return page.T(c, "desk.state.searching")
	}
	n := inc.Assessment.Counts
	text := page.T(c, "desk.risk.counts", "in_guidance", n.InGuidance, "former", n.Former, "other", n.Other)
	if n.Undecided+n.NotTold > 0 {
		text += " " + page.T(c, "desk.risk.counts_decided", "undecided", n.Undecided, "not_told", n.NotTold)
	}
	return text
}

func (a *Area) postRisk(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	_, err = a.office.Decide(c.Request().Context(), inc.PracticeID, inc.ID, incidents.Decision{Question: incidents.AboutPersons,
		Answer: incidents.Verdict(form.Get("answer")), Reason: form.Text("reason"), By: page.Actor(c)})
	if page.Mendable(err) {
		return a.showRisk(c, http.StatusUnprocessableEntity, inc, form.Fail(c, err).Reword("answer", page.T(c, "desk.risk.choose")))
	}
	if err != nil {
		return fmt.Errorf("record the decision about persons: %w", err)
	}
	a.site.Done(c, "desk.decision.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc))
}
