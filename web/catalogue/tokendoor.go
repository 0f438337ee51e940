package catalogue

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/web/page"
)

// tokenDoorPage is where an address that asks a token is made: what to do at
// Microsoft or Google, what to take over from there, and the address to put in there.
type tokenDoorPage struct {
	page.View
	Form      *page.Form
	Processor registry.Processor
	Action    string
	Address   string // "" until it is made
}

// defaultAudience is what a new subscription of Pub/Sub is asked to say.
const defaultAudience = "datalek"

// tokenDoor answers both pages of one door.
type tokenDoor struct {
	*Area
	door registry.Door
}

func (d tokenDoor) get(c echo.Context) error {
	p, err := d.loadProcessor(c)
	if err != nil {
		return err
	}
	known, found, err := d.office.DoorOf(c.Request().Context(), p.PracticeID, p.ID, d.door)
	if err != nil {
		return err
	}
	form := page.FormOf("tenant", known.Claims.Tenant, "audience", known.Claims.Audience, "sender", known.Claims.Sender, "subscriptions", strings.Join(known.Claims.Subscriptions, "\n"))
	if !found && d.door == registry.DoorGoogle {
		form.Set("audience", defaultAudience)
	}
	return d.show(c, http.StatusOK, p, known, form)
}

func (d tokenDoor) show(c echo.Context, status int, p registry.Processor, known registry.Endpoint, form *page.Form) error {
	name := string(d.door)
	v := &tokenDoorPage{View: page.NewView(c, "catalogue."+name+".title").BackTo("/processors/" + p.ID), Form: form, Processor: p, Action: "/processors/" + p.ID + "/" + name}
	if known.Token != "" {
		v.Address = d.site.BaseURL() + "/webhooks/processors/" + known.Token
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return d.site.Render(c, status, "catalogue/"+name+".html", v)
}

func (d tokenDoor) post(c echo.Context) error {
	p, err := d.loadProcessor(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	claims := registry.TokenClaims{Tenant: form.Get("tenant"), Audience: form.Get("audience"), Subscriptions: separate(form.Text("subscriptions"))}
	if d.door == registry.DoorGoogle {
		claims.Sender = form.Get("sender")
	}
	_, made, err := d.office.SaveTokenDoor(ctx, p.PracticeID, p.ID, d.door, claims)
	if page.Mendable(err) {
		known, _, lost := d.office.DoorOf(ctx, p.PracticeID, p.ID, d.door)
		if lost != nil {
			return lost
		}
		return d.show(c, status(err), p, known, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	if made {
		d.site.Done(c, "catalogue.token.made")
	} else {
		d.site.Done(c, "catalogue.saved")
	}
	return c.Redirect(http.StatusSeeOther, "/processors/"+p.ID+"/"+string(d.door))
}
