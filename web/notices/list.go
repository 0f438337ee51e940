package notices

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/page"
	"datalek/web/parts"
)

// mostNotices is how many notices of one case a page shows.
const mostNotices = 100

type listPage struct {
	page.View
	Case      *incidents.Incident
	Lines     []noticeLine
	Form      *page.Form
	Audiences []parts.Option
	Assessing bool // the affected clients are still being found
}

// noticeLine is one notice of a case.
type noticeLine struct {
	head
	Href string
	Text string
}

func (a *Area) list(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return a.showList(c, http.StatusOK, inc, page.FormOf())
}

func (a *Area) showList(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	found, err := a.noticesOf(c, inc)
	if err != nil {
		return err
	}
	count, err := a.headcount(c.Request().Context(), inc)
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "notices.list.title").BackTo("/incidents/" + inc.ID), Case: inc, Form: form,
		Audiences: audienceOptions(c, inc, count), Assessing: !inc.Assessment.Complete()}
	for _, n := range found {
		v.Lines = append(v.Lines, lineOf(c, inc, n))
	}
	return a.site.Render(c, status, "notices/list.html", v)
}

func (a *Area) noticesOf(c echo.Context, inc *incidents.Incident) ([]*incidents.Notice, error) {
	found, err := a.store.NoticesOf(c.Request().Context(), inc.PracticeID, inc.ID, "", mostNotices)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return found, nil
}

func lineOf(c echo.Context, inc *incidents.Incident, n *incidents.Notice) noticeLine {
	line := noticeLine{head: headOf(c, inc, n), Href: "/notices/" + n.ID}
	var words []string
	if n.Recipients > 0 {
		words = append(words, counted(c, "notices.list.readers", n.Recipients))
	}
	if n.ByEmail < n.Recipients {
		words = append(words, counted(c, "notices.list.by_email", n.ByEmail))
	}
	switch {
	case approved(n):
		line.Href += "/progress"
		words = append(words, page.T(c, "notices.list.approved_at", "at", page.FormatShort(page.Lang(c), n.ApprovedAt, page.Zone(c))))
	default:
		words = append(words, page.T(c, "notices.list.made_at", "at", page.FormatShort(page.Lang(c), n.CreatedAt, page.Zone(c))))
	}
	line.Text = strings.Join(words, " · ")
	return line
}

// headcount is how many readers each audience would have.
type headcount struct {
	clients, parents, former, recipients int
}

func (a *Area) headcount(ctx context.Context, inc *incidents.Incident) (headcount, error) {
	h := headcount{recipients: len(inc.Story.Recipients)}
	if inc.Assessment.Done == 0 {
		return h, nil
	}
	readers, err := a.store.ReadersInScope(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return h, fmt.Errorf("list readers: %w", err)
	}
	persons, err := a.store.AffectedPersons(ctx, inc.PracticeID, inc.ID, inc.Assessment.Done)
	if err != nil {
		return h, fmt.Errorf("list affected: %w", err)
	}
	for person, who := range readers {
		for _, reader := range who {
			if reader == person {
				h.clients++
			} else {
				h.parents++
			}
		}
	}
	for _, person := range persons {
		if _, inScope := readers[person]; inScope {
			continue
		}
		if strings.HasPrefix(person, "u-") { // named by address, no client
			h.clients++
		} else {
			h.former++
		}
	}
	return h, nil
}

func audienceOptions(c echo.Context, inc *incidents.Incident, h headcount) []parts.Option {
	count := map[incidents.Audience]int{incidents.ToClients: h.clients, incidents.ToFormerClients: h.former,
		incidents.ToParents: h.parents, incidents.ToRecipient: h.recipients}
	first := incidents.ToClients
	if inc.Facts.Role == incidents.AsProcessor {
		first = incidents.ToController
	}
	var out []parts.Option
	for _, audience := range incidents.Audiences() {
		hint := page.T(c, "notices.audience."+string(audience))
		if n, some := count[audience]; some && (inc.Assessment.Done > 0 || audience == incidents.ToRecipient) {
			hint += " " + counted(c, "notices.list.would_read", n)
		}
		out = append(out, parts.Option{Value: string(audience), Text: page.AudienceText(c, audience), Hint: hint, Checked: audience == first})
	}
	return out
}

// postDraft writes a new draft and opens it.
func (a *Area) postDraft(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	n, err := a.office.Draft(c.Request().Context(), page.Practice(c), inc.ID, incidents.Audience(form.Get("audience")), page.Actor(c))
	if page.Mendable(err) {
		return a.showList(c, mendStatus(err), inc, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("make draft: %w", err)
	}
	a.site.Done(c, "notices.list.drafted")
	return c.Redirect(http.StatusSeeOther, "/notices/"+n.ID)
}

// mendStatus is the status of a page that shows what is to be mended.
func mendStatus(err error) int {
	if page.IsInvalid(err) {
		return http.StatusUnprocessableEntity
	}
	return http.StatusConflict
}
