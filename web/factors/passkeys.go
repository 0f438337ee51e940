package factors

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

const (
	// ceremonyLife is how long a browser may take to answer with a passkey.
	ceremonyLife = 5 * time.Minute
	mostPasskeys = 20
)

// keyOffer is what a page knows about passkeys.
type keyOffer struct {
	// Offered says that the page offers them: the address has a name.
	Offered bool
	// Elsewhere is this machine's address under a name, when it is an IP address;
	// "" where there is none.
	Elsewhere string
}

// offerKeys says whether passkeys can be used at the request's address: they
// belong to a name, never to an IP address (W3C Web Authentication Level 3,
// section 5.1.2, effective domain). Unwanted ones are not offered.
func (a *Area) offerKeys(c echo.Context, wanted bool) keyOffer {
	party, err := a.party(c)
	if err == nil && wanted {
		return keyOffer{Offered: party != nil}
	}
	offer := keyOffer{}
	if at, err := url.Parse(a.site.BaseURL()); err == nil && isLoopback(at.Hostname()) {
		offer.Elsewhere = at.Scheme + "://" + net.JoinHostPort("localhost", at.Port())
	}
	return offer
}

var errNoName = errors.New("passkeys need an address with a name")

// party is the site as passkeys know it: the name in its own address. A site at
// a loopback address is "localhost" too, for who asks for it by that name.
func (a *Area) party(c echo.Context) (*webauthn.WebAuthn, error) {
	base := a.site.BaseURL()
	if base == "" {
		base = c.Scheme() + "://" + c.Request().Host
	}
	at, err := url.Parse(base)
	if err != nil {
		return nil, fmt.Errorf("read the site's address: %w", err)
	}
	if asked, _, _ := strings.Cut(c.Request().Host, ":"); asked == "localhost" && isLoopback(at.Hostname()) {
		at.Host = c.Request().Host
	}
	if net.ParseIP(at.Hostname()) != nil || at.Hostname() == "" {
		return nil, errNoName
	}
	limit := webauthn.TimeoutConfig{Timeout: ceremonyLife, TimeoutUVD: ceremonyLife}
	party, err := webauthn.New(&webauthn.Config{RPID: at.Hostname(), RPDisplayName: issuer, RPOrigins: []string{at.Scheme + "://" + at.Host},
		AttestationPreference: protocol.PreferNoAttestation, Timeouts: webauthn.TimeoutsConfig{Login: limit, Registration: limit}})
	if err != nil {
		return nil, fmt.Errorf("prepare passkeys: %w", err)
	}
	return party, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// holder is a user as the library wants to see one.
type holder struct{ registry.User }

// WebAuthnID is the user's id: made up, and nothing personal.
func (h holder) WebAuthnID() []byte { return []byte(h.ID) }

// WebAuthnName is what a device shows of the account.
func (h holder) WebAuthnName() string { return h.Login }

// WebAuthnDisplayName is the name of the person.
func (h holder) WebAuthnDisplayName() string { return h.Name }

// WebAuthnCredentials are the user's passkeys.
func (h holder) WebAuthnCredentials() []webauthn.Credential {
	var list []webauthn.Credential
	for _, k := range h.Factors.Passkeys {
		v := webauthn.Credential{ID: k.ID, PublicKey: k.PublicKey}
		v.Flags.UserPresent, v.Flags.UserVerified, v.Flags.BackupEligible, v.Flags.BackupState = true, true, k.BackupEligible, k.BackedUp
		v.Authenticator.SignCount = uint32(k.SignCount)
		for _, t := range k.Transports {
			v.Transport = append(v.Transport, protocol.AuthenticatorTransport(t))
		}
		list = append(list, v)
	}
	return list
}

func passkeyOf(v *webauthn.Credential, name string, now time.Time) registry.Passkey {
	k := registry.Passkey{ID: v.ID, Name: name, PublicKey: v.PublicKey, SignCount: int64(v.Authenticator.SignCount),
		BackupEligible: v.Flags.BackupEligible, BackedUp: v.Flags.BackupState, CreatedAt: now}
	for _, t := range v.Transport {
		k.Transports = append(k.Transports, string(t))
	}
	return k
}

// ceremony is what the session keeps between the question to a browser and its answer.
type ceremony struct {
	At   time.Time             `json:"at"`
	Data *webauthn.SessionData `json:"data"`
}

const (
	loginCeremony = "factors.login"
	addCeremony   = "factors.add"
)

// ask keeps a ceremony in the session and sends the browser its question.
func (a *Area) ask(c echo.Context, name string, data *webauthn.SessionData, question any) error {
	data.Expires = time.Time{} // by the site's own clock, see answer
	raw, err := json.Marshal(ceremony{a.now(), data})
	if err != nil {
		return fmt.Errorf("keep a passkey's question: %w", err)
	}
	a.site.Keep(c, name, string(raw))
	c.Response().Header().Set("Cache-Control", "no-store")
	return c.JSON(http.StatusOK, question)
}

// answered takes a ceremony out of the session: each is answered once.
func (a *Area) answered(c echo.Context, name string) (webauthn.SessionData, error) {
	var kept ceremony
	raw := a.site.Take(c, name)
	if raw == "" || json.Unmarshal([]byte(raw), &kept) != nil || kept.Data == nil || !a.now().Before(kept.At.Add(ceremonyLife)) {
		return webauthn.SessionData{}, wrongKey()
	}
	return *kept.Data, nil
}

// wrongKey is the fault of an answer that no passkey of ours gave.
func wrongKey() error {
	return &fault.Error{Code: fault.Invalid, Field: "credential", Key: "error.factor_passkey", Message: "this passkey is not known here, or its answer came too late"}
}

// noNameHere turns the lack of a name into a fault that the page can show.
func noNameHere(err error) error {
	if errors.Is(err, errNoName) {
		return fault.New(fault.Invalid, "error.factor_no_name", "passkeys do not work at an address of numbers")
	}
	return err
}

// beginKey asks for any passkey that the browser has for this site. It says
// nothing about who has an account.
func (a *Area) beginKey(c echo.Context) error {
	if err := a.opts.Tries.Address(c); err != nil {
		return err
	}
	party, err := a.party(c)
	if err != nil {
		return noNameHere(err)
	}
	question, data, err := party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return fmt.Errorf("ask for a passkey: %w", err)
	}
	return a.ask(c, loginCeremony, data, question)
}

