package factors

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

// keyPage asks for the name of a new passkey.
type keyPage struct {
	page.View
	Form *page.Form
	Keys keyOffer
}

func (a *Area) key(c echo.Context) error { return a.showKey(c, http.StatusOK, page.FormOf()) }

func (a *Area) showKey(c echo.Context, status int, form *page.Form) error {
	form.Set("credential", "")
	return a.site.Render(c, status, "factors/key.html", &keyPage{View: page.NewView(c, "factors.key.title").BackTo(page.SecurityPath), Form: form, Keys: a.offerKeys(c, true)})
}

// beginAdd asks the browser to make a passkey that needs no name typed at login
// and verifies its user. One device makes one for an account.
func (a *Area) beginAdd(c echo.Context) error {
	party, err := a.party(c)
	if err != nil {
		return noNameHere(err)
	}
	who := holder{page.User(c)}
	var known []protocol.CredentialDescriptor
	for _, k := range who.WebAuthnCredentials() {
		known = append(known, k.Descriptor())
	}
	resident := protocol.ResidentKeyRequired()
	question, data, err := party.BeginRegistration(who, webauthn.WithExclusions(known), webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
		RequireResidentKey: resident, ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return fmt.Errorf("ask for a new passkey: %w", err)
	}
	return a.ask(c, addCeremony, data, question)
}

// postAdd keeps the passkey that the browser made.
func (a *Area) postAdd(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	var faults fault.List
	registry.CheckLine(&faults, "key_name", form.Get("key_name"), 1, 60)
	if err := faults.Err(); err != nil {
		return a.showKey(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	after, err := a.keepKey(c, form)
	if page.IsInvalid(err) {
		return a.showKey(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	return a.added(c, after, incidents.FactorPasskey)
}

func (a *Area) keepKey(c echo.Context, form *page.Form) (registry.User, error) {
	data, err := a.answered(c, addCeremony)
	if err != nil {
		return registry.User{}, err
	}
	party, err := a.party(c)
	if err != nil {
		return registry.User{}, noNameHere(err)
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes([]byte(form.Raw("credential")))
	if err != nil {
		return registry.User{}, wrongKey()
	}
	user := page.User(c)
	made, err := party.CreateCredential(holder{user}, data, answer)
	if err != nil {
		return registry.User{}, wrongKey()
	}
	after, err := a.opts.Store.UpdateUser(c.Request().Context(), user.ID, func(u *registry.User) error {
		if len(u.Factors.Passkeys) >= mostPasskeys {
			return fault.New(fault.Invalid, "error.factor_most", "an account has at most 20 passkeys; remove one first")
		}
		u.Factors.DropPasskey(made.ID)
		u.Factors.Passkeys = append(u.Factors.Passkeys, passkeyOf(made, form.Get("key_name"), a.now()))
		a.note(u, page.Actor(c), incidents.FactorAdded, told(incidents.FactorPasskey))
		return nil
	})
	if err != nil && !errors.Is(err, fault.Invalid) {
		return after, fmt.Errorf("keep a passkey: %w", err)
	}
	return after, err
}

// postDropKey removes a passkey, unless it is the only second factor.
func (a *Area) postDropKey(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	id, err := base64.RawURLEncoding.DecodeString(form.Get("key"))
	if err != nil {
		return fault.NotFound
	}
	_, err = a.opts.Store.UpdateUser(c.Request().Context(), page.User(c).ID, func(u *registry.User) error {
		if !u.Factors.DropPasskey(id) {
			return fault.NotFound
		}
		if !u.Factors.Some() {
			return lastFactor()
		}
		a.note(u, page.Actor(c), incidents.FactorRemoved, told(incidents.FactorPasskey))
		return nil
	})
	if err != nil {
		return err
	}
	return a.dropped(c, incidents.FactorPasskey)
}
