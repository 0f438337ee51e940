package reading

import (
	"context"
	"fmt"
	"html/template"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
	"datalek/web/parts"
)

// pageSize is how many questions a page lists.
const pageSize = 50

type askedRow struct {
	Href, Name, Reference, At string
	Open                      bool
	State                     string
}

type listPage struct {
	page.View
	Rows  []askedRow
	Pager page.Pager
	All   bool // the answered ones too
	Case  bool // of one case
}

// list is what readers asked and nobody answered, or with ?all=1 everything.
func (a *Area) list(c echo.Context) error {
	all := c.QueryParam("all") != ""
	v := &listPage{View: page.NewView(c, "reading.list.title").BackTo("/").Broad(), All: all}
	return a.showList(c, v, func(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.ReaderQuestion, error) {
		return a.opts.Store.Questions(ctx, practice, !all, after, limit)
	})
}

// listOf is everything that readers asked about one case.
func (a *Area) listOf(c echo.Context) error {
	inc, err := a.opts.Store.Incident(c.Request().Context(), page.Practice(c).ID, c.Param("id"))
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "reading.list.of", "reference", inc.Reference).BackTo("/incidents/" + inc.ID).Broad(), All: true, Case: true}
	return a.showList(c, v, func(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.ReaderQuestion, error) {
		return a.opts.Store.QuestionsOf(ctx, practice, inc.ID, "", after, limit)
	})
}

func (a *Area) showList(c echo.Context, v *listPage, load func(ctx context.Context, practice tenant.ID, after string, limit int) ([]incidents.ReaderQuestion, error)) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	v.Pager = page.PagerOf(c)
	found, err := load(ctx, practice, v.Pager.After, pageSize+1)
	if err != nil {
		return fmt.Errorf("list questions: %w", err)
	}
	if len(found) > pageSize {
		found = found[:pageSize]
		v.Pager = v.Pager.Follow(found[pageSize-1].ID)
	}
	names, err := a.names(ctx, practice, found)
	if err != nil {
		return err
	}
	references := map[string]string{}
	for _, q := range found {
		if _, known := references[q.IncidentID]; !known {
			inc, err := a.opts.Store.Incident(ctx, practice, q.IncidentID)
			if err != nil {
				return fmt.Errorf("read the case of a question: %w", err)
			}
			references[q.IncidentID] = inc.Reference
		}
		v.Rows = append(v.Rows, askedRow{Href: "/questions/" + q.ID, Name: nameOf(c, names, q.Reader), Reference: references[q.IncidentID],
			At: moment(c, q.AskedAt), Open: q.Open(), State: stateOf(c, q)})
	}
	return a.site.Render(c, http.StatusOK, "reading/list.html", v)
}

func stateOf(c echo.Context, q incidents.ReaderQuestion) string {
	if q.Open() {
		return page.T(c, "reading.state.open")
	}
	return page.T(c, "reading.state.answered")
}

// names returns the names of those who ask.
func (a *Area) names(ctx context.Context, practice tenant.ID, asked []incidents.ReaderQuestion) (map[string]string, error) {
	ids := make([]string, len(asked))
	for i, q := range asked {
		ids[i] = q.Reader
	}
	clients, err := a.opts.Store.ClientsByIDs(ctx, practice, ids)
	if err != nil {
		return nil, fmt.Errorf("look up who asks: %w", err)
	}
	names := map[string]string{}
	for _, client := range clients {
		names[client.ID] = client.Person.Name
	}
	return names, nil
}

func nameOf(c echo.Context, names map[string]string, id string) string {
	if name := names[id]; name != "" {
		return name
	}
	return page.T(c, "reading.somebody")
}

type questionPage struct {
	page.View
	Question  incidents.ReaderQuestion
	Name      string
	Reference string
	At        string
	Person    string // address of the person's page
	Email     string
	Mail      template.URL
	Phone     string
	Dial      template.URL
	Open      bool
	Answered  string // how and when
	Form      *page.Form
	Ways      []parts.Option
	AnswerBy  string // the last day for a request for data; "" when no rule names one
}

func (a *Area) question(c echo.Context) error {
	return a.showQuestion(c, http.StatusOK, page.FormOf("by", "phone"))
}

func (a *Area) showQuestion(c echo.Context, status int, form *page.Form) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	q, err := a.opts.Store.Question(ctx, practice, c.Param("id"))
	if err != nil {
		return err
	}
	inc, err := a.opts.Store.Incident(ctx, practice, q.IncidentID)
	if err != nil {
		return fmt.Errorf("read the case of a question: %w", err)
	}
	d, err := a.opts.Store.Delivery(ctx, practice, q.DeliveryID)
	if err != nil {
		return fmt.Errorf("read the delivery of a question: %w", err)
	}
	names, err := a.names(ctx, practice, []incidents.ReaderQuestion{q})
	if err != nil {
		return err
	}
	v := &questionPage{View: page.NewView(c, "reading.question.title").BackTo("/questions"), Question: q, Name: nameOf(c, names, q.Reader), Reference: inc.Reference,
		At: moment(c, q.AskedAt), Person: "/deliveries/" + d.ID, Email: d.To.Email, Mail: mailAddress(d.To.Email), Phone: d.To.Phone, Dial: page.PhoneAddress(d.To.Phone),
		Open: q.Open(), Form: form}
	v.HasFaults = form.Failed()
	if !q.Open() {
		v.Answered = page.T(c, "reading.answered."+q.By, "at", moment(c, q.AnsweredAt))
	}
	if by, some := a.opts.Office.AnswerBy(page.Practice(c), q.AskedAt); some {
		v.AnswerBy = page.FormatDay(page.Lang(c), by)
	}
	for _, by := range []string{"phone", "email", "letter", "in_person"} {
		v.Ways = append(v.Ways, parts.Option{Value: by, Text: page.T(c, "reading.by."+by)})
	}
	return a.site.Render(c, status, "reading/question.html", v)
}

// mailAddress writes to somebody; only a valid address becomes a link.
func mailAddress(email string) template.URL {
	if !registry.ValidEmail(email) {
		return ""
	}
	return template.URL("mailto:" + template.URLQueryEscaper(email)) //nolint:gosec // escaped
}

// answered records how the practice answered.
func (a *Area) answered(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.opts.Office.AnswerQuestion(c.Request().Context(), page.Practice(c).ID, c.Param("id"), form.Get("by"), form.Text("note"), page.Actor(c))
	if page.Mendable(err) {
		status := http.StatusConflict
		if page.IsInvalid(err) {
			status = http.StatusUnprocessableEntity
		}
		return a.showQuestion(c, status, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, "reading.answered_done")
	return c.Redirect(http.StatusSeeOther, "/questions")
}
