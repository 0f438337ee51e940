package retaining

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/web/page"
	"datalek/web/rules"
)

// monthRows is one month of the calendar.
type monthRows struct {
	Title string
	Rows  []taskRow
}

// taskRow is one task; it names nobody.
type taskRow struct {
	System string
	Href   string
	What   string // how many people, and since when
	Kept   string // how many are kept for a reason; "" for none
	Rules  []string
	Status string // of the partial "status"
	State  string
}

// wordRow is a confirmation of late.
type wordRow struct {
	Text  string
	State string // "" when it is done
	Undo  string // where a press takes it back; "" when it cannot
}

type calendarPage struct {
	page.View
	Months []monthRows
	Open   string // what waits now, in a sentence
	Words  []wordRow
	Pager  page.Pager
}

func (a *Area) calendar(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := a.opts.Store.Practice(ctx, page.Practice(c).ID)
	if err != nil {
		return fmt.Errorf("read practice: %w", err)
	}
	cal, err := a.opts.Office.Retention(ctx, p)
	if err != nil {
		return err
	}
	names, err := a.systemNames(c)
	if err != nil {
		return err
	}
	v := &calendarPage{View: page.NewView(c, "retention.title").BackTo("/clients"), Pager: page.PagerOf(c)}
	v.PrintLine = page.T(c, "retention.title") + ", " + page.FormatDay(page.Lang(c), cal.Today)
	if open := len(cal.Open()); open > 0 {
		v.Open = page.T(c, "retention.open", "n", open, "count", open)
	}
	for _, t := range cal.Tasks {
		if t.Month <= v.Pager.After {
			continue
		}
		title := monthText(c, t.Month)
		if n := len(v.Months); n == 0 || v.Months[n-1].Title != title {
			if n == monthsPerPage {
				v.Pager = v.Pager.Follow(lastMonth(cal.Tasks, t.Month))
				break
			}
			v.Months = append(v.Months, monthRows{Title: title})
		}
		last := &v.Months[len(v.Months)-1]
		last.Rows = append(last.Rows, rowOf(c, t, names))
	}
	v.Words = wordRows(c, p, names)
	return a.site.Render(c, http.StatusOK, "retaining/calendar.html", v)
}

// lastMonth returns the last month before one, among the tasks.
func lastMonth(tasks []retention.Task, before string) string {
	last := ""
	for _, t := range tasks {
		if t.Month < before {
			last = t.Month
		}
	}
	return last
}

// monthText names a month, "Juni 2026".
func monthText(c echo.Context, month string) string {
	d, err := registry.ParseDate(month + "-01")
	if err != nil {
		return month
	}
	name := page.MonthName(page.Lang(c), int(d.Month))
	return fmt.Sprintf("%s%s %d", strings.ToUpper(name[:1]), name[1:], d.Year) // no language's months begin with an accent
}

func rowOf(c echo.Context, t retention.Task, names map[string]string) taskRow {
	row := taskRow{System: nameOf(names, t.System), Href: hrefOf(t.Key), What: whatText(c, t), Rules: ruleTexts(c, t)}
	if t.Exempt > 0 {
		row.Kept = page.T(c, "retention.kept", "n", t.Exempt, "count", t.Exempt)
	}
	row.Status = map[retention.State]string{retention.Coming: "none", retention.Now: "todo", retention.Late: "late"}[t.State]
	row.State = page.T(c, "retention.state."+string(t.State))
	return row
}

func nameOf(names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return id
}

// whatText says of how many people, and by when.
func whatText(c echo.Context, t retention.Task) string {
	day := func(d registry.Date) string { return page.FormatDay(page.Lang(c), d) }
	switch {
	case t.Rolling:
		return page.T(c, "retention.entries", "day", day(oldest(t)))
	case t.People == 0:
		return page.T(c, "retention.nobody")
	case t.Before.Compare(t.First.AddDays(1)) > 0:
		return page.T(c, "retention.people_within", "n", t.People, "count", t.People, "from", day(t.First), "until", day(t.Before.AddDays(-1)))
	default:
		return page.T(c, "retention.people", "n", t.People, "count", t.People, "from", day(t.First))
	}
}

// oldest returns the day before which entries are past their term.
func oldest(t retention.Task) registry.Date {
	return t.First.AddMonths(-t.Lines[0].Rule.Months)
}

// ruleTexts says by which rules, each with the place it comes from.
func ruleTexts(c echo.Context, t retention.Task) []string {
	var out []string
	for _, l := range t.Lines {
		text := whyText(c, l.Why, l.Rule)
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

func whyText(c echo.Context, why retention.Why, rule registry.RetentionRule) string {
	if why != retention.ByRule {
		return page.T(c, "retention.why."+string(why))
	}
	text := rules.Kept(page.WordsOf(c), page.Lang(c), rule)
	if rule.Source != "" {
		text += " (" + rule.Source + ")"
	}
	return text
}

// wordRows lists what was confirmed of late, the newest first.
func wordRows(c echo.Context, p registry.Practice, names map[string]string) []wordRow {
	var rows []wordRow
	now := page.Now(c)
	for _, w := range slices.Backward(p.Retained.Confirmed) {
		row := wordRow{Text: page.T(c, "retention.word", "at", page.FormatShort(page.Lang(c), w.At, page.Zone(c)), "system", nameOf(names, w.System), "n", w.People, "count", w.People)}
		switch {
		case !w.UndoneAt.IsZero():
			row.State = page.T(c, "retention.word_undone")
		case w.Open():
			row.State = page.T(c, "retention.word_open")
		case retention.MayUndo(w, page.Zone(c), now):
			row.Undo = home + "/confirmed/" + w.ID + "/undo"
		}
		if w.Rolling {
			row.Text = page.T(c, "retention.word_entries", "at", page.FormatShort(page.Lang(c), w.At, page.Zone(c)), "system", nameOf(names, w.System))
		}
		if rows = append(rows, row); len(rows) == mostConfirmed {
			break
		}
	}
	return rows
}
