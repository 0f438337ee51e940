package api

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/webhook"
)

// tryWithin bounds a test of an address, which keeps a message as a real one does.
const tryWithin = 15 * time.Second

func (a *Area) addressRoutes(g doors) {
	const all, one = "/processors/:id/addresses", "/processors/:id/addresses/:address"
	g.GET(all, a.getAddresses)
	g.POST(all, a.once(a.postAddress))
	g.GET(one, a.getAddress)
	g.POST(one+"/test", a.once(a.tryAddress))
	g.POST(one+"/rotate", a.once(a.rotateAddress))
	g.POST(one+"/drop-old", a.once(a.dropOldSecret))
	g.POST(one+"/keys", a.once(a.postAddressKey))
	g.POST(one+"/keys/remove", a.once(a.removeAddressKey))
	g.POST(one+"/revoke", a.once(a.revokeAddress))
	g.PUT("/processors/:id/entra", a.putEntra)
	g.PUT("/processors/:id/google", a.putGoogle)
}

// addressBody is an address at which a processor reports. Where it lies and its
// secret are answered once, to who makes them.
type addressBody struct {
	ID            string       `json:"id"`
	Door          string       `json:"door"`
	EndsWith      string       `json:"ends_with"`
	CreatedAt     *string      `json:"created_at"`
	LastAt        *string      `json:"last_at"`
	RevokedAt     *string      `json:"revoked_at"`
	Secrets       []secretBody `json:"secrets"`
	PublicKeys    []string     `json:"public_keys"`
	Token         *claimsBody  `json:"token"`
	WebhookURL    string       `json:"webhook_url,omitempty"`
	WebhookSecret string       `json:"webhook_secret,omitempty"`
}

// secretBody is a secret that counts, without its words.
type secretBody struct {
	CreatedAt *string `json:"created_at"`
	Until     *string `json:"until"`
}

// claimsBody is what a sender's token must say.
type claimsBody struct {
	Tenant        *string `json:"tenant"`
	Audience      string  `json:"audience"`
	Sender        *string `json:"sender"`
	Subscriptions list    `json:"subscriptions"`
}

// doorSigned is how the API calls the door whose senders sign.
const doorSigned = "signed"

func (a *Area) showAddress(e registry.Endpoint) addressBody {
	b := addressBody{ID: e.ID, Door: string(e.Door), EndsWith: e.Token[max(0, len(e.Token)-4):], CreatedAt: stamp(e.CreatedAt), LastAt: stamp(e.LastAt), RevokedAt: stamp(e.RevokedAt),
		Secrets: []secretBody{}, PublicKeys: append([]string{}, e.PublicKeys...)}
	if e.Door == registry.DoorSigned {
		b.Door = doorSigned
	}
	for _, s := range e.Live(a.opts.Now()) {
		b.Secrets = append(b.Secrets, secretBody{stamp(s.CreatedAt), stamp(s.Until)})
	}
	if e.Door.AsksToken() {
		b.Token = &claimsBody{orNull(e.Claims.Tenant), e.Claims.Audience, orNull(e.Claims.Sender), append(list{}, e.Claims.Subscriptions...)}
	}
	return b
}

// showMade is showAddress with where it lies and its newest secret.
func (a *Area) showMade(e registry.Endpoint) addressBody {
	b := a.showAddress(e)
	b.WebhookURL = a.webhookURL(e)
	if live := e.Live(a.opts.Now()); len(live) > 0 {
		b.WebhookSecret = live[0].Value
	}
	return b
}

func (a *Area) webhookURL(e registry.Endpoint) string {
	return a.baseURL + "/webhooks/processors/" + e.Token
}

