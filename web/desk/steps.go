package desk

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
)

// stepRow is one first step as the pages show it.
type stepRow struct {
	Href     string
	Playbook string
	ID       string
	Words    string
	Shape    string // of its state
	State    string
	When     string // by when it was to be done, or when it was
	Who      string
	Reason   string
	Late     bool
	Open     bool
}

// stepsView is the list of first steps on a page.
type stepsView struct {
	Open, Done []stepRow
	Earlier    []stepRow // marks on steps of a former kind
	Editable   bool
	N, Of, Due int // done, all, and open after their time
}

// stepsOf lists the first steps of a case, those still open first; dated says a
// moment of today with its day, as paper needs.
func (a *Area) stepsOf(c echo.Context, inc *incidents.Incident, dated bool) stepsView {
	v := stepsView{Editable: inc.State == incidents.StateOpen}
	t := a.tellerOf(c)
	for _, s := range casework.Steps(a.book, inc) {
		row := stepRowOf(c, inc, s, t)
		if dated && row.Open {
			row.When = page.T(c, "steps.before", "at", page.FormatMoment(page.Lang(c), s.DueAt, page.Zone(c)), "place", placeOf(page.Zone(c)))
		}
		v.Of++
		switch {
		case row.Open && row.Late:
			v.Due++
			v.Open = append(v.Open, row)
		case row.Open:
			v.Open = append(v.Open, row)
		default:
			v.N++
			v.Done = append(v.Done, row)
		}
	}
	for _, m := range inc.Steps {
		if m.Playbook != inc.Facts.Playbook {
			row := stepRow{Words: a.stepWords(c, m.Playbook, m.Step, m.Text)}
			row.marked(c, m, t)
			v.Earlier = append(v.Earlier, row)
		}
	}
	return v
}

// stepsLate counts the first steps of a case that are open after their time.
func (a *Area) stepsLate(c echo.Context, inc *incidents.Incident) int {
	n := 0
	for _, s := range casework.Steps(a.book, inc) {
		if s.Late(page.Now(c)) {
			n++
		}
	}
	return n
}

func stepRowOf(c echo.Context, inc *incidents.Incident, s casework.Step, t teller) stepRow {
	row := stepRow{Href: homeOf(inc) + "/steps/" + s.ID, Playbook: inc.Facts.Playbook, ID: s.ID, Words: s.Text[page.Lang(c)]}
	if s.Mark.State != incidents.StepIsOpen {
		row.marked(c, s.Mark, t)
		return row
	}
	row.Open, row.Late, row.Shape, row.State = true, s.Late(page.Now(c)), todo, page.T(c, "steps.state.open")
	row.When = page.T(c, "steps.before", "at", soonText(c, s.DueAt), "place", placeOf(page.Zone(c)))
	if row.Late {
		row.Shape, row.State = late, page.T(c, "steps.state.late")
	}
	return row
}

// marked fills in what was recorded of a step.
func (r *stepRow) marked(c echo.Context, m incidents.StepMark, t teller) {
	r.Shape, r.State, r.Late = done, page.T(c, "steps.state."+string(m.State)), m.Late()
	if m.State == incidents.StepDoesNotApply {
		r.Shape = none
	}
	if r.Late {
		r.State = page.T(c, "steps.state.done_late")
	}
	r.When, r.Who, r.Reason = page.FormatMoment(page.Lang(c), m.At, page.Zone(c)), t.who(m.By), m.Reason
}

// stepWords are the words of a step in the page's language, or as they were kept.
func (a *Area) stepWords(c echo.Context, playbook, step, kept string) string {
	p, _ := a.book.Playbook(playbook)
	if task, known := p.Task(step); known {
		return task.Text[page.Lang(c)]
	}
	return kept
}

// soonText says a moment as people on the spot do: today without its date.
func soonText(c echo.Context, at time.Time) string {
	zone := page.Zone(c)
	local, now := at.In(zone), page.Now(c).In(zone)
	twice := len(incidents.LocalTimeOf(at, zone).Resolve(zone)) > 1
	if twice || local.YearDay() != now.YearDay() || local.Year() != now.Year() {
		return page.FormatMoment(page.Lang(c), at, zone)
	}
	layout := "15.04"
	if page.Lang(c) == page.English {
		layout = "15:04"
	}
	return page.T(c, "steps.today", "time", local.Format(layout))
}

// placeOf is the city that a time zone is named after.
func placeOf(zone *time.Location) string {
	name := zone.String()
	return strings.ReplaceAll(name[strings.LastIndex(name, "/")+1:], "_", " ")
}

type stepPage struct {
	page.View
	Case     *incidents.Incident
	Step     stepRow
	Editable bool
	Form     *page.Form
}

// step is one first step: done, not applicable with the reason, or open after all.
func (a *Area) step(c echo.Context) error {
	inc, s, err := a.loadStep(c)
	if err != nil {
		return err
	}
	return a.showStep(c, inc, s)(http.StatusOK, page.FormOf("reason", s.Mark.Reason))
}

// loadStep returns the case and its first step that the address names.
func (a *Area) loadStep(c echo.Context) (*incidents.Incident, casework.Step, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, casework.Step{}, err
	}
	for _, s := range casework.Steps(a.book, inc) {
		if s.ID == c.Param("step") {
			return inc, s, nil
		}
	}
	return nil, casework.Step{}, fault.NotFound
}

func (a *Area) showStep(c echo.Context, inc *incidents.Incident, s casework.Step) func(int, *page.Form) error {
	return func(status int, form *page.Form) error {
		v := &stepPage{View: page.NewView(c, "steps.step.title").BackTo(homeOf(inc)), Case: inc, Step: stepRowOf(c, inc, s, a.tellerOf(c)),
			Editable: inc.State == incidents.StateOpen, Form: form}
		return a.site.Render(c, status, "desk/step.html", v)
	}
}

func (a *Area) postStep(c echo.Context) error {
	inc, s, err := a.loadStep(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	m := incidents.StepMark{Playbook: form.Get("playbook"), Step: s.ID, State: incidents.StepState(form.Get("state")), Reason: form.Text("reason"), By: page.Actor(c)}
	_, err = a.office.MarkStep(c.Request().Context(), page.Practice(c), inc.ID, m)
	if page.Mendable(err) {
		return a.showStep(c, inc, s)(http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("mark a first step: %w", err)
	}
	a.site.Done(c, "steps.saved."+string(m.State))
	return c.Redirect(http.StatusSeeOther, homeOf(inc)+"#steps")
}
