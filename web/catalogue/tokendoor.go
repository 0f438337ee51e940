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
	Form        *page.Form
	Text        string
	First, Then []string // what to do there before, and after
	Fields      []doorField
	Action      string
	Address     string // "" until it is made
}

// doorField is one thing to take over from Microsoft or Google.
type doorField struct {
	Name, Label, Hint string
	Long              bool // a list, which may be empty
}

// defaultAudience is what a new subscription of Pub/Sub is asked to say.
const defaultAudience = "datalek"

// tokenDoor answers both pages of one door. Its words stand under its name.
type tokenDoor struct {
	*Area
	door                registry.Door
	first, then, fields []string
}

func (a *Area) tokenDoors() []tokenDoor {
	return []tokenDoor{
		{a, registry.DoorEntra, []string{"step_app", "step_version", "step_role", "step_give"}, []string{"step_group", "step_alert"}, []string{"tenant", "audience", "subscriptions"}},
		{a, registry.DoorGoogle, []string{"step_topic", "step_account"}, []string{"step_push", "step_auth"}, []string{"sender", "audience"}},
	}
}

// t is a text of the door's own.
func (d tokenDoor) t(c echo.Context, key string) string {
	return page.T(c, "catalogue."+string(d.door)+"."+key)
}

func (d tokenDoor) texts(c echo.Context, keys []string) []string {
	texts := make([]string, len(keys))
	for i, key := range keys {
		texts[i] = d.t(c, key)
	}
	return texts
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
	v := &tokenDoorPage{View: page.NewView(c, "catalogue."+name+".title").BackTo("/processors/" + p.ID), Form: form, Text: d.t(c, "text"),
		First: d.texts(c, d.first), Then: d.texts(c, d.then), Action: "/processors/" + p.ID + "/" + name}
	for _, f := range d.fields {
		v.Fields = append(v.Fields, doorField{Name: f, Label: d.t(c, f), Hint: d.t(c, f+"_hint"), Long: f == "subscriptions"})
	}
	if known.Token != "" {
		v.Address = d.site.BaseURL() + "/webhooks/processors/" + known.Token
	}
	c.Response().Header().Set("Cache-Control", "no-store")
	return d.site.Render(c, status, "catalogue/tokendoor.html", v)
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
