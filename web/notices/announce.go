package notices

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// announcementPage is where the publication of an announcement is recorded and
// taken back (GDPR Art. 34(3)(c)).
type announcementPage struct {
	page.View
	Case     *incidents.Incident
	Href     string
	Editable bool // the case is open
	Faults   []parts.Fault
	Text     string // address of the text's page; "" when none is written
	TextLink string
	Approved bool
	Reach    casework.Reach
	Known    bool // who is affected is found
	Counts   []string
	Places   []placeField
	Form     *page.Form
	From     page.Moment
	Until    page.Moment
	Undo     *page.Form
	Made     []announcementRow // newest first
	Stands   bool
}

// placeField asks for the address of one kind of place.
type placeField struct{ Name, Label, Hint string }

// announcementRow is one recorded publication.
type announcementRow struct {
	incidents.Announcement
	PlaceLines []string
	Counted    string
	Who        string // recorded it
	Undoer     string // took it back
}

// whereField is the form field for the address of a kind of place.
func whereField(kind incidents.PlaceKind) string { return "where_" + string(kind) }

// announcementForms are the forms of the page, as they were typed.
type announcementForms struct {
	made, undo  *page.Form
	from, until *page.Moment // as they were read
}

func (a *Area) announcement(c echo.Context) error {
	return a.showAnnouncement(c, http.StatusOK, announcementForms{})
}

func (a *Area) showAnnouncement(c echo.Context, status int, forms announcementForms) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	v := &announcementPage{View: page.NewView(c, "notices.announce.title").BackTo("/incidents/" + inc.ID + "/notices"), Case: inc,
		Href: "/incidents/" + inc.ID + "/announcement", Editable: inc.State == incidents.StateOpen, Form: forms.made, Undo: forms.undo}
	if err := v.text(c, a); err != nil {
		return err
	}
	switch v.Reach, err = a.office.Reach(c.Request().Context(), inc); {
	case err == nil:
		v.Known, v.Counts = true, reachLines(c, v.Reach)
	case !errors.Is(err, fault.Conflict):
		return fmt.Errorf("count for whom it counts: %w", err)
	}
	_, v.Stands = inc.Announcement()
	for _, made := range slices.Backward(inc.Announcements) {
		v.Made = append(v.Made, announcementRow{Announcement: made, PlaceLines: placeLines(c, made), Counted: reachedText(c, made.Reaches),
			Who: a.who(c, made.By), Undoer: a.who(c, made.UndoneBy)})
	}
	v.forms(c, forms)
	return a.site.Render(c, status, "notices/announcement.html", v)
}

// who names whoever recorded something; "" for nobody.
func (a *Area) who(c echo.Context, by incidents.Actor) string {
	if by.Kind == "" {
		return ""
	}
	if u, err := a.store.User(c.Request().Context(), by.ID); err == nil && u.Name != "" && by.Kind == register.ActorUser {
		return u.Name
	}
	return page.T(c, "desk.actor."+string(by.Kind))
}

// text finds the newest text for the public.
func (v *announcementPage) text(c echo.Context, a *Area) error {
	found, err := a.noticesOf(c.Request().Context(), v.Case)
	if err != nil {
		return err
	}
	v.TextLink = page.T(c, "notices.announce.text_none")
	for _, n := range found {
		if n.Audience != incidents.ToPublic || n.State == incidents.NoticeIsSuperseded {
			continue
		}
		if v.Approved = v.Approved || approved(n); v.Text == "" || approved(n) {
			v.Text = placeOf(n)
		}
	}
	switch {
	case v.Approved:
		v.TextLink = page.T(c, "notices.announce.text_approved")
	case v.Text != "":
		v.TextLink = page.T(c, "notices.announce.text_draft")
	}
	return nil
}

func (v *announcementPage) forms(c echo.Context, forms announcementForms) {
	if v.Form == nil {
		v.Form = page.FormOf()
		v.Form.SetMoment(c, "from", page.Now(c))
	}
	if v.Undo == nil {
		v.Undo = page.FormOf()
	}
	v.Faults = slices.Concat(v.Form.Faults, v.Undo.Faults)
	v.From, v.Until = v.Form.Moment(c, "from"), v.Form.Moment(c, "until")
	if forms.from != nil {
		v.From.Faulty, v.From.Ambiguous = forms.from.Faulty, forms.from.Ambiguous
	}
	if forms.until != nil {
		v.Until.Faulty, v.Until.Ambiguous = forms.until.Faulty, forms.until.Ambiguous
	}
	v.From.Label, v.Until.Label, v.Until.Now = page.T(c, "notices.announce.from"), page.T(c, "notices.announce.until"), false
	for _, kind := range incidents.PlaceKinds() {
		v.Places = append(v.Places, placeField{Name: whereField(kind), Label: page.T(c, "notices.announce.place."+string(kind)),
			Hint: page.T(c, "notices.announce.place_hint."+string(kind))})
	}
}

