package drills

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/drill"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/page"
)

type scorePage struct {
	page.View
	ID      string
	Kind    string
	At      string
	Running bool
	Score   drill.Score
	Lines   []scoreLine
	Before  string // how the drill before went, in words; "" when there is none
	Mail    string
	Drop    string // where it is removed; "" while it runs
}

// scoreLine is one thing to do in words.
type scoreLine struct {
	Text    string
	Status  string // shape and colour, as the partial "status" names them
	Word    string
	When    string
	Changed string // compared with the drill before; "" when nothing did
}

// score tells how a drill went, thing by thing, and what changed since the last.
func (a *Area) score(c echo.Context) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	s, err := a.opts.Office.DrillScore(c.Request().Context(), p)
	if err != nil {
		return err
	}
	v := &scorePage{View: page.NewView(c, "drills.score.title").BackTo("/drills"), ID: string(p.ID), Kind: a.kind(c, p.Drill.Playbook), At: moment(c, p),
		Running: p.Drill.EndedAt.IsZero(), Score: s, Mail: "/drills/" + string(p.ID) + "/mail"}
	if !v.Running {
		v.Drop = "/drills/" + string(p.ID) + "/drop"
	}
	v.PrintLine = p.Details.Name + " · " + v.At
	changes, err := a.compare(c, p, s, v)
	if err != nil {
		return err
	}
	kind, _ := a.opts.Book.Playbook(p.Drill.Playbook)
	for _, l := range s.Lines {
		v.Lines = append(v.Lines, a.line(c, kind, l, changes[l.ID], v.Running))
	}
	return a.site.Render(c, http.StatusOK, "drills/score.html", v)
}

// compare says how the drill before went, and what changed since.
func (a *Area) compare(c echo.Context, p registry.Practice, now drill.Score, v *scorePage) (map[string]drill.Change, error) {
	old, err := a.before(c, p)
	if err != nil || !old.IsDrill() {
		return nil, err
	}
	before, err := a.opts.Office.DrillScore(c.Request().Context(), old)
	if err != nil {
		return nil, err
	}
	key := "same"
	switch {
	case now.Percent > before.Percent:
		key = "better"
	case now.Percent < before.Percent:
		key = "worse"
	}
	v.Before = page.T(c, "drills.before."+key, "kind", a.kind(c, old.Drill.Playbook), "at", moment(c, old), "percent", before.Percent)
	return drill.Compare(before, now), nil
}

func (a *Area) line(c echo.Context, kind playbooks.Playbook, l drill.Line, change drill.Change, running bool) scoreLine {
	out := scoreLine{Text: page.T(c, "drills.line."+l.ID), Word: page.T(c, "drills.mark."+string(l.Mark))}
	if id, step := strings.CutPrefix(l.ID, drill.StepPrefix); step {
		t, _ := kind.Task(id)
		out.Text = t.Text[page.Lang(c)]
	}
	switch l.Mark {
	case drill.InTime:
		out.Status = "done"
	case drill.Late:
		out.Status = "late"
	case drill.Forgotten:
		out.Status = "late"
		if running {
			out.Status, out.Word = "todo", page.T(c, "drills.mark.todo")
		}
	case drill.NotNeeded:
		out.Status = "none"
	}
	if !l.DoneAt.IsZero() && !l.DueAt.IsZero() {
		out.When = page.T(c, "drills.when", "done", page.FormatMoment(page.Lang(c), l.DoneAt, page.Zone(c)), "due", page.FormatMoment(page.Lang(c), l.DueAt, page.Zone(c)))
	} else if !l.DueAt.IsZero() {
		out.When = page.T(c, "drills.due", "due", page.FormatMoment(page.Lang(c), l.DueAt, page.Zone(c)))
	}
	if change != drill.Same {
		out.Changed = page.T(c, "drills.change."+string(change))
	}
	return out
}
