package desk

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
)

// checkRow is one point of the checklist before a case is closed.
type checkRow struct {
	Href  string
	Text  string
	Shape string
	State string
}

type closingPage struct {
	page.View
	Case    *incidents.Incident
	Action  string
	Form    *page.Form
	Points  []checkRow
	Blocked bool // a duty stands
	Asks    bool // a point stands of which a reason is asked
}

// closing looks at what is not yet done, and asks for the last word on a case.
func (a *Area) closing(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	return a.showClosing(c, inc)(http.StatusOK, page.FormOf())
}

func (a *Area) showClosing(c echo.Context, inc *incidents.Incident) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		points, err := a.office.Checklist(c.Request().Context(), inc)
		if err != nil {
			return err
		}
		v := &closingPage{View: page.NewView(c, "desk.close.title").BackTo(homeOf(inc)), Case: inc, Action: c.Request().URL.Path, Form: form}
		for _, p := range points {
			v.Points = append(v.Points, checkRowOf(c, inc, p))
			v.Blocked = v.Blocked || p.Open > 0 && p.Blocks
			v.Asks = v.Asks || p.Open > 0 && !p.Blocks
		}
		v.Asks = v.Asks || form.Error("despite") != ""
		return a.site.Render(c, status, "desk/closing.html", v)
	}
}

func checkRowOf(c echo.Context, inc *incidents.Incident, p incidents.CheckPoint) checkRow {
	row := checkRow{Shape: done, State: page.T(c, "steps.check.done"), Text: page.T(c, "steps.check."+p.Name, "authority", string(page.Practice(c).Authority))}
	if p.Open == 0 {
		return row
	}
	row.Href = checkHref(inc, p.Name)
	row.Shape, row.State = todo, page.T(c, "steps.check.open", "n", p.Open, "count", p.Open)
	if p.Blocks {
		row.Shape, row.State = blocked, page.T(c, "steps.check.first")
	}
	return row
}

// checkHref is where a point is done.
func checkHref(inc *incidents.Incident, name string) string {
	home := homeOf(inc)
	switch name {
	case string(incidents.ClientClock):
		return home + "/notices"
	case string(incidents.AuthorityClock), string(incidents.ControllerClock), incidents.CheckMeasures:
		return home + "/" + name
	case string(incidents.ClientUpdateClock), string(incidents.AuthorityUpdateClock):
		return updateHref(inc, incidents.ClockKind(name))
	case incidents.CheckDecisions:
		return home + "/risk"
	case incidents.CheckDelivered:
		return home + "/calls"
	case incidents.CheckRegister:
		return home + "/measures"
	default:
		return home + "#steps"
	}
}

func (a *Area) postClosing(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.Close(c.Request().Context(), inc.PracticeID, inc.ID,
			incidents.Closing{Reason: form.Text("reason"), Despite: form.Text("despite"), By: page.Actor(c)})
		return err
	}
	return a.record(c, act, a.showClosing(c, inc), "desk.close.done", homeOf(inc))
}

// checked says of an event of closing what stood open on the checklist.
func (t teller) checked(facts map[string]string) []string {
	var open []string
	seen := false
	for name, text := range facts {
		point, is := strings.CutPrefix(name, "check_")
		n, err := strconv.Atoi(text)
		if seen = seen || is; is && err == nil && n > 0 {
			open = append(open, page.T(t.c, "steps.check."+point, "authority", string(t.authority))+" ("+text+")")
		}
	}
	slices.Sort(open)
	switch {
	case len(open) > 0:
		return []string{page.T(t.c, "steps.line.open", "points", strings.Join(open, ", "))}
	case seen:
		return []string{page.T(t.c, "steps.line.all_done")}
	default:
		return nil
	}
}

// stepped says which first step an event is about, and whether it was late.
func (t teller) stepped(e incidents.Event) []string {
	words := e.Words["step"]
	if t.step != nil {
		words = t.step(t.c, e.Facts["playbook"], e.Facts["step"], words)
	}
	lines := []string{words}
	if due := t.moment(e.Facts["due_at"]); e.Kind == incidents.StepDone && due != "" {
		lines = append(lines, page.T(t.c, "steps.line.due", "at", due))
	}
	return lines
}

// late says which first steps were open after their time.
func (t teller) late(e incidents.Event) []string {
	if t.step == nil {
		return nil
	}
	var lines []string
	for _, id := range incidents.LateSteps(e) {
		lines = append(lines, t.step(t.c, e.Facts["playbook"], id, id))
	}
	return lines
}

// measured says which thing to do an event is about, and who does it.
func measured(e incidents.Event) []string {
	line := e.Words["measure"]
	if owner := e.Words["owner"]; owner != "" {
		line += " (" + owner + ")"
	}
	return []string{line}
}
