package intake

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

// file opens the incident that the answers make. The draft's id is the
// incident's: sending the page again finds the same one.
func (a *Area) file(c echo.Context, l lane, d incidents.Draft, form *page.Form) error {
	r, err := a.understand(c, l, d)
	if err != nil {
		return err
	}
	if form.Get("_seen") != fingerprint(d.Answers) {
		return a.check(c, l, d, http.StatusConflict, fault.New(fault.Conflict, "error.draft_changed", "the answers were changed in another window; look again"))
	}
	if faults := r.all(); len(faults) > 0 {
		return a.check(c, l, d, http.StatusUnprocessableEntity, faults)
	}
	if err := a.stillOpen(c, r.newCase.ReportID, d.ID); err != nil {
		return a.checkOr(c, l, d, err)
	}
	inc, err := a.opts.Office.File(c.Request().Context(), page.Practice(c), r.newCase, page.Actor(c))
	if err != nil {
		return a.checkOr(c, l, d, err)
	}
	if err := a.finish(c, d); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, filedAt(inc.ID))
}

func (a *Area) checkOr(c echo.Context, l lane, d incidents.Draft, err error) error {
	if !page.Mendable(err) {
		return err
	}
	status := http.StatusUnprocessableEntity
	if !page.IsInvalid(err) {
		status = http.StatusConflict
	}
	return a.check(c, l, d, status, err)
}

// stillOpen refuses to make a second incident of a report that is settled; the
// first, which another press just made, is the same.
func (a *Area) stillOpen(c echo.Context, report, incident string) error {
	if report == "" {
		return nil
	}
	r, err := a.opts.Store.Report(c.Request().Context(), page.Practice(c).ID, report)
	if err != nil {
		return fmt.Errorf("look up the report: %w", err)
	}
	if r.State != incidents.InTriage && r.IncidentID != incident {
		return fault.New(fault.Conflict, "error.report_settled", "this report is settled already")
	}
	return nil
}

// all returns every fault of every step that is asked, in the order of steps.
func (r *reading) all() fault.List {
	var all fault.List
	for _, s := range r.lane.asked(r) {
		all = append(all, r.faults[s.id]...)
	}
	return all
}

type checkPage struct {
	page.View
	N, Of    int
	Action   string
	Seen     string
	Faults   []stepFault
	Rows     []parts.Row
	Short    bool
	AwareAt  time.Time
	Client   deadline
	Official deadline
	Role     string
}

// stepFault is a fault with the address of the step where it is mended.
type stepFault struct {
	Message, Href string
}

// check lists every answer before the incident is made.
func (a *Area) check(c echo.Context, l lane, d incidents.Draft, status int, wrong error) error {
	r, err := a.understand(c, l, d)
	if err != nil {
		return err
	}
	steps := l.asked(r)
	p := &checkPage{View: page.NewView(c, "intake.check.title").BackTo(l.at(d.ID, steps[len(steps)-2].id, "")), N: len(steps), Of: len(steps),
		Action: l.at(d.ID, checkStep, ""), Seen: fingerprint(d.Answers), Short: l.kind == misSent}
	for _, s := range steps {
		if s.rows == nil {
			continue
		}
		for _, row := range s.rows(r) {
			row.Href = l.at(d.ID, s.id, checkStep)
			p.Rows = append(p.Rows, row)
		}
	}
	if wrong != nil {
		p.Faults = r.placed(c, d, wrong)
		p.HasFaults = true
	}
	if !r.newCase.AwareAt.IsZero() && len(r.all()) == 0 {
		p.AwareAt = r.newCase.AwareAt
		policy := page.Practice(c).Policy
		p.Client = deadlineOf(r.newCase.AwareAt, policy.ClientTerm().Within, a.site.Now())
		p.Official = deadlineOf(r.newCase.AwareAt, policy.AuthorityTermOf(a.opts.Book.LawOf(page.Practice(c), r.newCase.AwareAt).Hours()).Within, a.site.Now())
		p.Role = string(r.filledIn().Role)
		p.Official.None = p.Role == string(incidents.AsProcessor) // the controller notifies the authority
	}
	return a.site.Render(c, status, "intake/check.html", p)
}

// placed gives each fault the address of its step.
func (r *reading) placed(c echo.Context, d incidents.Draft, wrong error) []stepFault {
	if page.IsInvalid(wrong) && len(r.all()) == 0 {
		r.sort(fault.Fields(wrong)) // only the store could see these
	}
	var placed []stepFault
	for _, s := range r.lane.asked(r) {
		if len(r.faults[s.id]) == 0 {
			continue
		}
		for _, f := range page.Faults(c, r.faults[s.id]) {
			placed = append(placed, stepFault{Message: page.T(c, "intake.check.fault", "question", page.T(c, r.lane.words(s.id)), "fault", f.Message),
				Href: withQuery(r.lane.at(d.ID, s.id, checkStep), "show", "1")})
		}
	}
	if len(placed) == 0 {
		for _, f := range page.Faults(c, wrong) {
			placed = append(placed, stepFault{Message: f.Message})
		}
	}
	return placed
}
