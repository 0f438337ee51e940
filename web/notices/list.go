package notices

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/web/early"
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
	Assessing bool       // the affected clients are still being found
	Update    parts.Link // where more news is promised
	// Early says what goes by itself; Planned whether there is anything to say.
	Early   parts.Notice
	Planned bool
	// Public says that there is a text for the public, or that one was published.
	Public bool
	// News are offers to tell what is new to those who were told before.
	News []newsOffer
}

// noticeLine is one notice of a case.
type noticeLine struct {
	head
	Href string
	// Relation says that only new readers get it, or everybody again.
	Relation string
	Text     string
}

func (a *Area) list(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return a.showList(c, http.StatusOK, inc, page.FormOf())
}

func (a *Area) showList(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	ctx := c.Request().Context()
	found, err := a.noticesOf(ctx, inc)
	if err != nil {
		return err
	}
	readers, err := a.readersBy(ctx, inc)
	if err != nil {
		return err
	}
	addressed, err := a.addressed(ctx, inc, found, "")
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "notices.list.title").BackTo("/incidents/" + inc.ID), Case: inc, Form: form,
		News:      newsOffers(c, inc, found),
		Audiences: audienceOptions(c, inc, readers, addressed), Assessing: !inc.Assessment.Complete(), Update: updateLink(c, inc)}
	v.Early, v.Planned = early.Panel(c, inc, early.People(inc))
	for _, n := range found {
		v.Lines = append(v.Lines, lineOf(c, inc, n, found))
		v.Public = v.Public || n.Audience == incidents.ToPublic && n.State != incidents.NoticeIsSuperseded
	}
	v.Public = v.Public || len(inc.Announcements) > 0
	return a.site.Render(c, status, "notices/list.html", v)
}

func (a *Area) noticesOf(ctx context.Context, inc *incidents.Incident) ([]*incidents.Notice, error) {
	found, err := a.store.NoticesOf(ctx, inc.PracticeID, inc.ID, "", mostNotices)
	if err != nil {
		return nil, fmt.Errorf("list notices: %w", err)
	}
	return found, nil
}

func lineOf(c echo.Context, inc *incidents.Incident, n *incidents.Notice, found []*incidents.Notice) noticeLine {
	line := noticeLine{head: headOf(c, inc, n), Href: "/notices/" + n.ID}
	if r := relationOf(n, found); r != firstNotice {
		line.Relation = page.T(c, "notices."+string(r)+".short")
	}
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
		if n.ByPolicy() {
			words = append(words, page.T(c, "preliminary.by_itself"))
		}
	case n.Waits() && page.Practice(c).FourEyes:
		words = append(words, page.T(c, "notices.signing.waits"))
	default:
		words = append(words, page.T(c, "notices.list.made_at", "at", page.FormatShort(page.Lang(c), n.CreatedAt, page.Zone(c))))
	}
	line.Text = strings.Join(words, " · ")
	return line
}

// audienceOptions offers the audiences, each with who would read a new notice.
func audienceOptions(c echo.Context, inc *incidents.Incident, readers map[incidents.Audience]map[pair]bool, addressed map[pair]time.Time) []parts.Option {
	first := incidents.ToClients
	if inc.Facts.Role == incidents.AsProcessor {
		first = incidents.ToController
	}
	var out []parts.Option
	for _, audience := range incidents.Audiences() {
		hint := page.T(c, "notices.audience."+string(audience))
		if personal(audience) && (inc.Assessment.Done > 0 || audience == incidents.ToRecipient) {
			hint += " " + wouldRead(c, readers[audience], addressed)
		}
		out = append(out, parts.Option{Value: string(audience), Text: page.AudienceText(c, audience), Hint: hint, Checked: audience == first})
	}
	return out
}

// wouldRead says how many read a new notice: those without one, or everybody
// again when all have one.
func wouldRead(c echo.Context, readers map[pair]bool, addressed map[pair]time.Time) string {
	words := counted(c, "notices.list.would_read", len(readers))
	switch n, _ := told(readers, addressed); {
	case n == 0:
		return words
	case n < len(readers):
		return words + " " + counted(c, "notices.list.would_add", len(readers)-n)
	default:
		return words + " " + counted(c, "notices.list.would_repeat", n)
	}
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
	write := a.office.Draft
	if form.Get("update") == "yes" {
		write = a.office.DraftUpdate
	}
	n, err := write(c.Request().Context(), page.Practice(c), inc.ID, incidents.Audience(form.Get("audience")), page.Actor(c))
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
