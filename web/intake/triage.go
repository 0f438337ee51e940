package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
	"datalek/web/picture"
)

const triagePage = 25 // reports on one page

type triageList struct {
	page.View
	Rows  []reportRow
	All   bool
	Aside bool // only what asks nothing of anybody
	Pager page.Pager
	Box   *boxView // of the folder of suppliers' mail; nil when none is read
}

// reportRow is one report in the list.
type reportRow struct {
	Href, Title, Source, At string
	Clock                   picture.Clock
	Name                    string // id prefix of the clock
	Status, StatusText      string
	Aside                   bool // it never had a clock
}

// triage lists what somebody must look at, the newest first.
func (a *Area) triage(c echo.Context) error {
	p := &triageList{View: page.NewView(c, "intake.triage.title"), All: c.QueryParam("show") == "all", Aside: c.QueryParam("show") == "aside"}
	state := incidents.InTriage
	switch {
	case p.All:
		state = ""
	case p.Aside:
		state = incidents.KeptAside
	}
	p.Pager = page.PagerOf(c)
	reports, err := a.opts.Store.Reports(c.Request().Context(), page.Practice(c).ID, state, p.Pager.After, triagePage+1)
	if err != nil {
		return fmt.Errorf("list reports: %w", err)
	}
	if len(reports) > triagePage {
		reports = reports[:triagePage]
		p.Pager = p.Pager.Follow(reports[triagePage-1].ID)
	}
	if p.Box, err = a.box(c); err != nil {
		return err
	}
	senders := a.senders(c)
	for n, r := range reports {
		row, err := a.reportRow(c, r, n, senders)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, row)
	}
	return a.site.Render(c, http.StatusOK, "intake/triage.html", p)
}

func (a *Area) reportRow(c echo.Context, r *incidents.Report, n int, senders func(*incidents.Report) (string, error)) (reportRow, error) {
	sender, err := senders(r)
	status := map[incidents.ReportState]string{incidents.InTriage: "todo", incidents.BecameIncident: "done", incidents.Dismissed: "done", incidents.KeptAside: "none"}[r.State]
	return reportRow{Href: "/triage/" + url.PathEscape(r.ID), Title: titleOf(c, r), Source: sender, Aside: r.State == incidents.KeptAside,
		At: page.FormatMoment(page.Lang(c), r.ReceivedAt, page.Zone(c)), Clock: a.drawShadow(c, r), Name: fmt.Sprintf("shadow-%d", n),
		Status: status, StatusText: stateWord(c, r)}, err
}

// stateWord is where a report stands; of one that asks nothing it is what it is.
func stateWord(c echo.Context, r *incidents.Report) string {
	if r.State == incidents.KeptAside {
		return kindWord(c, r.Words.Message)
	}
	return page.T(c, "intake.triage.state."+string(r.State))
}

// titleOf is the sender's own title of a message, or its first words.
func titleOf(c echo.Context, r *incidents.Report) string {
	if m := r.Words.Message; m.Kind == incidents.MessageUnknown && m.Title == "" && m.Mail == nil {
		return page.T(c, "intake.report.unread")
	}
	for _, text := range []string{r.Words.Message.Title, r.Words.Text} {
		if line := opening(text); line != "" {
			return line
		}
	}
	return page.T(c, "intake.report.wordless")
}

func sourceWord(c echo.Context, s incidents.Source) string {
	return page.T(c, "intake.source."+string(s))
}

// opening returns the first words of a text, for a list.
func opening(text string) string {
	const most = 80
	line := strings.Join(strings.Fields(text), " ")
	if r := []rune(line); len(r) > most {
		return strings.TrimSpace(string(r[:most])) + "…"
	}
	return line
}

