package desk

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

const promisedField = "promised_at"

// updatePage is where a next update is promised, moved and settled.
type updatePage struct {
	page.View
	Case     *incidents.Incident
	Href     string
	Audience incidents.UpdateAudience
	Text     string
	Clock    clockView
	Drawn    bool // a promise was made at some time
	Stands   bool // one is owed now
	Editable bool // the case is open
	Note     string
	Next     parts.Link // where more is told
	Promised page.Moment
	Form     *page.Form // the form in which something is to be mended
	Move     *page.Form
	Kept     *page.Form
	Earlier  []updateRow
}

// updateRow is one promise as the page lists it.
type updateRow struct {
	incidents.Update
	State string
	Who   string
}

func updateHref(inc *incidents.Incident, kind incidents.ClockKind) string {
	audience := incidents.UpdateToClients
	if kind == incidents.AuthorityUpdateClock {
		audience = incidents.UpdateToAuthority
	}
	return homeOf(inc) + "/updates/" + string(audience)
}

// loadForUpdate returns the case and the audience that the address names.
func (a *Area) loadForUpdate(c echo.Context) (*incidents.Incident, incidents.UpdateAudience, error) {
	inc, err := a.load(c)
	if err != nil {
		return nil, "", err
	}
	audience := incidents.UpdateAudience(c.Param("audience"))
	if !slices.Contains(incidents.UpdateAudiences(), audience) {
		return nil, "", fault.NotFound
	}
	return inc, audience, nil
}

// update shows what was promised to an audience (GDPR Art. 33(4)).
func (a *Area) update(c echo.Context) error {
	inc, audience, err := a.loadForUpdate(c)
	if err != nil {
		return err
	}
	return a.showUpdate(c, http.StatusOK, inc, audience, updateForms{})
}

// updateForms are the forms of the page, as they were typed.
type updateForms struct {
	promise *page.Form // makes a promise
	move    *page.Form
	kept    *page.Form
	at      *page.Moment // as it was read
}

func (a *Area) showUpdate(c echo.Context, status int, inc *incidents.Incident, audience incidents.UpdateAudience, forms updateForms) error {
	authority := string(page.Practice(c).Authority)
	key := "desk.update." + string(audience)
	v := &updatePage{View: page.NewView(c, key+".title", "authority", authority).BackTo(homeOf(inc)), Case: inc, Audience: audience,
		Href: updateHref(inc, audience.Clock()), Text: page.T(c, key+".text", "authority", authority), Editable: inc.State == incidents.StateOpen,
		Form: orEmpty(forms.promise), Move: orEmpty(forms.move), Kept: orEmpty(forms.kept), Earlier: a.updateRows(c, inc, audience)}
	v.Clock, v.Drawn = clockNamed(clocks(c, inc), audience.Clock()), inc.Clock(audience.Clock()) != nil
	v.Clock.Link.Href = "" // it leads here
	standing, stands := inc.StandingUpdate(audience)
	v.Stands, v.Note = stands, standing.Note
	v.Next = parts.Link{Href: homeOf(inc) + "/notices", Text: page.T(c, key+".next")}
	if audience == incidents.UpdateToAuthority {
		v.Next.Href = homeOf(inc) + "/authority/filing"
	}
	form := v.Form
	if stands {
		form = v.Move
	}
	v.Promised = momentOf(c, form, promisedField, page.T(c, "desk.update.promised_at"), forms.at)
	v.PrintLine = printLine(c, inc)
	return a.site.Render(c, status, "desk/update.html", v)
}

func orEmpty(form *page.Form) *page.Form {
	if form == nil {
		return page.FormOf()
	}
	return form
}

// momentOf is a moment of a form with its label; read is that moment after it
// was read, nil before.
func momentOf(c echo.Context, form *page.Form, name, label string, read *page.Moment) page.Moment {
	m := form.Moment(c, name)
	if read != nil {
		m.Faulty, m.Ambiguous = read.Faulty, read.Ambiguous
	}
	m.Label, m.Error, m.Now = label, form.Error(name), false // it lies ahead
	return m
}

