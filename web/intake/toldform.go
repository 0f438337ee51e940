package intake

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
)

// postTold opens a case for a supplier's mail, or takes it into the supplier's
// case of the same reference.
func (a *Area) postTold(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, practice := c.Request().Context(), page.Practice(c)
	r, err := a.opts.Store.Report(ctx, practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	if r.Words.Message.Mail == nil {
		return fault.NotFound
	}
	form.Set("told", "1")
	told, err := a.readTold(c, form, r)
	if err != nil && !page.IsInvalid(err) {
		return err
	}
	var inc *incidents.Incident
	joined := false
	if err == nil {
		inc, joined, err = a.opts.Office.FileTold(ctx, practice, told, page.Actor(c))
	}
	switch {
	case page.IsInvalid(err):
		return a.showTold(c, http.StatusUnprocessableEntity, r, form.Fail(c, err))
	case errors.Is(err, fault.Conflict):
		return a.settledAlready(c, r)
	case err != nil:
		return fmt.Errorf("file a supplier's mail: %w", err)
	}
	if joined {
		a.site.Done(c, "intake.told.joined", "reference", inc.Reference)
		return c.Redirect(http.StatusSeeOther, "/incidents/"+url.PathEscape(inc.ID))
	}
	return c.Redirect(http.StatusSeeOther, filedAt(inc.ID))
}

// readTold reads what a person makes of the mail, all faults at once.
func (a *Area) readTold(c echo.Context, form *page.Form, r *incidents.Report) (casework.Told, error) {
	systems, err := a.opts.Store.Systems(c.Request().Context(), page.Practice(c).ID, "", mostSystems)
	if err != nil {
		return casework.Told{}, fmt.Errorf("list systems: %w", err)
	}
	const step = "told"
	read := &reading{c: c, form: form, zone: page.Zone(c), book: a.opts.Book, systems: systems, faults: map[string]fault.List{}, step: step}
	read.places()
	read.categories()
	t := casework.Told{NewCase: read.newCase, Reference: form.Get("reference")}
	t.ID, t.ReportID, t.Source, t.Facts.Playbook, t.Facts.ProcessorID = draftOf(r.ID), r.ID, incidents.FromMail, "processor-breach", form.Get("processor")
	t.Facts.OccurredFrom, t.Facts.OccurredUntil = read.perhaps("occurred_from"), read.perhaps("occurred_until")
	t.Facts.ProcessorAwareAt = read.knew(r.ReceivedAt)
	t.Facts.OccurredApprox = form.Get("occurred_from_precision") == "about" || form.Get("occurred_until_precision") == "about"
	t.AwareAt, t.Basis, t.Facts.DiscoveredAt = r.ReceivedAt, page.T(c, "intake.told.basis"), r.ReceivedAt
	if form.Get("aware") == awareOther {
		read.otherAware(&t, r.ReceivedAt)
	}
	var faults fault.List
	registry.CheckLine(&faults, "reference", t.Reference, 0, 100)
	t.Story.Summary = read.summaryTold()
	t.Story.MeasuresTaken, t.Story.DiscoveredHow = form.Text("measures_taken"), page.T(c, "intake.told.how", "from", cmp.Or(r.Words.Message.Mail.From, page.T(c, "intake.told.somebody")))
	says := incidents.ProcessorFacts{Summary: t.Story.Summary, OccurredFrom: t.Facts.OccurredFrom, OccurredUntil: t.Facts.OccurredUntil,
		Systems: t.Facts.Systems, Categories: t.Facts.Categories, Measures: t.Story.MeasuresTaken}
	t.Story.ProcessorSays = &says
	return t, append(read.faults[step], faults...).Err()
}

// perhaps reads a moment that may be left empty.
func (r *reading) perhaps(name string) *time.Time {
	if r.form.Moment(r.c, name).Empty() {
		return nil
	}
	return r.instant(name)
}

// knew reads since when the supplier knew, which may be left empty.
func (r *reading) knew(told time.Time) *time.Time {
	at := r.perhaps(knewSince)
	if at != nil && at.After(told) {
		r.fail(knewSince, "error.told_knew", "the supplier knew it before it told you; give that time, or leave it empty")
		return nil
	}
	return at
}

// otherAware reads another moment than the one at which datalek was told: that
// takes a reason.
func (r *reading) otherAware(t *casework.Told, told time.Time) {
	at := r.instant("aware_at")
	if at == nil {
		return
	}
	t.AwareAt, t.Basis = *at, r.form.Text("aware_basis")
	if at.Before(told) {
		t.Facts.DiscoveredAt = *at
	}
	if t.Basis == "" {
		r.fail("aware_basis", "error.told_basis", "say why this moment counts")
	}
}

// summaryTold is what happened, with the number of people, which has no field of
// its own in a case.
func (r *reading) summaryTold() string {
	summary := r.form.Text("summary")
	if summary == "" {
		r.fail("summary", "error.summary_missing", "say in a few sentences what happened")
	}
	typed := strings.NewReplacer(".", "", ",", "", " ", "").Replace(r.form.Get("people"))
	if typed == "" {
		return summary
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 0 || n > mostTold {
		r.fail("people", "error.told_people", "give a number, such as 60, or leave it empty")
		return summary
	}
	return summary + "\n\n" + page.T(r.c, "intake.told.people_line", "n", page.FormatNumber(page.Lang(r.c), int64(n)))
}
