package desk

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

type authorityPage struct {
	page.View
	Case      *incidents.Incident
	Href      string
	Authority registry.Authority
	FormURL   string
	Clock     clockView
	Open      bool // the duty stands
	Editable  bool // the case is open
	Sheet     sheetView
	Advice    *advice
	Lead      string
	Abroad    bool // people in other countries are involved
	Announced []parts.Row
	Filings   []filingRow
	Decision  incidents.Decision
	Standing  bool // a decision not to notify stands
	Who       string
	// Background is how Regulation 1182/71 may be read; it changes nothing.
	Background string
	Update     parts.Link // where the addition is promised
	Promised   bool       // one is owed
}

type filingRow struct {
	incidents.Filing
	KindText string
	Who      string
	Ground   string // the kind of reason when late
}

// authority shows what to tell the authority, in the order of its form, and what
// was told.
func (a *Area) authority(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	practice, t := page.Practice(c), a.tellerOf(c)
	sheet, err := a.sheetView(c, inc)
	if err != nil {
		return err
	}
	clock := inc.Clock(incidents.AuthorityClock)
	v := &authorityPage{View: page.NewView(c, "desk.authority.title", "authority", string(practice.Authority)).BackTo(homeOf(inc)), Case: inc,
		Href: homeOf(inc) + "/authority", Authority: practice.Authority, FormURL: formOf(practice.Authority), Open: stands(clock),
		Editable: inc.State == incidents.StateOpen, Sheet: sheet, Advice: adviceOf(c, inc), Lead: leadText(c, inc), Announced: []parts.Row{announcedLine(c, inc)}}
	v.Abroad = inc.ForAuthority.Abroad != nil && *inc.ForAuthority.Abroad
	v.Clock = clockNamed(clocks(c, inc), incidents.AuthorityClock)
	for _, f := range inc.Filings {
		v.Filings = append(v.Filings, filingRow{Filing: f, KindText: page.T(c, "desk.filing.kind."+string(f.Kind)), Who: t.who(f.By), Ground: groundText(c, f.LateGround)})
	}
	slices.Reverse(v.Filings)
	v.Decision, v.Standing = inc.Standing(incidents.AboutAuthority)
	v.Standing = v.Standing && v.Decision.Answer == incidents.NotNotifiable
	v.Who = t.who(v.Decision.By)
	v.Background = a.background(c, inc)
	v.Promised = stands(inc.Clock(incidents.AuthorityUpdateClock))
	v.Update = parts.Link{Href: updateHref(inc, incidents.AuthorityUpdateClock), Text: page.T(c, "desk.authority.promise")}
	if v.Promised {
		v.Update.Text = page.T(c, "desk.authority.promised")
	}
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, http.StatusOK, "desk/authority.html", v)
}

func clockNamed(views []clockView, kind incidents.ClockKind) clockView {
	for _, v := range views {
		if v.Clock.Kind == string(kind) {
			return v
		}
	}
	return clockView{}
}

// formOf returns the address of the authority's own form; there is no other
// way to notify (no mail, no interface for programs).
func formOf(authority registry.Authority) string {
	if authority == registry.GBA {
		return "https://www.gegevensbeschermingsautoriteit.be/"
	}
	return "https://datalekken.autoriteitpersoonsgegevens.nl/"
}