// drawShadow draws the clock that runs since somebody told us.
func (a *Area) drawShadow(c echo.Context, r *incidents.Report) picture.Clock {
	due, _ := r.Clock.DueAt()
	f := picture.ClockFacts{Kind: string(r.Clock.Kind), StartsAt: r.Clock.StartsAt, DueAt: due, MetAt: r.Clock.MetAt, EndedAt: r.Clock.EndedAt,
		EndedBecause: r.Clock.EndedBecause, Now: a.site.Now(), Zone: page.Zone(c)}
	for _, t := range r.Clock.Thresholds {
		f.Thresholds = append(f.Thresholds, picture.Threshold{At: t.At, FiredAt: t.FiredAt})
	}
	return picture.DrawClock(f)
}

type reportView struct {
	page.View
	Form     *page.Form
	ID       string
	Rows     []parts.Row
	Lines    []string
	Incident string // what it became
	Open     bool
	Aside    bool // it never had a clock
	Clock    picture.Clock
	Message  *messageView // of a supplier's message
}

// report shows one report whole, and asks what to do with it.
func (a *Area) report(c echo.Context) error {
	r, err := a.opts.Store.Report(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	return a.showReport(c, http.StatusOK, r, page.FormOf())
}

func (a *Area) showReport(c echo.Context, status int, r *incidents.Report, form *page.Form) error {
	if r.Words.Message.Mail != nil {
		return a.showTold(c, status, r, form)
	}
	title := map[incidents.ReportState]string{incidents.InTriage: "intake.report.title", incidents.BecameIncident: "intake.report.was", incidents.Dismissed: "intake.report.was_not", incidents.KeptAside: "intake.report.aside"}[r.State]
	rows, err := a.reportRows(c, r)
	if err != nil {
		return err
	}
	message, err := a.messageOf(c, r)
	if err != nil {
		return err
	}
	return a.site.Render(c, status, "intake/report.html", &reportView{View: page.NewView(c, title).BackTo("/triage"), Form: form,
		ID: url.PathEscape(r.ID), Rows: rows, Lines: strings.Split(r.Words.Text, "\n"), Incident: url.PathEscape(r.IncidentID),
		Open: r.State == incidents.InTriage, Aside: r.State == incidents.KeptAside, Clock: a.drawShadow(c, r), Message: message})
}

// reportRows tells where a report came from; what is not known is left out.
func (a *Area) reportRows(c echo.Context, r *incidents.Report) ([]parts.Row, error) {
	sender, err := a.senders(c)(r)
	if err != nil {
		return nil, err
	}
	rows := []parts.Row{{Key: page.T(c, "intake.report.source"), Value: sender},
		{Key: page.T(c, "intake.report.at"), Value: page.FormatInstant(page.Lang(c), r.ReceivedAt, page.Zone(c))}}
	m := r.Words.Message
	for _, said := range []struct{ key, value string }{{"intake.report.kind", kindWord(c, m)}, {"intake.report.subject", m.Title}, {"intake.report.stage", page.StageText(c, m.Stage)},
		{"intake.report.name", r.Words.Name}, {"intake.report.reach", r.Words.Reach},
		{"intake.report.reference", r.Words.Reference}, {"intake.report.reason", r.Words.Reason}} {
		if said.value != "" {
			rows = append(rows, parts.Row{Key: page.T(c, said.key), Value: said.value})
		}
	}
	return rows, nil
}

// draftOf returns the id of the one draft, and then incident, that grows from a
// report: two presses of the button lead to the same.
func draftOf(report string) string {
	sum := sha256.Sum256([]byte("incident of report " + report))
	return hex.EncodeToString(sum[:13])
}

// postIncident begins an incident with what the report says. That somebody told
// us may be the moment we became aware, so it is offered as such.
func (a *Area) postIncident(c echo.Context) error {
	ctx, l := c.Request().Context(), longLane()
	r, err := a.opts.Store.Report(ctx, page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	if r.State != incidents.InTriage {
		return a.settledAlready(c, r)
	}
	form := page.FormOf(answerReport, r.ID, "summary", r.Words.Text, "aware", awareOther, "aware_basis", page.T(c, "intake.report.basis", "source", sourceWord(c, r.Source)))
	form.SetMoment(c, "discovered_at", r.ReceivedAt)
	form.SetMoment(c, "aware_at", r.ReceivedAt)
	d := a.newDraft(c, l, draftOf(r.ID))
	d.Answers = form.Values
	if _, err = a.opts.Store.SaveDraft(ctx, d); err != nil && !errors.Is(err, fault.Conflict) {
		return fmt.Errorf("begin a draft: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, l.at(d.ID, l.steps[0].id, ""))
}

// settledAlready shows a report that somebody settled meanwhile.
func (a *Area) settledAlready(c echo.Context, r *incidents.Report) error {
	form := page.FormOf().Fail(c, fault.New(fault.Conflict, "error.report_settled", "this report is settled already"))
	return a.showReport(c, http.StatusConflict, r, form)
}

func (a *Area) postDismiss(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	r, err := a.opts.Store.Report(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	reason := form.Text("reason")
	if reason == "" {
		return a.showReport(c, http.StatusUnprocessableEntity, r, form.Fail(c,
			&fault.Error{Code: fault.Invalid, Field: "reason", Key: "error.dismiss_reason", Message: "say why this is no incident"}))
	}
	err = a.opts.Office.Dismiss(ctx, practice, r.ID, reason, page.Actor(c))
	switch {
	case page.IsInvalid(err):
		return a.showReport(c, http.StatusUnprocessableEntity, r, form.Fail(c, err))
	case errors.Is(err, fault.Conflict):
		return a.settledAlready(c, r)
	case err != nil:
		return fmt.Errorf("dismiss report: %w", err)
	}
	a.site.Done(c, "intake.report.dismissed")
	return c.Redirect(http.StatusSeeOther, "/triage")
}

type pastePage struct {
	page.View
	Form     *page.Form
	Received page.Moment
}

// paste takes what came by mail, telephone or letter.
func (a *Area) paste(c echo.Context) error {
	form := page.FormOf()
	form.SetMoment(c, "received_at", a.site.Now().Truncate(time.Minute))
	return a.showPaste(c, http.StatusOK, form)
}

func (a *Area) showPaste(c echo.Context, status int, form *page.Form) error {
	m := (&stepPage{Form: form}).moment(c, "received_at", "intake.paste.received")
	m.Hint = page.T(c, "intake.paste.received_hint")
	return a.site.Render(c, status, "intake/paste.html", &pastePage{View: page.NewView(c, "intake.paste.title").BackTo("/triage"), Form: form, Received: m})
}

func (a *Area) postPaste(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	words := incidents.ReportWords{Text: form.Text("text"), Name: form.Get("name"), Reference: form.Get("reference")}
	faults := checkWords(words, "error.paste_text")
	m := form.Moment(c, "received_at")
	at, err := m.Read(page.Zone(c))
	faults = append(faults, fault.Fields(err)...)
	if err == nil {
		checkReceived(&faults, at, a.site.Now())
	}
	if len(faults) > 0 {
		return a.showPaste(c, http.StatusUnprocessableEntity, form.Fail(c, faults))
	}
	r, err := a.opts.Office.TriageAt(c.Request().Context(), page.Practice(c), incidents.FromPaste, words, at, page.Actor(c))
	if page.Mendable(err) {
		return a.showPaste(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("keep a pasted report: %w", err)
	}
	a.site.Done(c, "intake.paste.done")
	return c.Redirect(http.StatusSeeOther, "/triage/"+url.PathEscape(r.ID))
}

// oldestReport is how long ago something may have come in and still be a
// report to look at; an older one is a slip of the pen.
const oldestReport = 10 * 365 * 24 * time.Hour

func checkReceived(faults *fault.List, at, now time.Time) {
	switch {
	case at.After(now.Add(time.Minute)):
		faults.Add("received_at", "error.future", "this lies in the future")
	case at.Before(now.Add(-oldestReport)):
		faults.Add("received_at", "error.received_old", "this is more than ten years ago")
	}
}
