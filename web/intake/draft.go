package intake

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// Answers that no question asks begin with an underscore, so that no form can
// set them.
const (
	answerAt     = "_at"     // the step last worked on
	answerReport = "_report" // the report that the incident grows from
	answerWriter = "_by_"    // and a step: the page that wrote its answers last
)

const (
	mostDrafts = 200
	mostValue  = 100 << 10 // bytes of one answer; each question's own limit is far lower
	saveTries  = 4
)

// draft finds the draft of the address. One that was filed already leads to
// the incident it became: then the answer is given and done is true.
func (a *Area) draft(c echo.Context, l lane) (d incidents.Draft, done bool, err error) {
	ctx, practice, id := c.Request().Context(), page.Practice(c).ID, c.Param("draft")
	filed, err := a.isFiled(ctx, practice, id)
	if err != nil {
		return d, false, err
	}
	d, err = a.ownDraft(c, id)
	if !filed && errors.Is(err, fault.NotFound) { // another press may have filed it just now
		var failed error
		if filed, failed = a.isFiled(ctx, practice, id); failed != nil {
			return d, false, failed
		}
	}
	if filed && err == nil { // cut off before it was cleared away
		err = a.finish(c, d)
	}
	if filed && (err == nil || errors.Is(err, fault.NotFound)) {
		return d, true, c.Redirect(http.StatusSeeOther, filedAt(id))
	}
	if err == nil && d.Kind != l.kind {
		err = fault.NotFound
	}
	return d, false, err
}

// ownDraft reads a draft. Who sees no whole cases sees no drafts of others.
func (a *Area) ownDraft(c echo.Context, id string) (incidents.Draft, error) {
	d, err := a.opts.Store.Draft(c.Request().Context(), page.Practice(c).ID, id)
	if err == nil && d.UserID != page.User(c).ID && !page.May(c, registry.SeeAllCases) {
		return incidents.Draft{}, fault.NotFound
	}
	return d, err
}

// isFiled reports whether a draft became an incident.
func (a *Area) isFiled(ctx context.Context, practice tenant.ID, id string) (bool, error) {
	_, err := a.opts.Store.Incident(ctx, practice, id)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look for the filed incident: %w", err)
	}
	return true, nil
}

// finish settles the report that a filed draft grew from, and drops the draft.
func (a *Area) finish(c echo.Context, d incidents.Draft) error {
	ctx := c.Request().Context()
	if report := firstOf(d.Answers, answerReport); report != "" {
		again := casework.NewCase{ID: d.ID, ReportID: report}
		if _, err := a.opts.Office.File(ctx, page.Practice(c), again, page.Actor(c)); err != nil && !errors.Is(err, fault.Conflict) {
			return fmt.Errorf("settle the report: %w", err)
		}
	}
	if err := a.opts.Store.DropDraft(ctx, d.PracticeID, d.ID); err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("drop the filed draft: %w", err)
	}
	return nil
}

func filedAt(id string) string { return "/incidents/" + url.PathEscape(id) + "/filed" }

// begin makes a draft and leads to its first step. Two windows get a draft each,
// so that two incidents never run together.
func (a *Area) begin(l lane) echo.HandlerFunc {
	return func(c echo.Context) error {
		d, err := a.opts.Store.SaveDraft(c.Request().Context(), a.newDraft(c, l, a.opts.NewID()))
		if err != nil {
			return fmt.Errorf("begin a draft: %w", err)
		}
		return c.Redirect(http.StatusSeeOther, l.at(d.ID, l.steps[0].id, ""))
	}
}

func (a *Area) newDraft(c echo.Context, l lane, id string) incidents.Draft {
	return incidents.Draft{ID: id, PracticeID: page.Practice(c).ID, UserID: page.User(c).ID, Kind: l.kind, UpdatedAt: a.site.Now()}
}

// written is what one page sends of one step: its own mark, and what the
// stored answers were when it was made.
type written struct {
	page   string
	seen   string
	values url.Values
}

// keep stores a step's answers as typed. When another page changed the same
// answers meanwhile, nothing is stored and clash is true.
func (a *Area) keep(ctx context.Context, d incidents.Draft, s step, w written) (kept incidents.Draft, clash bool, err error) {
	for range saveTries {
		stored := s.of(d.Answers)
		if firstOf(d.Answers, answerWriter+s.id) != w.page && fingerprint(stored) != w.seen && fingerprint(stored) != fingerprint(w.values) {
			return d, true, nil
		}
		next := d
		next.Answers = maps.Clone(d.Answers)
		if next.Answers == nil {
			next.Answers = map[string][]string{}
		}
		for _, name := range s.fields {
			delete(next.Answers, name)
		}
		maps.Copy(next.Answers, w.values)
		next.Answers[answerAt], next.Answers[answerWriter+s.id] = []string{s.id}, []string{w.page}
		next.UpdatedAt = a.site.Now()
		kept, err = a.opts.Store.SaveDraft(ctx, next)
		if !errors.Is(err, fault.Conflict) {
			return kept, false, err
		}
		if d, err = a.opts.Store.Draft(ctx, d.PracticeID, d.ID); err != nil {
			return d, false, err
		}
	}
	return d, false, fmt.Errorf("save draft: %w", fault.Unavailable)
}

