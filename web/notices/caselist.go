package notices

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

const (
	callsShown   = 20  // with three forms each, on a phone
	callsPrinted = 500 // on one print
)

// caseCallsPage is the list of everybody of a case whom a person must tell.
type caseCallsPage struct {
	page.View
	Case      *incidents.Incident
	Href      string
	Title2    string // how many are still to be told
	Tabs      []parts.Link
	Done      bool
	Rows      []callRow
	Scripts   []callText
	Pager     page.Pager
	Open      bool // the case is open, so that something can be recorded
	Announced string
	Announce  bool // an announcement may be of use
	Next      string
}

// callRow is one reader on the list.
type callRow struct {
	personRow
	Key     string // numbers the fields of the row's forms
	From    string // the page to come back to
	Clock   string
	Late    bool
	Tries   []string
	Text    string // the number of the words to say
	TextIn  string // for whom they are, and in which language
	Known   string // that another message reached him
	Told    string // what was recorded
	Note    string
	Letter  bool
	Address []string
}

// callText is what to say in one language about one message.
type callText struct {
	Number string
	For    string
	script
}

// caseCalls shows who of a case still has to be told by a person, or who is done.
func (a *Area) caseCalls(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	state := incidents.CallOpen
	if c.QueryParam("show") == string(incidents.CallDone) {
		state = incidents.CallDone
	}
	v := &caseCallsPage{View: page.NewView(c, "notices.case_calls.title").BackTo("/incidents/" + inc.ID).Broad(), Case: inc,
		Href: "/incidents/" + inc.ID + "/calls", Done: state == incidents.CallDone, Open: inc.State == incidents.StateOpen}
	v.Pager = page.PagerOf(c)
	if err := a.fillCalls(c, v, state, callsShown); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "notices/case_calls.html", v)
}

// printCalls is the list on paper, with room for a tick and a note.
func (a *Area) printCalls(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	v := &caseCallsPage{View: page.NewView(c, "notices.case_calls.title").BackTo("/incidents/" + inc.ID + "/calls").Broad(), Case: inc,
		Href: "/incidents/" + inc.ID + "/calls"}
	v.PrintLine = inc.Reference + " · " + page.FormatShort(page.Lang(c), page.Now(c), page.Zone(c))
	v.Pager = page.PagerOf(c)
	if err := a.fillCalls(c, v, incidents.CallOpen, callsPrinted); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "notices/print_calls.html", v)
}

// fillCalls puts a part of the list on the page, in the order of names.
func (a *Area) fillCalls(c echo.Context, v *caseCallsPage, state incidents.CallState, most int) error {
	ctx, inc := c.Request().Context(), v.Case
	counts, err := a.office.CountCalls(ctx, inc)
	if err != nil {
		return fmt.Errorf("count calls: %w", err)
	}
	v.Title2 = counted(c, "notices.case_calls.open", counts.Open)
	v.Tabs = []parts.Link{{Href: v.Href, Text: counted(c, "notices.case_calls.tab_open", counts.Open), Current: !v.Done},
		{Href: v.Href + "?show=done", Text: counted(c, "notices.case_calls.tab_done", counts.Done), Current: v.Done}}
	calls, err := a.office.AllCalls(ctx, inc, state)
	if err != nil {
		return fmt.Errorf("list calls: %w", err)
	}
	if calls, err = a.callsAfter(c, calls, v.Pager.After); err != nil {
		return err
	}
	if len(calls) > most {
		calls = calls[:most]
		v.Pager = v.Pager.Follow(calls[most-1].ID)
	}
	v.Announced = a.announcedText(c, inc)
	v.Announce = v.Open && v.Announced == "" && counts.Open > 0
	return a.callRows(c, v, calls)
}

