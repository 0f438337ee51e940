package catalogue

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
)

type guidancePage struct {
	page.View
	Form    *page.Form
	Action  string
	Remove  string // where a press takes the span away; empty for a new one
	Heading string
	Person  string
}

// placeOf returns which of n rows the address names, counted from 0.
func placeOf(c echo.Context, n int) (int, error) {
	at, err := strconv.Atoi(c.Param("n"))
	if err != nil || at < 1 || at > n {
		return 0, fault.NotFound
	}
	return at - 1, nil
}

func (a *Area) newGuidance(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	form := page.FormOf("version", versionText(x.Version))
	setDay(form, "from", today(c))
	return a.showGuidance(c, http.StatusOK, x, form)
}

func (a *Area) showGuidance(c echo.Context, status int, x registry.Client, form *page.Form) error {
	key := "catalogue.span.new"
	if c.Param("n") != "" {
		key = "catalogue.span.edit"
	}
	v := &guidancePage{View: page.NewView(c, key).BackTo(homeOf(x)), Form: form, Action: c.Request().URL.Path, Heading: page.T(c, key), Person: x.Person.Name}
	if c.Param("n") != "" {
		v.Remove = v.Action + "/remove"
	}
	return a.site.Render(c, status, "catalogue/guidance.html", v)
}

func (a *Area) guidance(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	at, err := placeOf(c, len(x.Guidance))
	if err != nil {
		return err
	}
	form := page.FormOf("version", versionText(x.Version))
	setDay(form, "from", x.Guidance[at].From)
	setDay(form, "until", x.Guidance[at].Until)
	return a.showGuidance(c, http.StatusOK, x, form)
}

func (a *Area) postNewGuidance(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	return a.saveGuidance(c, x, len(x.Guidance))
}

func (a *Area) postGuidance(c echo.Context) error {
	x, err := a.load(c)
	if err != nil {
		return err
	}
	at, err := placeOf(c, len(x.Guidance))
	if err != nil {
		return err
	}
	return a.saveGuidance(c, x, at)
}

// mostRows is how many spans, and how many holdings, one client may have.
const mostRows = 200

// saveGuidance puts the typed span at a place, behind the last for a new one.
func (a *Area) saveGuidance(c echo.Context, x registry.Client, at int) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.change(c, versionOf(form), func(in *casework.ClientInput) error {
		var faults fault.List
		span := registry.Guidance{From: readDay(form, "from", &faults), Until: readDay(form, "until", &faults)}
		in.Client.Guidance = placed(in.Client.Guidance, at, span)
		if len(in.Client.Guidance) > mostRows {
			faults.Add("", "error.rows", "this is more than 200 lines; remove what no longer matters")
		}
		return a.tried(c, *in, faults)
	})
	err = join(nil, err, fieldIn("guidance", at))
	if page.Mendable(err) {
		return a.showGuidance(c, status(err), x, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "catalogue.saved")
	return c.Redirect(http.StatusSeeOther, homeOf(x))
}

// placed returns rows with one at a place, behind the last when it is new.
func placed[T any](rows []T, at int, row T) []T {
	if at >= len(rows) {
		return append(rows, row)
	}
	rows[at] = row
	return rows
}

// fieldIn names the fields of one row as its form does; those of other rows
// and pages have none.
func fieldIn(list string, at int) func(string) string {
	prefix := list + "[" + strconv.Itoa(at) + "]."
	return func(field string) string {
		if rest, own := strings.CutPrefix(field, prefix); own {
			return rest
		}
		if strings.Contains(field, "[") {
			return ""
		}
		return field
	}
}

func (a *Area) endGuidance(c echo.Context) error {
	return a.press(c, "catalogue.span.ended", func(in *casework.ClientInput) error {
		at, err := placeOf(c, len(in.Client.Guidance))
		if err == nil {
			in.Client.Guidance[at].Until = today(c)
		}
		return err
	})
}

func (a *Area) reopenGuidance(c echo.Context) error {
	return a.press(c, "catalogue.span.reopened", func(in *casework.ClientInput) error {
		at, err := placeOf(c, len(in.Client.Guidance))
		if err == nil {
			in.Client.Guidance[at].Until = registry.Date{}
		}
		return err
	})
}

func (a *Area) removeGuidance(c echo.Context) error {
	return a.press(c, "catalogue.span.removed", func(in *casework.ClientInput) error {
		at, err := placeOf(c, len(in.Client.Guidance))
		if err == nil {
			in.Client.Guidance = slices.Delete(in.Client.Guidance, at, at+1)
		}
		return err
	})
}