// keyUser finds the user whose passkey answered, and remembers that it was used.
// A signature counter that goes back means a copy, which is refused.
func (a *Area) keyUser(c echo.Context, credential string) (registry.User, error) {
	data, err := a.answered(c, loginCeremony)
	if err != nil {
		return registry.User{}, err
	}
	party, err := a.party(c)
	if err != nil {
		return registry.User{}, noNameHere(err)
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes([]byte(credential))
	if err != nil {
		return registry.User{}, wrongKey()
	}
	ctx := c.Request().Context()
	var broken error
	found, used, err := party.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
		u, err := a.opts.Store.User(ctx, string(handle))
		if err != nil && !errors.Is(err, fault.NotFound) {
			broken = fmt.Errorf("find a passkey's user: %w", err)
		}
		return holder{u}, err
	}, data, answer)
	if broken != nil {
		return registry.User{}, broken
	}
	if err != nil || used.Authenticator.CloneWarning {
		return registry.User{}, wrongKey()
	}
	who := found.(holder)
	return a.opts.Store.UpdateUser(ctx, who.ID, func(u *registry.User) error {
		for i := range u.Factors.Passkeys {
			k := &u.Factors.Passkeys[i]
			if !bytes.Equal(k.ID, used.ID) {
				continue
			}
			if count := int64(used.Authenticator.SignCount); count != 0 && count <= k.SignCount {
				return wrongKey() // somebody else was just first with the same answer
			}
			k.SignCount, k.BackedUp, k.UsedAt = int64(used.Authenticator.SignCount), used.Flags.BackupState, a.now()
			return nil
		}
		return wrongKey()
	})
}

// postKey logs in with a passkey alone: it is something one has, and its user
// was verified by finger, face or PIN.
func (a *Area) postKey(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	if err := a.opts.Tries.Address(c); err != nil {
		return err
	}
	u, err := a.keyUser(c, form.Raw("credential"))
	if page.IsInvalid(err) || err == nil && len(u.Memberships) == 0 {
		return a.refuseKey(c, form.Get("next"))
	}
	if err != nil {
		return err
	}
	return a.letIn(c, u, form.Get("next"))
}

// refuseKey shows the page with the button again, with what is wrong.
func (a *Area) refuseKey(c echo.Context, next string) error {
	v := &refusedPage{View: page.NewView(c, "factors.passkey.refused_title"), Form: page.FormOf(), Next: page.LocalPath(next), Keys: a.offerKeys(c, true)}
	v.Form.Fail(c, wrongKey())
	return a.site.Render(c, http.StatusUnprocessableEntity, "factors/refused.html", v)
}

// refusedPage says that no account has the passkey.
type refusedPage struct {
	page.View
	Form *page.Form
	Keys keyOffer
	Next string
}

// postConfirmKey takes a passkey of the user who is logged in for a new proof.
func (a *Area) postConfirmKey(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	u, err := a.keyUser(c, form.Raw("credential"))
	if err == nil && u.ID != page.User(c).ID {
		err = wrongKey()
	}
	if page.IsInvalid(err) {
		return a.showConfirm(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Prove(c)
	return c.Redirect(http.StatusSeeOther, page.LocalPath(form.Get("next")))
}

// keyRow is a passkey in the list.
type keyRow struct {
	ID, Name        string
	Created, UsedAt time.Time
	Used, BackedUp  bool
}

func keyRows(f registry.Factors) []keyRow {
	var rows []keyRow
	for _, k := range f.Passkeys {
		rows = append(rows, keyRow{base64.RawURLEncoding.EncodeToString(k.ID), k.Name, k.CreatedAt, k.UsedAt, !k.UsedAt.IsZero(), k.BackedUp})
	}
	return rows
}
