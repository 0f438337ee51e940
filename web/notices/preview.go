package notices

import (
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/playbooks"
	"datalek/web/page"
)

type previewPage struct {
	page.View
	Head    head
	Text    textView
	Others  []textView // the other texts
	From    string
	To      string
	FrameAt string
}

// preview shows a text as the mail that its reader gets.
func (a *Area) preview(c echo.Context) error {
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	inc, err := a.incidentOf(c, n)
	if err != nil {
		return err
	}
	t, err := textIn(n, c.QueryParam("lang"))
	if err != nil {
		return err
	}
	v := &previewPage{View: page.NewView(c, "notices.preview.title").BackTo("/notices/" + n.ID), Head: headOf(c, inc, n),
		From: addressWords(senderOf(page.Practice(c), n, inc)), To: page.T(c, "notices.preview.reader"),
		FrameAt: "/notices/" + n.ID + "/preview/html?lang=" + voiceCode(t.Voice())}
	for _, x := range n.Texts {
		view := viewOf(c, x, sample(c, a.withCode(c, n, x)))
		if x.Voice() == t.Voice() {
			v.Text = view
		} else {
			v.Others = append(v.Others, view)
		}
	}
	return a.site.Render(c, http.StatusOK, "notices/preview.html", v)
}

// previewHTML is the HTML form alone, for the frame on the preview's page.
func (a *Area) previewHTML(c echo.Context) error {
	n, err := a.notice(c)
	if err != nil {
		return err
	}
	t, err := textIn(n, c.QueryParam("lang"))
	if err != nil {
		return err
	}
	t.Body = sample(c, a.withCode(c, n, t))
	page.Framed(c)
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.HTML(http.StatusOK, playbooks.HTML(t))
}

// withCode adds what every mail says of its reader's code, with a made-up one.
func (a *Area) withCode(c echo.Context, n *incidents.Notice, t incidents.Text) incidents.Text {
	if !incidents.CanBeReadAgain(n.Audience) {
		return t
	}
	return playbooks.SampleReading(t, page.Practice(c), a.readingAt(c))
}

// senderOf returns from whom a notice comes: as approved, else the first sender
// outside the breach.
func senderOf(p registry.Practice, n *incidents.Notice, inc *incidents.Incident) registry.Sender {
	if n.Sender.Email != "" {
		return n.Sender
	}
	surely := func(s registry.Sender) bool { return !breached(s, inc) && !maybeBreached(s, inc) }
	likely := func(s registry.Sender) bool { return !breached(s, inc) }
	for _, fits := range []func(registry.Sender) bool{surely, likely} {
		may := func(s registry.Sender) bool { return fits(s) && !p.Policy.Bars(s.Email) }
		if at := slices.IndexFunc(p.Details.Senders, may); at >= 0 {
			return p.Details.Senders[at]
		}
	}
	first, _ := p.Sender("")
	return first
}

// breached reports whether a sender's mailbox is among the breached systems.
func breached(s registry.Sender, inc *incidents.Incident) bool {
	return s.System != "" && slices.Contains(inc.Facts.Systems, s.System)
}

// maybeBreached reports whether it may be: which systems were hit is not known.
func maybeBreached(s registry.Sender, inc *incidents.Incident) bool {
	return s.System != "" && inc.Facts.Systems == nil && !inc.Facts.HandPicked
}

func addressWords(s registry.Sender) string {
	if s.Name == "" {
		return s.Email
	}
	return s.Name + " <" + s.Email + ">"
}
