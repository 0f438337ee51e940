package desk

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/authority"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

type leavingPage struct {
	page.View
	Case    *incidents.Incident
	Action  string
	Form    *page.Form
	Found   []foundView
	Settled []parts.Row
}

// foundView is something personal about which is to be decided.
type foundView struct {
	authority.Found
	ID      string // names its fields, and says nothing about it
	Label   string
	Hint    string
	Options []parts.Option
}

// leaving shows what stands in the texts that tells who someone is, and asks what
// to do with it before anything leaves.
func (a *Area) leaving(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showLeaving(c, inc)(http.StatusOK, page.FormOf())
}

func (a *Area) showLeaving(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		found, err := a.found(c, inc)
		if err != nil {
			return err
		}
		v := &leavingPage{View: page.NewView(c, "authority.check.title").BackTo(homeOf(inc) + "/authority"), Case: inc, Action: c.Request().URL.Path, Form: form}
		for _, f := range found {
			v.Found = append(v.Found, foundView{Found: f, ID: idOf(f), Label: strconv.Itoa(len(v.Found)+1) + ". " + page.T(c, "authority.kind."+string(f.Kind)),
				Hint:    f.Text + " · " + page.T(c, "authority.check.in", "question", f.Number+" "+f.Label) + " “" + f.Around + "”",
				Options: []parts.Option{{Value: "remove", Text: page.T(c, "authority.check.remove")}, {Value: "keep", Text: page.T(c, "authority.check.keep")}}})
		}
		for _, t := range inc.Traces {
			text := page.T(c, "authority.check.removed")
			if t.Keep {
				text = page.T(c, "authority.check.kept", "reason", t.Reason)
			}
			v.Settled = append(v.Settled, parts.Row{Key: t.Text, Value: text})
		}
		return a.site.Render(c, status, "desk/leaving.html", v)
	}
}

// idOf names the fields of a find without saying what it is.
func idOf(f authority.Found) string {
	sum := sha256.Sum256([]byte(f.Text))
	return hex.EncodeToString(sum[:6])
}

// postLeaving records what was chosen; what was left open stays open.
func (a *Area) postLeaving(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		found, err := a.found(c, inc)
		if err != nil {
			return err
		}
		choices, err := choicesOf(c, form, found)
		if err != nil {
			return err
		}
		_, err = a.office.ChooseTraces(c.Request().Context(), inc.PracticeID, inc.ID, choices)
		return err
	}
	return a.record(c, act, a.showLeaving(c, inc), "authority.check.done", homeOf(inc)+"/authority")
}

func choicesOf(c echo.Context, form *page.Form, found []authority.Found) ([]incidents.TraceChoice, error) {
	var faults fault.List
	var choices []incidents.TraceChoice
	for _, f := range found {
		id := idOf(f)
		choice := incidents.TraceChoice{Kind: f.Kind, Text: f.Text, By: page.Actor(c)}
		switch form.Get("choice_" + id) {
		case "keep":
			choice.Keep, choice.Reason = true, form.Text("reason_"+id)
			if choice.Reason == "" {
				faults.Add("reason_"+id, "error.missing", "fill this in")
			}
		case "remove":
		default:
			faults.Add("choice_"+id, "authority.check.choose", "choose remove or keep")
		}
		choices = append(choices, choice)
	}
	return choices, faults.Err()
}