// plainRow is a row of known without a link.
func plainRow(c echo.Context, field, value string, lines ...string) parts.Row {
	r := row(c, field, value, lines...)
	r.Href = ""
	return r
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func toldText(c echo.Context, inc *incidents.Incident) string {
	clock := inc.Clock(incidents.ClientClock)
	if clock.InScope == nil {
		return page.T(c, "desk.state.searching")
	}
	return page.T(c, "desk.state.told", "told", clock.Told, "of", *clock.InScope)
}

type filingPage struct {
	page.View
	Case      *incidents.Incident
	Action    string
	Form      *page.Form
	FiledAt   page.Moment
	Kinds     []parts.Option
	Authority registry.Authority
	Late      bool // the first filing after the deadline: ask why
	Grounds   []parts.Option
	Check     string // where to look through the texts first, "" for nothing found
	UpdateBy  page.Moment
}

// filingMoments are the two times of the form after they were read, nil before.
type filingMoments struct{ filed, update *page.Moment }

// filing asks what was filed.
func (a *Area) filing(c echo.Context) error {
	inc, err := a.load(c)
	if err != nil {
		return err
	}
	kind := incidents.FilingNew
	if len(inc.Filings) > 0 {
		kind = incidents.FilingFollowUp
	}
	form := page.FormOf("kind", string(kind), "complete", "yes")
	form.SetMoment(c, "filed_at", page.Now(c))
	return a.showFiling(c, http.StatusOK, inc, form, filingMoments{})
}

func (a *Area) showFiling(c echo.Context, status int, inc *incidents.Incident, form *page.Form, at filingMoments) error {
	moment := momentOf(c, form, "filed_at", page.T(c, "desk.filing.filed_at"), at.filed)
	moment.Now = true
	update := momentOf(c, form, "update_by", page.T(c, "desk.filing.update_by"), at.update)
	update.Hint, update.Optional = page.T(c, "desk.filing.update_by_hint"), true
	clock := inc.Clock(incidents.AuthorityClock)
	v := &filingPage{View: page.NewView(c, "desk.filing.title").BackTo(homeOf(inc) + "/authority"), Case: inc, Action: c.Request().URL.Path,
		Form: form, FiledAt: moment, UpdateBy: update, Authority: page.Practice(c).Authority,
		Late: clock.MetAt.IsZero() && clock.Late(page.Now(c)) > 0 && clock.LateReason == "" || form.Error("late_reason") != ""}
	for _, k := range []incidents.FilingKind{incidents.FilingNew, incidents.FilingFollowUp, incidents.FilingWithdrawn} {
		v.Kinds = append(v.Kinds, parts.Option{Value: string(k), Text: page.T(c, "desk.filing.kind."+string(k))})
	}
	v.Grounds = groundOptions(c)
	open, err := a.found(c, inc)
	if err != nil {
		return err
	}
	if len(open) > 0 {
		v.Check = homeOf(inc) + "/authority/check"
	}
	return a.site.Render(c, status, "desk/filing.html", v)
}

func (a *Area) postFiling(c echo.Context) error {
	inc, form, err := a.loadForm(c)
	if err != nil {
		return err
	}
	f, moments, err := filingOf(c, form)
	if err == nil {
		_, err = a.office.RecordFiling(c.Request().Context(), page.Practice(c), inc.ID, f)
	}
	if page.Mendable(err) {
		return a.showFiling(c, http.StatusUnprocessableEntity, inc, form.Fail(c, err), moments)
	}
	if err != nil {
		return fmt.Errorf("record filing: %w", err)
	}
	a.site.Done(c, "desk.filing.done")
	return c.Redirect(http.StatusSeeOther, homeOf(inc))
}

// filingOf reads what was filed, and the addition that a filing promises which
// is not complete.
func filingOf(c echo.Context, form *page.Form) (incidents.Filing, filingMoments, error) {
	filed, update := form.Moment(c, "filed_at"), form.Moment(c, "update_by")
	f := incidents.Filing{Authority: page.Practice(c).Authority, Kind: incidents.FilingKind(form.Get("kind")), Complete: form.Get("complete") == "yes",
		Reference: form.Get("reference"), LateReason: form.Text("late_reason"),
		LateGround: incidents.LateGround(form.Get("late_ground")), By: page.Actor(c)}
	var faults fault.List
	at, err := filed.Read(page.Zone(c))
	faults, f.FiledAt = append(faults, fault.Fields(err)...), at
	if !update.Empty() && !f.Complete {
		at, err := update.Read(page.Zone(c))
		faults, f.UpdateBy = append(faults, fault.Fields(err)...), at
	}
	return f, filingMoments{&filed, &update}, faults.Err()
}
