package account

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/page"
)

type setupPage struct {
	page.View
	practiceView
	Action string
}

// HashToken returns the hex SHA-256 that Options.SetupHash holds for a token.
func HashToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// ids returns the user and practice that a set-up link makes. They follow from
// the token, so that the link makes them once, also when two browsers try or
// the program is cut off halfway.
func (a *Area) ids() (user string, practice tenant.ID) {
	sum := sha256.Sum256([]byte("datalek set-up " + a.opts.SetupHash))
	text := hex.EncodeToString(sum[:])
	return text[:24], tenant.ID(text[24:48])
}

// open checks the link: the right token, not too old, and not used yet.
func (a *Area) open(c echo.Context) error {
	hash := HashToken(c.Param("token"))
	if a.opts.SetupHash == "" || subtle.ConstantTimeCompare([]byte(hash), []byte(a.opts.SetupHash)) != 1 {
		return fault.NotFound
	}
	if until := a.opts.SetupUntil; !until.IsZero() && a.opts.Now().After(until) {
		return fault.New(fault.NotFound, "error.setup_old", "this link is too old; start the program anew for another one")
	}
	user, _ := a.ids()
	_, err := a.opts.Store.User(c.Request().Context(), user)
	switch {
	case err == nil:
		return fault.New(fault.NotFound, "error.setup_used", "this link was used already; log in instead")
	case errors.Is(err, fault.NotFound):
		return nil
	default:
		return fmt.Errorf("look for the first account: %w", err)
	}
}

func (a *Area) setup(c echo.Context) error {
	if err := a.open(c); err != nil {
		return err
	}
	form := page.FormOf("language", page.Lang(c), "authority", "AP", "time_zone", "Europe/Amsterdam")
	if choices := a.opts.Policies.Policies(); len(choices) > 0 {
		form.Set("policy", choices[0].ID)
	}
	return a.showSetup(c, http.StatusOK, form)
}

func (a *Area) showSetup(c echo.Context, status int, form *page.Form) error {
	form.Set("password", "") // never sent back
	return a.site.Render(c, status, "account/setup.html", &setupPage{View: page.NewView(c, "account.setup.title"),
		practiceView: a.practiceView(c, form, registry.Practice{}, nil), Action: c.Request().URL.Path})
}

func (a *Area) postSetup(c echo.Context) error {
	if err := a.open(c); err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	userID, practiceID := a.ids()
	p, rest := a.readPractice(form, registry.Practice{ID: practiceID, PublicCode: strings.ToLower(rand.Text()), CreatedAt: a.site.Now()})
	u := registry.User{ID: userID, Login: registry.NormalEmail(form.Get("login")), Name: form.Get("account_name"),
		Memberships: []registry.Membership{{PracticeID: practiceID, Role: registry.RoleOwner}}, CreatedAt: a.site.Now()}
	var faults fault.List
	checkUser(&faults, u, form.Raw("password")) // first on the page, so first in the list
	faults = append(faults, rest...)
	if err := faults.Err(); err != nil {
		return a.showSetup(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err := a.create(c, p, u, form.Raw("password")); err != nil {
		if page.Mendable(err) {
			return a.showSetup(c, http.StatusUnprocessableEntity, form.Fail(c, err))
		}
		return err
	}
	if err := a.site.LogIn(c, u.ID, p.ID); err != nil {
		return err
	}
	a.site.Done(c, "account.setup.done")
	return c.Redirect(http.StatusSeeOther, "/start/systems")
}

func checkUser(faults *fault.List, u registry.User, password string) {
	registry.CheckLine(faults, "account_name", u.Name, 1, 120)
	registry.CheckEmail(faults, "login", u.Login)
	CheckPassword(faults, "password", password, u.Login, u.Name)
}

// create saves practice, then account. A practice that an earlier, cut-off try
// left behind is taken over; the account ends the link.
func (a *Area) create(c echo.Context, p registry.Practice, u registry.User, password string) error {
	ctx := c.Request().Context()
	hash, err := a.opts.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	u.PasswordHash = hash
	u.Factors.Begin(a.site.Now())
	act := incidents.Act{By: incidents.Actor{Kind: register.ActorUser, ID: u.ID}, At: a.site.Now()}
	ctx = register.Acting(ctx, act.By)
	begun := p
	act.Begin(&begun)
	err = a.opts.Store.CreatePractice(ctx, begun)
	if errors.Is(err, fault.Duplicate) {
		_, err = a.opts.Store.UpdatePractice(ctx, p.ID, func(old *registry.Practice) error {
			next := p
			next.Version, next.PublicCode, next.Outbox = old.Version, old.PublicCode, old.Outbox
			act.Settings(*old, &next)
			*old = next
			return nil
		})
	}
	if err != nil {
		return fmt.Errorf("save the first practice: %w", err)
	}
	if err := a.opts.Office.KeepOwnSystem(ctx, p); err != nil {
		return fmt.Errorf("make the program's own system: %w", err)
	}
	act.Joined(&u, p.ID)
	err = a.opts.Store.CreateUser(ctx, u)
	if errors.Is(err, fault.Duplicate) {
		return &fault.Error{Code: fault.Invalid, Field: "login", Key: "error.login_taken", Message: "this address has an account already"}
	}
	if err != nil {
		return fmt.Errorf("save the first account: %w", err)
	}
	return nil
}