// fingerprint is a short mark of what answers say; empty and absent are the same.
func fingerprint(values url.Values) string {
	said := map[string][]string{}
	for name, list := range values {
		if list = slices.DeleteFunc(slices.Clone(list), func(v string) bool { return v == "" }); len(list) > 0 {
			said[name] = list
		}
	}
	raw, _ := json.Marshal(said) // text only: cannot go wrong
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// of returns the step's own answers among all.
func (s step) of(answers map[string][]string) url.Values {
	own := url.Values{}
	for _, name := range s.fields {
		if v, some := answers[name]; some {
			own[name] = v
		}
	}
	return own
}

// tooLong refuses answers that are far too long to be kept even as typed.
func tooLong(values url.Values) error {
	var faults fault.List
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if len(strings.Join(values[name], "")) > mostValue {
			faults.Add(anchor(name), "error.far_too_long", "this is far too long to be kept")
		}
	}
	return faults.Err()
}

type draftsPage struct {
	page.View
	Drafts []draftRow
	New    parts.Link
}

type draftRow struct {
	Title, At, Href, Drop string
}

// drafts lists what the user began and did not finish.
func (a *Area) drafts(c echo.Context) error {
	rows, err := a.unfinished(c, "")
	if err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "intake/drafts.html", &draftsPage{View: page.NewView(c, "intake.drafts.title").BackTo("/"), Drafts: rows,
		New: parts.Link{Href: "/incidents/new", Text: page.T(c, "intake.drafts.new")}})
}

// unfinished lists the user's drafts with an answer in them, but for one.
func (a *Area) unfinished(c echo.Context, but string) ([]draftRow, error) {
	mine, err := a.opts.Store.Drafts(c.Request().Context(), page.Practice(c).ID, page.User(c).ID, mostDrafts)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	var rows []draftRow
	for _, d := range mine {
		l, known := laneOf(d.Kind)
		if !known || len(d.Answers) == 0 || d.ID == but {
			continue
		}
		rows = append(rows, draftRow{Title: a.draftTitle(c, d), At: page.FormatMoment(page.Lang(c), d.UpdatedAt, page.Zone(c)),
			Href: l.at(d.ID, l.resume(d), ""), Drop: "/incidents/drafts/" + url.PathEscape(d.ID) + "/drop"})
	}
	return rows, nil
}

func (a *Area) draftTitle(c echo.Context, d incidents.Draft) string {
	kind := firstOf(d.Answers, "playbook")
	if d.Kind == misSent {
		kind = misSentPlaybook
	}
	if p, known := a.opts.Book.Playbook(kind); known {
		return p.Title[page.Lang(c)]
	}
	return page.T(c, "intake.drafts.untitled")
}

func firstOf(answers map[string][]string, name string) string { return url.Values(answers).Get(name) }

type droppingPage struct {
	page.View
	Lines  []string
	Action string
	Cancel parts.Link
}

// dropping asks before a draft is thrown away.
func (a *Area) dropping(c echo.Context) error {
	d, err := a.ownDraft(c, c.Param("draft"))
	if err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "intake/drop.html", &droppingPage{View: page.NewView(c, "intake.drop.title"),
		Lines:  []string{page.T(c, "intake.drop.which", "title", a.draftTitle(c, d), "at", page.FormatMoment(page.Lang(c), d.UpdatedAt, page.Zone(c))), page.T(c, "intake.drop.gone")},
		Action: c.Request().URL.Path, Cancel: parts.Link{Href: "/incidents/drafts", Text: page.T(c, "intake.drop.keep")}})
}

func (a *Area) drop(c echo.Context) error {
	d, err := a.ownDraft(c, c.Param("draft"))
	if err == nil {
		err = a.opts.Store.DropDraft(c.Request().Context(), page.Practice(c).ID, d.ID)
	}
	if err != nil && !errors.Is(err, fault.NotFound) {
		return fmt.Errorf("drop draft: %w", err)
	}
	a.site.Done(c, "intake.drop.done")
	return c.Redirect(http.StatusSeeOther, "/incidents/drafts")
}
