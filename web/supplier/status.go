package supplier

import (
	"cmp"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/advisory"
	"datalek/incidents/fault"
	"datalek/web/page"
	"datalek/web/parts"
)

type statusPage struct {
	page.View
	Form     *page.Form
	FormID   string
	Answered bool
	Busy     bool // it is still on its way to the practices
	Rows     []parts.Row
	Messages []messageRow
	Open     []question
	Asks     map[string]bool // by point
	Kinds    []parts.Option
	Complete bool     // it reports a breach, and nothing is open
	Faults   []string // why it could not be read
	Example  string
	Reached  incidents.Reached
	Until    string // until when the link works
}

type messageRow struct{ At, What string }

// question is one thing that is still open, and why it is asked.
type question struct{ Point, Ask, Why string }

// show is the page of a link. An unknown one is not found; one whose time is over
// is gone.
func (a *Area) show(c echo.Context) error {
	page.UseZone(c, time.UTC) // suppliers sit anywhere
	t, err := a.find(c)
	if errors.Is(err, fault.NotFound) {
		return a.closed(c, http.StatusNotFound, "unknown")
	}
	if err != nil {
		return err
	}
	return a.showStatus(c, http.StatusOK, t, page.FormOf())
}

// closedPage is what stands behind a link that opens nothing.
type closedPage struct {
	page.View
	State string
}

func (a *Area) closed(c echo.Context, status int, state string) error {
	return a.site.Render(c, status, "supplier/closed.html", &closedPage{View: page.NewView(c, "supplier.closed."+state+".title"), State: state})
}

func (a *Area) showStatus(c echo.Context, status int, t told, form *page.Form) error {
	if !a.opts.Now().Before(t.until()) {
		return a.closed(c, http.StatusGone, "over")
	}
	reached, err := a.opts.Store.CountReach(c.Request().Context(), t.ids())
	if err != nil {
		return err
	}
	v := &statusPage{View: page.NewView(c, "supplier.status.title"), Form: form, FormID: cmp.Or(page.FormID(form), page.NewFormID()), Reached: reached,
		Busy: t.receipt.DoneAt.IsZero(), Answered: c.QueryParam("answered") != "" && !form.Failed(), Faults: unreadable(c, t),
		Rows: rows(c, t), Open: questions(c, t.open), Asks: map[string]bool{}, Until: moment(c, t.until()), Complete: t.reported() && !t.receipt.DoneAt.IsZero() && len(t.open) == 0}
	v.HasFaults = form.Failed()
	for _, q := range v.Open {
		v.Asks[q.Point] = true
	}
	if len(v.Open) > 0 {
		v.Kinds, v.Example = form.Options(advisory.FieldCategories, page.CategoryOptions(c)), example(t, a.opts.Now())
	}
	for _, m := range t.messages {
		v.Messages = append(v.Messages, messageRow{At: moment(c, m.receipt.ReceivedAt), What: what(c, m)})
	}
	return a.site.Render(c, status, "supplier/status.html", v)
}

// unreadable says why a message could not be read; nil when it could.
func unreadable(c echo.Context, t told) []string {
	if t.said.Kind != incidents.MessageUnknown || len(t.receipt.Raw) == 0 {
		return nil
	}
	var why []string
	for _, f := range page.Faults(c, t.said.Fault) {
		why = append(why, strings.TrimPrefix(f.Field+": "+f.Message, ": "))
	}
	return why
}

func moment(c echo.Context, at time.Time) string {
	return page.FormatInstant(page.Lang(c), at, page.Zone(c))
}

// rows tell how the message came and how it was read.
func rows(c echo.Context, t told) []parts.Row {
	r := t.receipt
	list := []parts.Row{{Key: page.T(c, "supplier.status.at"), Value: moment(c, r.ReceivedAt)}, {Key: page.T(c, "supplier.status.id"), Value: r.ID},
		{Key: page.T(c, "supplier.status.hash"), Value: r.RawHash}}
	if key := "supplier.proof." + r.Proof; r.Proof != "" && page.Has(c, key) {
		list = append(list, parts.Row{Key: page.T(c, "supplier.status.proof"), Value: page.T(c, key)})
	}
	if reference := t.reference(); reference != "" {
		list = append(list, parts.Row{Key: page.T(c, "supplier.status.reference"), Value: reference})
	}
	return append(list, parts.Row{Key: page.T(c, "supplier.status.read"), Value: what(c, message{r, t.said})})
}

// what says what a message turned out to be, with its stage.
func what(c echo.Context, m message) string {
	switch {
	case len(m.receipt.Raw) == 0:
		return page.T(c, "supplier.kind.erased")
	case m.said.Format == advisory.Answer:
		return page.T(c, "supplier.kind.answer")
	case m.said.Kind == incidents.MessageBeside && m.said.Why != "":
		return page.T(c, "supplier.kind.beside") + " (" + page.T(c, "intake.message.beside."+m.said.Why) + ")"
	case m.said.StageSaid != "":
		return page.T(c, "supplier.kind."+string(m.said.Kind)) + " (" + page.StageText(c, m.said.StageSaid) + ")"
	default:
		return page.T(c, "supplier.kind."+string(m.said.Kind))
	}
}

func questions(c echo.Context, open []advisory.Point) []question {
	var list []question
	for _, p := range open {
		list = append(list, question{Point: string(p), Ask: page.T(c, "supplier.ask."+string(p)), Why: page.T(c, "supplier.why."+string(p), "article", p.Source())})
	}
	return list
}