// callsAfter leaves out the rows up to the one with the id, which need not stand
// on the list any more: somebody may have told him since.
func (a *Area) callsAfter(c echo.Context, calls []casework.Call, after string) ([]casework.Call, error) {
	if after == "" {
		return calls, nil
	}
	last, err := a.store.Delivery(c.Request().Context(), page.Practice(c).ID, after)
	if errors.Is(err, fault.NotFound) {
		return calls, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find the place on the list: %w", err)
	}
	at := slices.IndexFunc(calls, func(x casework.Call) bool { return casework.CompareCalls(x.Delivery, last) > 0 })
	if at < 0 {
		return nil, nil
	}
	return calls[at:], nil
}

// callRows describes the rows, and writes what to say once for each text of each
// message.
func (a *Area) callRows(c echo.Context, v *caseCallsPage, calls []casework.Call) error {
	deliveries := make([]incidents.Delivery, len(calls))
	for i, x := range calls {
		deliveries[i] = x.Delivery
	}
	rows, err := a.personRows(c, deliveries, "")
	if err != nil {
		return err
	}
	known, err := a.toldElsewhere(c, v.Case)
	if err != nil {
		return err
	}
	from := fromCalls
	if v.Pager.After != "" {
		from += ":" + v.Pager.After
	}
	texts := map[[2]string]int{}
	for i, x := range calls {
		row := callRow{personRow: rows[i], Key: strconv.Itoa(i + 1), From: from, Tries: triesText(c, x.Delivery), Told: toldText(c, x.Delivery),
			Note: x.To.Word, Letter: actOf(x.Delivery) == "letter", Address: linesOf(x.To.PostalAddress)}
		row.Href += "?from=" + from
		if x.Announced {
			row.Told = page.T(c, "notices.case_calls.announced")
		}
		if known[pair{x.Person, x.Reader}] && x.Call() == incidents.CallOpen {
			row.Known = page.T(c, "notices.case_calls.known")
		}
		row.Clock, row.Late = a.clockText(c, v.Case, x)
		row.Text, row.TextIn = v.textFor(c, a, x, texts)
		v.Rows = append(v.Rows, row)
	}
	return nil
}

// textFor returns the number of the words for a call, and adds them to the page
// when they are the first of their text.
func (v *caseCallsPage) textFor(c echo.Context, a *Area, x casework.Call, known map[[2]string]int) (number, title string) {
	plain := x.Delivery
	plain.To.Name = ""
	s := a.script(c, x.Notice, plain)
	title = page.AudienceText(c, x.Notice.Audience) + ", " + s.Name
	key := [2]string{x.Notice.ID, s.Code}
	if known[key] == 0 {
		known[key] = len(known) + 1
		v.Scripts = append(v.Scripts, callText{Number: strconv.Itoa(known[key]), For: title, script: s})
	}
	return strconv.Itoa(known[key]), title
}

// toldElsewhere returns who was told by some message of the case.
func (a *Area) toldElsewhere(c echo.Context, inc *incidents.Incident) (map[pair]bool, error) {
	tellings, err := a.store.Tellings(c.Request().Context(), inc.PracticeID, inc.ID)
	if err != nil {
		return nil, fmt.Errorf("list tellings: %w", err)
	}
	told := map[pair]bool{}
	for _, t := range tellings {
		if t.State.Told() {
			told[pair{t.Person, t.Reader}] = true
		}
	}
	return told, nil
}

// clockText says by when the practice promised to tell somebody.
func (a *Area) clockText(c echo.Context, inc *incidents.Incident, x casework.Call) (text string, late bool) {
	clock := inc.Clock(incidents.ClientClock)
	due, promised := clock.DueAt()
	at := page.FormatShort(page.Lang(c), due, page.Zone(c))
	switch {
	case !x.InScope:
		return page.T(c, "notices.case_calls.clock_beyond"), false
	case !promised:
		return page.T(c, "notices.case_calls.clock_soon"), false
	case page.Now(c).After(due):
		return page.T(c, "notices.case_calls.clock_late", "at", at), true
	default:
		return page.T(c, "notices.case_calls.clock_due", "at", at), false
	}
}
