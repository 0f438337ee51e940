package intake

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/kindform"
	"datalek/web/page"
	"datalek/web/parts"
)

// What a form's buttons ask for; the plain one goes on.
const (
	actLater  = "later"  // keep and leave
	actSearch = "search" // look for clients
	actMore   = "more"   // one more recipient
)

// stepPage is what every step's template shows.
type stepPage struct {
	page.View
	Form       *page.Form
	Step       string
	N, Of      int
	Action     string
	Page       string // this page's mark, see written
	Seen       string
	From       string
	Keeps      bool
	Clash      string   // address of what another window stored meanwhile
	Old        draftRow // another draft, offered on the first step
	Unfinished int      // how many there are
	Short      bool     // the short way

	Options []parts.Option
	More    []parts.Option // further kinds of data
	Opened  bool           // More is open
	Unknown bool
	Hint    string
	First   page.Moment
	Second  page.Moment
	Third   page.Moment
	Help    []string
	People  []parts.Option
	Found   []parts.Option
	Search  string // what came of the search, in words
	Rows    []recipientRow
	AddRow  bool

	Protections []parts.Option
	Roles       []parts.Option
	Kind        []kindform.Field // the kind's own questions

	reading *reading
}

func (l lane) words(step string) string { return "intake." + step + ".title" }

// step shows one question.
func (a *Area) step(l lane) echo.HandlerFunc {
	return func(c echo.Context) error {
		d, done, err := a.draft(c, l)
		if done || err != nil {
			return err
		}
		if c.Param("step") == checkStep {
			return a.check(c, l, d, http.StatusOK, nil)
		}
		s, known := l.step(c.Param("step"))
		if !known {
			return fault.NotFound
		}
		r, err := a.understand(c, l, d)
		if err != nil {
			return err
		}
		p := &stepPage{Form: &page.Form{Values: s.of(d.Answers)}, Page: rand.Text(), Seen: fingerprint(s.of(d.Answers)), From: fromOf(c.QueryParam("from"))}
		if c.QueryParam("show") != "" && len(r.faults[s.id]) > 0 {
			p.fail(c, r.faults[s.id])
		}
		return a.showStep(c, http.StatusOK, r, s, d, p)
	}
}

// fromOf believes only the one step that one may come from.
func fromOf(given string) string {
	if given == checkStep {
		return checkStep
	}
	return ""
}

func (a *Area) showStep(c echo.Context, status int, r *reading, s step, d incidents.Draft, p *stepPage) error {
	steps := r.lane.asked(r)
	at := slices.IndexFunc(steps, func(x step) bool { return x.id == s.id })
	if at < 0 {
		return fault.NotFound
	}
	p.View, p.Step, p.N, p.Of, p.Keeps = page.NewView(c, r.lane.words(s.id)), s.id, at+1, len(steps), s.keeps
	p.Short, p.HasFaults = r.lane.kind == misSent, p.Form.Failed()
	p.Action = r.lane.at(d.ID, s.id, "")
	switch {
	case p.From != "":
		p.View = p.BackTo(r.lane.at(d.ID, p.From, ""))
	case at > 0:
		p.View = p.BackTo(r.lane.at(d.ID, steps[at-1].id, ""))
	default:
		p.View = p.BackTo("/")
		if err := a.offerOld(c, d, p); err != nil {
			return err
		}
	}
	if s.show != nil {
		if err := s.show(a, c, p.with(r)); err != nil {
			return err
		}
	}
	return a.site.Render(c, status, "intake/"+s.id+".html", p)
}

// with gives the page the reading behind it.
func (p *stepPage) with(r *reading) *stepPage {
	p.reading = r
	return p
}

// offerOld reminds of a draft that was begun before this one.
func (a *Area) offerOld(c echo.Context, d incidents.Draft, p *stepPage) error {
	rows, err := a.unfinished(c, d.ID)
	if err == nil && len(rows) > 0 && len(d.Answers) == 0 {
		p.Old, p.Unfinished = rows[0], len(rows)
	}
	return err
}