func (a *Area) getAddresses(c echo.Context) error {
	all, err := a.opts.Office.Addresses(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"))
	if err != nil {
		return err
	}
	return answerList(c, func(after string, limit int) ([]registry.Endpoint, error) {
		rest := all[slices.IndexFunc(all, func(e registry.Endpoint) bool { return e.ID == after })+1:]
		return rest[:min(limit, len(rest))], nil
	}, func(e registry.Endpoint) string { return e.ID }, a.showAddress)
}

func (a *Area) getAddress(c echo.Context) error {
	e, err := a.opts.Office.Address(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"), c.Param("address"))
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showAddress(e))
}

func (a *Area) postAddress(c echo.Context) error {
	var b struct {
		Door string `json:"door"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	door := registry.Door(b.Door)
	switch {
	case b.Door == doorSigned:
		door = registry.DoorSigned
	case door.AsksToken():
		return &fault.Error{Code: fault.Invalid, Field: "door", Key: "error.address_token", Message: "say with PUT /processors/{id}/" + b.Door + " what the sender's token must say"}
	case door == registry.DoorSigned:
		door = "none" // refused by its name
	}
	who := callerOf(c)
	e, err := a.opts.Office.MakeAddress(c.Request().Context(), who.practice.ID, c.Param("id"), door, who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusCreated, a.showMade(e))
}

// tryAddress sends a test report through the real door, as a processor would.
func (a *Area) tryAddress(c echo.Context) error {
	who := callerOf(c)
	e, err := a.opts.Office.Address(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("address"))
	switch {
	case err != nil:
		return err
	case e.Revoked():
		return fault.New(fault.Conflict, "error.address_revoked", "this address was revoked; make a new one")
	case e.Door.AsksToken():
		return fault.New(fault.Conflict, "error.address_token_test", "nobody but Microsoft or Google can make the token that this address asks; send a test from there")
	}
	if ok, wait := a.tries.Allow(string(who.practice.ID)); !ok {
		return page.TooMany(c, wait)
	}
	ctx, cancel := context.WithTimeout(c.Request().Context(), tryWithin)
	defer cancel()
	status, err := webhook.Try(ctx, a.door, e, casework.Secret(12), a.words.T(who.practice.Language, "addresses.test_summary"), a.opts.Now())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, struct {
		Taken  bool `json:"taken"`
		Status int  `json:"status"`
	}{status == http.StatusAccepted, status})
}

func (a *Area) rotateAddress(c echo.Context) error {
	who := callerOf(c)
	e, err := a.opts.Office.RotateAddress(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("address"), who.actor())
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showMade(e))
}

func (a *Area) dropOldSecret(c echo.Context) error {
	who := callerOf(c)
	e, err := a.opts.Office.DropOldSecret(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("address"), who.actor())
	return a.answerAddress(c, e, err)
}

func (a *Area) revokeAddress(c echo.Context) error {
	who := callerOf(c)
	e, err := a.opts.Office.RevokeAddress(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("address"), who.actor())
	return a.answerAddress(c, e, err)
}

func (a *Area) answerAddress(c echo.Context, e registry.Endpoint, err error) error {
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, a.showAddress(e))
}

// publicKeyBody is a sender's own key.
type publicKeyBody struct {
	PublicKey string `json:"public_key"`
}

func (a *Area) postAddressKey(c echo.Context) error {
	var b publicKeyBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who := callerOf(c)
	e, err := a.opts.Office.AddAddressKey(c.Request().Context(), who.practice.ID, c.Param("id"), c.Param("address"), b.PublicKey, who.actor())
	return a.answerAddress(c, e, err)
}

func (a *Area) removeAddressKey(c echo.Context) error {
	var b publicKeyBody
	if err := decode(c, &b); err != nil {
		return err
	}
	who, ctx := callerOf(c), c.Request().Context()
	if _, err := a.opts.Office.Address(ctx, who.practice.ID, c.Param("id"), c.Param("address")); err != nil {
		return err
	}
	e, err := a.opts.Office.RemoveAddressKey(ctx, who.practice.ID, c.Param("id"), c.Param("address"), b.PublicKey, who.actor())
	if errors.Is(err, fault.NotFound) {
		err = &fault.Error{Code: fault.Invalid, Field: "public_key", Key: "error.key_unknown", Message: "this key does not count there; give one as the address's public_keys has it"}
	}
	return a.answerAddress(c, e, err)
}

func (a *Area) putEntra(c echo.Context) error {
	var b struct {
		Tenant        string `json:"tenant"`
		Audience      string `json:"audience"`
		Subscriptions list   `json:"subscriptions"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	return a.saveTokenDoor(c, registry.DoorEntra, registry.TokenClaims{Tenant: b.Tenant, Audience: b.Audience, Subscriptions: b.Subscriptions})
}

func (a *Area) putGoogle(c echo.Context) error {
	var b struct {
		Sender   string `json:"sender"`
		Audience string `json:"audience"`
	}
	if err := decode(c, &b); err != nil {
		return err
	}
	return a.saveTokenDoor(c, registry.DoorGoogle, registry.TokenClaims{Sender: b.Sender, Audience: b.Audience})
}

// saveTokenDoor makes the one address with a door, or changes what is asked there.
// Where it lies is answered each time, as its page shows it.
func (a *Area) saveTokenDoor(c echo.Context, door registry.Door, claims registry.TokenClaims) error {
	e, made, err := a.opts.Office.SaveTokenDoor(c.Request().Context(), callerOf(c).practice.ID, c.Param("id"), door, claims)
	if err != nil {
		return err
	}
	return c.JSON(createdStatus(made), a.showMade(e))
}
