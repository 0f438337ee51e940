package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

// measureRow is one thing to do as the pages show it.
type measureRow struct {
	Href  string
	ID    string
	Text  string
	Shape string
	State string
	About []string // who does it, by when, when it was done
	Note  string
	Open  bool
}

// suggestion is something that could be put on the list by one press.
type suggestion struct {
	Field, Value, Text string
}

func (a *Area) measureRow(c echo.Context, inc *incidents.Incident, m incidents.Measure, t teller) measureRow {
	row := measureRow{Href: homeOf(inc) + "/measures/" + m.ID, ID: m.ID, Text: m.Text, Note: m.Note, Open: m.Open(), Shape: todo, State: page.T(c, "steps.measure.open")}
	if m.Owner != "" {
		row.About = append(row.About, m.Owner)
	} else if m.Open() {
		row.About = append(row.About, page.T(c, "steps.measure.nobody"))
	}
	if !m.DueOn.IsZero() {
		row.About = append(row.About, page.T(c, "steps.measure.by", "day", page.FormatDay(page.Lang(c), m.DueOn)))
	}
	if !m.Open() {
		row.About = append(row.About, page.FormatMoment(page.Lang(c), m.EndedAt, page.Zone(c)), t.who(m.EndedBy))
	}
	switch {
	case m.Dropped:
		row.Shape, row.State = none, page.T(c, "steps.measure.dropped")
	case !m.Open():
		row.Shape, row.State = done, page.T(c, "steps.measure.done")
	case m.Late(page.Now(c), page.Zone(c)):
		row.Shape, row.State = late, page.T(c, "steps.measure.late")
	}
	return row
}

// measureRows lists what is to be done, the earliest last day first, then what was
// done, the newest first.
func (a *Area) measureRows(c echo.Context, inc *incidents.Incident) []measureRow {
	list := slices.Clone(inc.Measures)
	slices.SortStableFunc(list, func(x, y incidents.Measure) int {
		switch {
		case x.Open() != y.Open():
			return map[bool]int{true: -1, false: 1}[x.Open()]
		case !x.Open():
			return y.EndedAt.Compare(x.EndedAt)
		case x.DueOn.IsZero() != y.DueOn.IsZero():
			return map[bool]int{true: 1, false: -1}[x.DueOn.IsZero()]
		default:
			return x.DueOn.Compare(y.DueOn)
		}
	})
	t := a.tellerOf(c)
	var rows []measureRow
	for _, m := range list {
		rows = append(rows, a.measureRow(c, inc, m, t))
	}
	return rows
}

// pageOfRows cuts one page out of a list by the key after which it begins.
func pageOfRows(rows []measureRow, pager page.Pager) ([]measureRow, page.Pager) {
	at := slices.IndexFunc(rows, func(r measureRow) bool { return r.ID == pager.After })
	rows = rows[at+1:]
	if len(rows) > rowsPerPage {
		rows = rows[:rowsPerPage]
		pager = pager.Follow(rows[rowsPerPage-1].ID)
	}
	return rows, pager
}

// suggestions are the lines of what was planned, and the kind's lessons, that do
// not stand on the list yet.
func (a *Area) suggestions(c echo.Context, inc *incidents.Incident) []suggestion {
	known := map[string]bool{}
	for _, m := range inc.Measures {
		known[m.Lesson], known[m.Text] = true, true
	}
	var list []suggestion
	for line := range strings.Lines(inc.Story.MeasuresPlanned) {
		if line = strings.TrimSpace(strings.TrimLeft(line, " -*•")); line != "" && !known[line] && len([]rune(line)) <= 2_000 {
			list, known[line] = append(list, suggestion{"planned", line, line}), true
		}
	}
	for _, l := range a.playbookOf(inc).Lessons {
		if !known[incidents.AnswerKey(inc.Facts.Playbook, l.ID)] {
			list = append(list, suggestion{"lesson", l.ID, l.Text[page.Lang(c)]})
		}
	}
	return list
}

// measureOf reads text, owner and last day.
func measureOf(c echo.Context, form *page.Form) (incidents.Measure, error) {
	day, err := form.Date("due_on")
	return incidents.Measure{Text: form.Text("text"), Owner: form.Get("owner"), DueOn: day, By: page.Actor(c)}, err
}

// postMeasureAdd puts something typed, or suggested, on the list.
func (a *Area) postMeasureAdd(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	act := func(form *page.Form) error {
		if lesson := form.Get("lesson"); lesson != "" {
			_, err := a.office.TakeLesson(ctx, page.Practice(c), inc.ID, lesson, page.Actor(c))
			return err
		}
		m, err := measureOf(c, form)
		if planned := form.Text("planned"); planned != "" {
			m, err = incidents.Measure{Text: planned, By: page.Actor(c)}, nil
		}
		if err != nil {
			return joined(err, m)
		}
		_, err = a.office.AddMeasure(ctx, inc.PracticeID, inc.ID, m)
		return err
	}
	show := func(status int, form *page.Form) error { return a.showMeasures(c, inc, nil, form)(status) }
	return a.record(c, act, show, "steps.measure.added", homeOf(inc)+"/measures#list")
}

// joined adds to a day that cannot be read that the text is missing, so that both
// are said at once.
func joined(err error, m incidents.Measure) error {
	faults := fault.Fields(err)
	if m.Text == "" {
		faults.Add("text", "error.measure_text", "say what is to be done")
	}
	return faults.Err()
}

