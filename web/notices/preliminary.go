package notices

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/early"
	"datalek/web/page"
	"datalek/web/parts"
)

// preliminaryOffice says what goes by itself, and stops it.
type preliminaryOffice interface {
	Preliminary(ctx context.Context, p registry.Practice, inc *incidents.Incident) ([]playbooks.Going, error)
	StopPreliminary(ctx context.Context, practice tenant.ID, id, reason string, by incidents.Actor) (*incidents.Incident, error)
	ResumePreliminary(ctx context.Context, practice tenant.ID, id string, by incidents.Actor) (*incidents.Incident, error)
}

// preliminaryPage is exactly what goes by itself, to whom and when.
type preliminaryPage struct {
	page.View
	Case   *incidents.Incident
	Href   string
	Panel  parts.Notice
	Said   bool // the panel says something
	Text   string
	From   string // sender; "" when no mail goes out, or none is fit
	Going  []goingView
	Form   *page.Form
	Stop   bool // it can be stopped
	Resume bool
}

// goingView is one of its notices.
type goingView struct {
	Audience string
	Code     string
	Texts    []textView
	Readers  []string
	Draft    string // address of the draft it is made of; "" when it is still to be made
}

func (a *Area) preliminary(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	return a.showPreliminary(c, http.StatusOK, inc, page.FormOf())
}

func (a *Area) showPreliminary(c echo.Context, status int, inc *incidents.Incident, form *page.Form) error {
	state := inc.PreliminaryState()
	v := &preliminaryPage{View: page.NewView(c, "preliminary.title").BackTo("/incidents/" + inc.ID + "/notices"), Case: inc, Href: early.Place(inc), Form: form,
		Stop: state == incidents.PreliminaryPlanned || state == incidents.PreliminaryBlocked, Text: page.T(c, "preliminary.state."+stateName(state))}
	v.Resume = state == incidents.PreliminaryStopped && inc.State == incidents.StateOpen
	going, err := a.going(c, inc)
	if err != nil {
		return err
	}
	people := early.People(inc)
	for _, g := range going {
		v.Going = append(v.Going, a.goingOf(c, g))
		if sizeOf(g.Recipients).mails > 0 && v.From == "" {
			sender, _ := incidents.PreliminarySender(page.Practice(c), inc.Facts)
			v.From = addressWords(sender)
		}
	}
	v.Panel, v.Said = early.Panel(c, inc, people)
	v.Panel.Link = parts.Link{} // it leads here
	return a.site.Render(c, status, "notices/preliminary.html", v)
}

func stateName(s incidents.PreliminaryState) string {
	if s == incidents.PreliminaryOff {
		return "off"
	}
	return string(s)
}

// going is what would go; nothing when no notice goes, or it went.
func (a *Area) going(c echo.Context, inc *incidents.Incident) ([]playbooks.Going, error) {
	switch inc.PreliminaryState() {
	case incidents.PreliminaryPlanned, incidents.PreliminaryBlocked, incidents.PreliminaryStopped:
		return a.office.Preliminary(c.Request().Context(), page.Practice(c), inc)
	default:
		return nil, nil
	}
}

func (a *Area) goingOf(c echo.Context, g playbooks.Going) goingView {
	v := goingView{Audience: page.AudienceText(c, g.Notice.Audience), Code: string(g.Notice.Audience), Readers: sizeOf(g.Recipients).lines(c)}
	if g.Stored {
		v.Draft = "/notices/" + g.Notice.ID
	}
	for _, t := range g.Texts {
		v.Texts = append(v.Texts, viewOf(c, t, a.sampleMail(c, g.Notice, t).Body))
	}
	return v
}

// sampleMail is a text as one reader gets it, with a made-up name and code.
func (a *Area) sampleMail(c echo.Context, n *incidents.Notice, t incidents.Text) incidents.Text {
	t.Body = sample(c, a.withCode(c, n, t))
	return t
}

// goingTo returns the notice for the audience in the address.
func (a *Area) goingTo(c echo.Context) (*incidents.Incident, playbooks.Going, error) {
	inc, err := a.incident(c)
	if err != nil {
		return nil, playbooks.Going{}, err
	}
	list, err := a.going(c, inc)
	if err != nil {
		return nil, playbooks.Going{}, err
	}
	for _, g := range list {
		if string(g.Notice.Audience) == c.Param("audience") {
			return inc, g, nil
		}
	}
	return nil, playbooks.Going{}, fault.NotFound
}

// preliminaryReaders lists exactly who gets it.
func (a *Area) preliminaryReaders(c echo.Context) error {
	inc, g, err := a.goingTo(c)
	if err != nil {
		return err
	}
	v := &readersPage{View: page.NewView(c, "notices.readers.title").BackTo(early.Place(inc)).Broad(), Head: headOf(c, inc, g.Notice)}
	return a.renderReaders(c, v, g.Recipients)
}

// preliminaryMail shows one of its texts as the mail that a reader gets.
func (a *Area) preliminaryMail(c echo.Context) error {
	inc, g, err := a.goingTo(c)
	if err != nil {
		return err
	}
	shown := *g.Notice
	shown.Texts = g.Texts
	t, err := textIn(&shown, c.QueryParam("lang"))
	if err != nil {
		return err
	}
	t = a.sampleMail(c, g.Notice, t)
	if c.QueryParam("form") == "html" {
		page.Framed(c)
		c.Response().Header().Set("Cache-Control", "no-store")
		return c.HTML(http.StatusOK, playbooks.HTML(t))
	}
	sender, _ := incidents.PreliminarySender(page.Practice(c), inc.Facts)
	v := &previewPage{View: page.NewView(c, "notices.preview.title").BackTo(early.Place(inc)), Head: headOf(c, inc, g.Notice),
		From: addressWords(sender), To: page.T(c, "notices.preview.reader"), Text: viewOf(c, t, t.Body),
		FrameAt: early.Place(inc) + "/" + string(g.Notice.Audience) + "/mail?form=html&lang=" + voiceCode(t.Voice())}
	return a.site.Render(c, http.StatusOK, "notices/preview.html", v)
}

func (a *Area) postStopPreliminary(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.office.StopPreliminary(c.Request().Context(), inc.PracticeID, inc.ID, form.Text("reason"), page.Actor(c))
	return a.afterPreliminary(c, inc, form, err, "preliminary.stopped_done")
}

func (a *Area) postResumePreliminary(c echo.Context) error {
	inc, err := a.incident(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	_, err = a.office.ResumePreliminary(c.Request().Context(), inc.PracticeID, inc.ID, page.Actor(c))
	return a.afterPreliminary(c, inc, form, err, "preliminary.resumed_done")
}

func (a *Area) afterPreliminary(c echo.Context, inc *incidents.Incident, form *page.Form, err error, said string) error {
	switch {
	case page.Mendable(err):
		if now, readErr := a.incident(c); readErr == nil {
			inc = now // it may have gone a moment ago
		}
		return a.showPreliminary(c, mendStatus(err), inc, form.Fail(c, err))
	case err != nil:
		return fmt.Errorf("stop or resume a preliminary notice: %w", err)
	}
	a.site.Done(c, said)
	return c.Redirect(http.StatusSeeOther, early.Place(inc))
}