// reachLines says for whom an announcement would count, and for whom not.
func reachLines(c echo.Context, r casework.Reach) []string {
	lines := []string{counted(c, "notices.announce.beyond", r.Beyond)}
	if r.Unwritten > 0 {
		lines = append(lines, counted(c, "notices.announce.unwritten", r.Unwritten))
	}
	if r.Unreachable > 0 {
		lines = append(lines, counted(c, "notices.announce.unreachable", r.Unreachable))
	}
	if r.Promised > 0 {
		lines = append(lines, counted(c, "notices.announce.promised", r.Promised))
	}
	if r.Underway > 0 {
		lines = append(lines, counted(c, "notices.announce.underway", r.Underway))
	}
	return lines
}

func reachedText(c echo.Context, r incidents.Announced) string {
	return counted(c, "notices.announce.counted", r.Beyond+r.Unreachable)
}

func placeLines(c echo.Context, a incidents.Announcement) []string {
	var lines []string
	for _, p := range a.Places {
		lines = append(lines, page.T(c, "notices.announce.place."+string(p.Kind))+": "+p.Where)
	}
	return lines
}

// announcedText is the announcement that stands, in one line; "" for none.
func (a *Area) announcedText(c echo.Context, inc *incidents.Incident) string {
	made, stands := inc.Announcement()
	if !stands {
		return ""
	}
	return page.T(c, "notices.announce.stands", "from", page.FormatShort(page.Lang(c), made.From, page.Zone(c)),
		"until", page.FormatShort(page.Lang(c), made.Until, page.Zone(c)))
}

// postAnnouncement records a publication.
func (a *Area) postAnnouncement(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	forms := announcementForms{made: form}
	made, err := forms.read(c)
	if err == nil {
		_, err = a.office.Announce(c.Request().Context(), inc.PracticeID, inc.ID, made)
	}
	if page.Mendable(err) {
		form.Fail(c, placed(made.Places, err))
		return a.showAnnouncement(c, mendStatus(err), forms)
	}
	if err != nil {
		return fmt.Errorf("record an announcement: %w", err)
	}
	a.site.Done(c, "notices.announce.done")
	return c.Redirect(http.StatusSeeOther, "/incidents/"+inc.ID+"/announcement")
}

// read takes what was typed; faults of all fields come at once.
func (f *announcementForms) read(c echo.Context) (casework.NewAnnouncement, error) {
	form := f.made
	from, until := form.Moment(c, "from"), form.Moment(c, "until")
	f.from, f.until = &from, &until
	var faults fault.List
	n := casework.NewAnnouncement{Announcement: incidents.Announcement{Why: form.Text("why"), By: page.Actor(c)}}
	at, err := from.Read(page.Zone(c))
	n.From, faults = at, append(faults, fault.Fields(err)...)
	at, err = until.Read(page.Zone(c))
	n.Until, faults = at, append(faults, fault.Fields(err)...)
	for _, kind := range incidents.PlaceKinds() {
		if where := form.Text(whereField(kind)); where != "" {
			n.Places = append(n.Places, incidents.Place{Kind: kind, Where: where})
		}
	}
	if persons, err := strconv.Atoi(form.Get("persons")); err == nil {
		n.Persons = &persons
	}
	if len(faults) == 0 {
		return n, nil
	}
	if len(n.Places) == 0 {
		faults.Add("places", "error.places", "choose where it is published")
	}
	registry.CheckText(&faults, "why", n.Why, 1, 5_000)
	return n, faults.Err()
}

// placed names the faults of places after the fields in which they were typed.
func placed(places []incidents.Place, err error) error {
	faults := fault.Fields(err)
	if faults == nil {
		return err
	}
	var out fault.List
	for _, f := range faults {
		moved := *f
		if rest, some := strings.CutPrefix(f.Field, "places["); some {
			index, _, _ := strings.Cut(rest, "]")
			if n, err := strconv.Atoi(index); err == nil && n < len(places) {
				moved.Field = whereField(places[n].Kind)
			}
		}
		if moved.Field == "places" {
			moved.Field = whereField(incidents.OnWebsite)
		}
		out = append(out, &moved)
	}
	return out.Err()
}

// postUndoAnnouncement takes a publication back.
func (a *Area) postUndoAnnouncement(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.office.TakeBack(c.Request().Context(), inc.PracticeID, inc.ID, form.Get("announcement"), form.Text("reason"), page.Actor(c))
	if page.Mendable(err) {
		return a.showAnnouncement(c, mendStatus(err), announcementForms{undo: form.Fail(c, err)})
	}
	if err != nil {
		return fmt.Errorf("take an announcement back: %w", err)
	}
	a.site.Done(c, "notices.announce.undone")
	return c.Redirect(http.StatusSeeOther, "/incidents/"+inc.ID+"/announcement")
}

// announcedRows counts, for each message, the readers whom the announcement that
// stands settles.
func (a *Area) announcedRows(c echo.Context, inc *incidents.Incident) (map[string]int, error) {
	if _, stands := inc.Announcement(); !stands {
		return nil, nil
	}
	calls, err := a.office.AllCalls(c.Request().Context(), inc, incidents.CallDone)
	if err != nil {
		return nil, fmt.Errorf("list calls: %w", err)
	}
	counts := map[string]int{}
	for _, x := range calls {
		if x.Announced {
			counts[x.NoticeID]++
		}
	}
	return counts, nil
}