// updateRows are the promises to an audience, newest first.
func (a *Area) updateRows(c echo.Context, inc *incidents.Incident, audience incidents.UpdateAudience) []updateRow {
	t := a.tellerOf(c)
	var rows []updateRow
	for _, u := range inc.Updates {
		if u.Audience != audience {
			continue
		}
		state := "owed"
		switch {
		case !u.KeptAt.IsZero():
			state = "by_" + u.KeptBy
		case !u.EndedAt.IsZero():
			state = "ended"
		}
		rows = append(rows, updateRow{Update: u, State: page.T(c, "desk.update.state."+state), Who: t.who(u.By)})
	}
	slices.Reverse(rows)
	return rows
}

func (a *Area) postUpdate(c echo.Context) error {
	inc, audience, err := a.loadForUpdate(c)
	if err != nil {
		return err
	}
	var moment page.Moment
	act := func(form *page.Form) error {
		moment = form.Moment(c, promisedField)
		at, err := moment.Read(page.Zone(c))
		if err != nil {
			return err
		}
		_, err = a.office.Promise(c.Request().Context(), inc.PracticeID, inc.ID, incidents.NewUpdate{Audience: audience, PromisedAt: at,
			Note: form.Text("note"), By: page.Actor(c)})
		return err
	}
	show := func(status int, form *page.Form) error {
		return a.showUpdate(c, status, inc, audience, updateForms{promise: form, at: &moment})
	}
	return a.record(c, act, show, "desk.update.done", homeOf(inc))
}

// loadPromise returns the case and its promise still owed to the audience in the
// address; nothing is found when none is.
func (a *Area) loadPromise(c echo.Context) (*incidents.Incident, incidents.Update, error) {
	inc, audience, err := a.loadForUpdate(c)
	if err != nil {
		return nil, incidents.Update{}, err
	}
	u, stands := inc.StandingUpdate(audience)
	if !stands {
		return nil, u, fault.NotFound
	}
	return inc, u, nil
}

func (a *Area) postUpdateMove(c echo.Context) error {
	inc, u, err := a.loadPromise(c)
	if err != nil {
		return err
	}
	var moment page.Moment
	act := func(form *page.Form) error {
		moment = form.Moment(c, promisedField)
		at, err := moment.Read(page.Zone(c))
		if err != nil {
			return err
		}
		_, err = a.office.MoveUpdate(c.Request().Context(), inc.PracticeID, inc.ID, u.ID, at, form.Text("reason"), page.Actor(c))
		return err
	}
	show := func(status int, form *page.Form) error {
		return a.showUpdate(c, status, inc, u.Audience, updateForms{move: form, at: &moment})
	}
	return a.record(c, act, show, "desk.update.moved", homeOf(inc))
}

func (a *Area) postUpdateKept(c echo.Context) error {
	inc, u, err := a.loadPromise(c)
	if err != nil {
		return err
	}
	act := func(form *page.Form) error {
		_, err := a.office.KeepUpdate(c.Request().Context(), inc.PracticeID, inc.ID, u.ID, form.Text("how"), page.Actor(c))
		return keptFault(err)
	}
	show := func(status int, form *page.Form) error {
		return a.showUpdate(c, status, inc, u.Audience, updateForms{kept: form})
	}
	return a.record(c, act, show, "desk.update.kept", homeOf(inc))
}

// keptFault moves the fault of the reason to the field of this form: two forms
// on one page ask for one.
func keptFault(err error) error {
	for _, f := range fault.Fields(err) {
		if f.Field == "reason" {
			f.Field = "how"
		}
	}
	return err
}

// updateTasks are the promises still owed.
func updateTasks(c echo.Context, inc *incidents.Incident) []parts.Task {
	var list []parts.Task
	for _, audience := range incidents.UpdateAudiences() {
		if clock := inc.Clock(audience.Clock()); stands(clock) {
			list = append(list, task(c, inc, "update_"+string(audience), "/updates/"+string(audience), dutyState(c, clock), ""))
		}
	}
	return list
}