// postStep keeps the answers of one step as typed, and goes on when they are
// right.
func (a *Area) postStep(l lane) echo.HandlerFunc {
	return func(c echo.Context) error {
		d, done, err := a.draft(c, l)
		if done || err != nil {
			return err
		}
		form, err := page.ReadForm(c)
		if err != nil {
			return err
		}
		if c.Param("step") == checkStep {
			return a.file(c, l, d, form)
		}
		s, known := l.step(c.Param("step"))
		if !known {
			return fault.NotFound
		}
		return a.answer(c, l, d, s, form)
	}
}

func (a *Area) answer(c echo.Context, l lane, d incidents.Draft, s step, form *page.Form) error {
	w := written{page: mark(form.Get("_page")), seen: form.Get("_seen"), values: s.of(form.Values)}
	if form.Get("act") == actSearch && w.values.Get("whom") == "" && slices.Contains(s.fields, "whom") {
		w.values.Set("whom", thesePeople)
	}
	p := &stepPage{Form: &page.Form{Values: w.values}, Page: w.page, Seen: w.seen, From: fromOf(form.Get("_from"))}
	if err := tooLong(w.values); err != nil {
		return a.refuse(c, l, d, s, p, err)
	}
	kept, clash, err := a.keep(c.Request().Context(), d, s, w)
	if err != nil {
		return err
	}
	if clash {
		return a.showClash(c, l, kept, s, p)
	}
	if c.Request().Header.Get("X-Autosave") != "" {
		return c.NoContent(http.StatusNoContent)
	}
	switch form.Get("act") {
	case actLater:
		a.site.Done(c, "intake.later.done")
		return c.Redirect(http.StatusSeeOther, "/incidents/drafts")
	case actSearch, actMore:
		return c.Redirect(http.StatusSeeOther, withQuery(l.at(d.ID, s.id, p.From), form.Get("act"), "1")+"#more")
	}
	r, err := a.understand(c, l, kept)
	if err != nil {
		return err
	}
	if faults := r.faults[s.id]; len(faults) > 0 {
		return a.showStep(c, http.StatusUnprocessableEntity, r, s, kept, p.fail(c, faults))
	}
	return c.Redirect(http.StatusSeeOther, l.at(d.ID, next(l.asked(r), s, p.From), ""))
}

// mark is a page's own mark; one that was tampered with counts for nothing.
func mark(given string) string {
	if len(given) > 64 {
		return ""
	}
	return given
}

func withQuery(address, name, value string) string {
	sign := "?"
	if strings.Contains(address, "?") {
		sign = "&"
	}
	return address + sign + url.QueryEscape(name) + "=" + url.QueryEscape(value)
}

func next(steps []step, s step, from string) string {
	if from != "" {
		return from
	}
	at := slices.IndexFunc(steps, func(x step) bool { return x.id == s.id })
	if at < 0 || at+1 >= len(steps) {
		return checkStep
	}
	return steps[at+1].id
}

func (p *stepPage) fail(c echo.Context, err error) *stepPage {
	p.Form.Fail(c, err)
	return p
}

// refuse shows faults of answers that were not even kept.
func (a *Area) refuse(c echo.Context, l lane, d incidents.Draft, s step, p *stepPage, err error) error {
	shown := d
	shown.Answers = merged(d.Answers, s, p.Form.Values)
	r, failed := a.understand(c, l, shown)
	if failed != nil {
		return failed
	}
	return a.showStep(c, http.StatusUnprocessableEntity, r, s, d, p.fail(c, err))
}

// showClash shows what was typed when another window stored something else. The
// reader may look at that first, or send his own again.
func (a *Area) showClash(c echo.Context, l lane, stored incidents.Draft, s step, p *stepPage) error {
	p.Seen, p.Clash = fingerprint(s.of(stored.Answers)), l.at(stored.ID, s.id, p.From)
	shown := stored
	shown.Answers = merged(stored.Answers, s, p.Form.Values)
	r, err := a.understand(c, l, shown)
	if err != nil {
		return err
	}
	return a.showStep(c, http.StatusConflict, r, s, stored, p)
}

// merged is all answers with one step's replaced.
func merged(answers map[string][]string, s step, values url.Values) map[string][]string {
	all := map[string][]string{}
	for name, v := range answers {
		if !slices.Contains(s.fields, name) {
			all[name] = v
		}
	}
	for name, v := range values {
		all[name] = v
	}
	return all
}