type measurePage struct {
	page.View
	Case *incidents.Incident
	Row  measureRow
	Form *page.Form // text, owner and last day
	End  *page.Form // the reason why it is not needed
	Day  page.Moment
}

func (a *Area) loadMeasure(c echo.Context) (*incidents.Incident, incidents.Measure, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, incidents.Measure{}, err
	}
	m, known := inc.Measure(c.Param("measure"))
	if !known {
		return nil, m, fault.NotFound
	}
	return inc, m, nil
}

// measure is one thing to do: who does it, by when, or why it is not needed.
func (a *Area) measure(c echo.Context) error {
	inc, m, err := a.loadMeasure(c)
	if err != nil {
		return err
	}
	form := page.FormOf("text", m.Text, "owner", m.Owner)
	if !m.DueOn.IsZero() {
		form.Set("due_on_day", fmt.Sprint(m.DueOn.Day))
		form.Set("due_on_month", fmt.Sprint(int(m.DueOn.Month)))
		form.Set("due_on_year", fmt.Sprint(m.DueOn.Year))
	}
	return a.showMeasure(c, http.StatusOK, inc, m, form, page.FormOf())
}

func (a *Area) showMeasure(c echo.Context, status int, inc *incidents.Incident, m incidents.Measure, form, end *page.Form) error {
	return a.site.Render(c, status, "desk/measure.html", &measurePage{View: page.NewView(c, "steps.measure.title").BackTo(homeOf(inc) + "/measures"), Case: inc,
		Row: a.measureRow(c, inc, m, a.tellerOf(c)), Form: form, End: end, Day: dayOf(form)})
}

// dayOf are the fields of the last day as they were typed.
func dayOf(form *page.Form) page.Moment {
	return page.Moment{Name: "due_on", Day: form.Get("due_on_day"), Month: form.Get("due_on_month"), Year: form.Get("due_on_year"), Error: form.Error("due_on")}
}

func (a *Area) postMeasure(c echo.Context) error {
	inc, m, err := a.loadMeasure(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		changed, err := measureOf(c, form)
		if err != nil {
			return joined(err, changed)
		}
		_, err = a.office.ChangeMeasure(c.Request().Context(), inc.PracticeID, inc.ID, m.ID, changed)
		return err
	}
	show := func(status int, form *page.Form) error { return a.showMeasure(c, status, inc, m, form, page.FormOf()) }
	return a.record(c, act, show, "steps.measure.saved", homeOf(inc)+"/measures#list")
}

// postMeasureEnd records that it is done, by one press, or not needed and why.
func (a *Area) postMeasureEnd(c echo.Context) error {
	inc, m, err := a.loadMeasure(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.EndMeasure(c.Request().Context(), inc.PracticeID, inc.ID, m.ID, form.Text("note"), form.Get("state") == "dropped", page.Actor(c))
		return err
	}
	show := func(status int, form *page.Form) error {
		return a.showMeasure(c, status, inc, m, page.FormOf("text", m.Text, "owner", m.Owner), form)
	}
	return a.record(c, act, show, "steps.measure.ended", homeOf(inc)+"/measures#list")
}

type caseMeasures struct {
	Href, Title, Reference string
	Closed                 bool
	Rows                   []measureRow
}

type openMeasuresPage struct {
	page.View
	Cases []caseMeasures
	Pager page.Pager
}

// openMeasures lists what is still to be done over all cases, closed ones too.
func (a *Area) openMeasures(c echo.Context) error {
	pager := page.PagerOf(c)
	cases, err := a.store.MeasuredIncidents(c.Request().Context(), page.Practice(c).ID, pager.After, rowsPerPage+1)
	if err != nil {
		return fmt.Errorf("list cases with measures: %w", err)
	}
	if len(cases) > rowsPerPage {
		cases = cases[:rowsPerPage]
		pager = pager.Follow(cases[rowsPerPage-1].ID)
	}
	v := &openMeasuresPage{View: page.NewView(c, "steps.measures.title").BackTo("/"), Pager: pager}
	for _, inc := range cases {
		one := caseMeasures{Href: homeOf(inc) + "/measures", Title: a.kindOf(c, inc), Reference: inc.Reference, Closed: inc.State == incidents.StateClosed}
		for _, row := range a.measureRows(c, inc) {
			if row.Open {
				one.Rows = append(one.Rows, row)
			}
		}
		v.Cases = append(v.Cases, one)
	}
	return a.site.Render(c, http.StatusOK, "desk/openmeasures.html", v)
}

// toDo says on the desk how much is still to be done; more than a page counts as
// that many.
func (a *Area) toDo(c echo.Context) (parts.Notice, bool, error) {
	cases, err := a.store.MeasuredIncidents(c.Request().Context(), page.Practice(c).ID, "", rowsPerPage)
	if err != nil {
		return parts.Notice{}, false, fmt.Errorf("count measures: %w", err)
	}
	open, tooLate := 0, 0
	for _, inc := range cases {
		for _, m := range inc.Measures {
			if m.Open() {
				open++
			}
			if m.Late(page.Now(c), page.Zone(c)) {
				tooLate++
			}
		}
	}
	n := parts.Notice{Kind: "info", Text: page.T(c, "steps.measures.banner", "n", open, "count", open), Link: parts.Link{Href: "/measures", Text: page.T(c, "steps.measures.link")}}
	if tooLate > 0 {
		n.Kind, n.Text = "warning", n.Text+" "+page.T(c, "steps.measures.banner_late", "n", tooLate, "count", tooLate)
	}
	return n, open > 0, nil
}
