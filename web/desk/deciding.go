package desk

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

type decidingPage struct {
	page.View
	Case     *incidents.Incident
	Action   string
	Form     *page.Form
	Person   registry.Client
	Relation string
	Source   string // of the policy's rule, "" for none
	Answers  []parts.Option
	Grounds  []parts.Option
	Now      string // what was decided before
}

// deciding asks whether one affected person is told.
func (a *Area) deciding(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	form := page.FormOf()
	if d, some := inc.PersonDecision(c.Param("client")); some {
		form = page.FormOf("answer", answerOf(d.Tell), "ground", string(d.Ground), "reason", d.Reason)
	}
	return a.showDeciding(c, http.StatusOK, inc, form)
}

func answerOf(tell bool) string {
	if tell {
		return "tell"
	}
	return "not"
}

func (a *Area) showDeciding(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	ctx := c.Request().Context()
	client, err := a.store.Client(ctx, inc.PracticeID, c.Param("client"))
	if err != nil {
		return fmt.Errorf("load client: %w", err)
	}
	found, err := a.store.AffectedByIDs(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done, []string{client.ID})
	if err != nil {
		return fmt.Errorf("look up finding: %w", err)
	}
	if len(found) == 0 || !casework.Decidable(found[0]) {
		return fault.NotFound
	}
	v := &decidingPage{View: page.NewView(c, "desk.deciding.title").BackTo(homeOf(inc) + "/affected?group=" + string(incidents.Undecided)), Case: inc,
		Action: c.Request().URL.Path, Form: form, Person: client, Relation: page.RelationText(c, client.Relation)}
	for _, t := range inc.PolicyOf(page.Practice(c).Policy).Telling {
		if t.Relation == client.Relation {
			v.Source = t.Source
		}
	}
	for _, tell := range []bool{true, false} {
		v.Answers = append(v.Answers, parts.Option{Value: answerOf(tell), Text: page.T(c, "desk.deciding.answer_"+answerOf(tell))})
	}
	for _, g := range incidents.Grounds() {
		v.Grounds = append(v.Grounds, parts.Option{Value: string(g), Text: page.T(c, "desk.deciding.ground_"+string(g))})
	}
	v.Now = a.decidedText(c, inc, client.ID)
	return a.site.Render(c, status, "desk/deciding.html", v)
}

// decidedText says what was decided about a person, when and why; "" for nothing.
func (a *Area) decidedText(c echo.Context, inc *incidents.Incident, client string) string {
	d, some := inc.PersonDecision(client)
	if !some {
		return ""
	}
	key := "desk.deciding.decided_" + answerOf(d.Tell)
	if d.Reason == "" {
		key += "_bare"
	}
	return page.T(c, key, "at", page.FormatShort(page.Lang(c), d.At, page.Zone(c)), "reason", d.Reason)
}

func (a *Area) postDeciding(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	tell, known := map[string]bool{"tell": true, "not": false}[form.Get("answer")]
	if !known {
		var faults fault.List
		faults.Add("answer", "error.tell_or_not", "choose whether you tell this person")
		return a.showDeciding(c, http.StatusUnprocessableEntity, inc, form.Fail(c, faults))
	}
	_, err = a.office.DecidePerson(c.Request().Context(), inc.PracticeID, inc.ID, incidents.PersonDecision{ClientID: c.Param("client"), Tell: tell,
		Ground: incidents.Ground(form.Get("ground")), Reason: form.Text("reason"), By: page.Actor(c)})
	if page.Mendable(err) {
		return a.showDeciding(c, http.StatusUnprocessableEntity, inc, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("decide about a person: %w", err)
	}
	a.site.Done(c, "desk.deciding.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc)+"/affected")
}
