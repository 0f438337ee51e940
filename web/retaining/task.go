package retaining

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/retention"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// personRow is somebody of whom something must be gone.
type personRow struct {
	Name   string
	Number string
	Href   string
	Day    string
	Stays  string // what stays by his permission; "" for nothing
	Kept   string // why it stays; "" when it does not
	Action string // where it is noted that it stays, or that it does no longer
}

type taskPage struct {
	page.View
	Heading  string
	Month    string
	Row      taskRow
	Form     *page.Form
	ID       string // of this word
	Action   string
	Here     bool // this program itself destroys it
	Rolling  bool
	Coming   bool
	Done     []parts.Option // what was done, when there is a choice
	Reasons  []parts.Option
	People   []personRow
	MonthKey string
	Pager    page.Pager
}

func (a *Area) task(c echo.Context) error { return a.openTask(c, false) }

// entries is the task to clear a system's old entries.
func (a *Area) entries(c echo.Context) error { return a.openTask(c, true) }

func (a *Area) openTask(c echo.Context, rolling bool) error {
	k, err := keyOf(c, rolling)
	if err != nil {
		return err
	}
	return a.showTask(c, http.StatusOK, k, page.FormOf())
}

func (a *Area) showTask(c echo.Context, status int, k retention.Key, form *page.Form) error {
	ctx := c.Request().Context()
	cal, err := a.opts.Office.Retention(ctx, page.Practice(c))
	if err != nil {
		return err
	}
	t, some := cal.Task(k)
	if !some {
		return fault.NotFound
	}
	names, err := a.systemNames(c)
	if err != nil {
		return err
	}
	v := &taskPage{View: page.NewView(c, "retention.task").BackTo(home), Heading: nameOf(names, k.System), Month: monthText(c, k.Month), Row: rowOf(c, t, names), Form: form,
		ID: casework.Secret(12), Action: hrefOf(k), Here: k.System == retention.OwnSystem && !k.Rolling, Rolling: k.Rolling, Coming: t.State == retention.Coming,
		MonthKey: k.Month, Pager: page.PagerOf(c)}
	v.PrintLine = v.Heading + ", " + v.Month
	for _, l := range t.Lines {
		if l.Rule.Pseudonymises() && l.Why == retention.ByRule {
			v.Done = form.Options("done", []parts.Option{{Value: "destroyed", Text: page.T(c, "retention.way.destroyed")}, {Value: string(registry.Pseudonymise), Text: page.T(c, "retention.way.pseudonymised")}})
		}
	}
	for _, why := range registry.ExemptReasons() {
		v.Reasons = append(v.Reasons, parts.Option{Value: string(why), Text: page.T(c, "retention.exempt."+string(why))})
	}
	if err := a.people(c, v, k); err != nil {
		return err
	}
	return a.site.Render(c, status, "retaining/task.html", v)
}

func (a *Area) people(c echo.Context, v *taskPage, k retention.Key) error {
	people, err := a.opts.Office.RetentionPeople(c.Request().Context(), page.Practice(c), k, v.Pager.After, peoplePerPage+1)
	if err != nil {
		return err
	}
	if len(people) > peoplePerPage {
		people = people[:peoplePerPage]
		v.Pager = v.Pager.Follow(people[peoplePerPage-1].Client.ID)
	}
	for _, x := range people {
		row := personRow{Name: x.Client.Person.Name, Number: x.Client.Person.ExternalID, Href: "/clients/" + x.Client.ID, Day: page.FormatDay(page.Lang(c), x.Due.Day),
			Action: home + "/people/" + x.Client.ID + "/" + k.System + "/keep"}
		if len(x.Due.Stays) > 0 {
			row.Stays = page.T(c, "retention.stays", "what", kindsText(c, x.Due.Stays))
		}
		if x.Due.Exempt.Why != "" {
			row.Kept = page.T(c, "retention.exempt."+string(x.Due.Exempt.Why))
		}
		v.People = append(v.People, row)
	}
	return nil
}

func kindsText(c echo.Context, kinds []registry.Category) string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = page.CategoryText(c, k)
	}
	return strings.ToLower(strings.Join(names, ", "))
}
