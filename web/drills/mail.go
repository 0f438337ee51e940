package drills

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

// mostMails is how many mails of one notice, and how many warnings, are shown.
const mostMails = 200

type mailPage struct {
	page.View
	ID       string
	Messages []heldMessage
	Warnings []heldMail
}

// heldMessage is a notice with the mails that it would have been.
type heldMessage struct {
	Audience string
	Texts    []incidents.Text
	Mails    []heldMail
}

// heldMail is a mail that went nowhere.
type heldMail struct {
	To, Email     string
	Subject, Body string
	At            string
}

// mail shows what a drill held back: nothing of it left the program.
func (a *Area) mail(c echo.Context) error {
	p, err := a.drill(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	v := &mailPage{View: page.NewView(c, "drills.mail.title").BackTo("/drills/" + string(p.ID)), ID: string(p.ID)}
	found, err := a.opts.Store.NoticesOf(ctx, p.ID, p.Drill.Incident, "", mostMails)
	if err != nil {
		return fmt.Errorf("list messages: %w", err)
	}
	for _, n := range found {
		mails, err := a.held(c, p.ID, n.ID)
		if err != nil {
			return err
		}
		if len(mails) > 0 {
			v.Messages = append(v.Messages, heldMessage{Audience: page.AudienceText(c, n.Audience), Texts: n.Texts, Mails: mails})
		}
	}
	if v.Warnings, err = a.held(c, p.ID, ""); err != nil {
		return err
	}
	return a.site.Render(c, http.StatusOK, "drills/mail.html", v)
}

// held lists the mails of a notice that were held back; notice "" those that
// belong to none, such as warnings.
func (a *Area) held(c echo.Context, practice tenant.ID, notice string) ([]heldMail, error) {
	rows, err := a.opts.Store.DeliveriesOf(c.Request().Context(), practice, notice, []incidents.DeliveryState{incidents.Sent}, "", mostMails)
	if err != nil {
		return nil, fmt.Errorf("list mails: %w", err)
	}
	var mails []heldMail
	for _, d := range rows {
		if !slices.ContainsFunc(d.Attempts, func(x incidents.Attempt) bool { return x.Stage == incidents.StageHeld }) {
			continue
		}
		m := heldMail{To: d.To.Name, Email: d.To.Email, At: page.FormatShort(page.Lang(c), d.ToldAt, page.Zone(c))}
		if d.Own != nil {
			m.Subject, m.Body = d.Own.Subject, d.Own.Body
		}
		mails = append(mails, m)
	}
	return mails, nil
}
