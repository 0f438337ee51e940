package factors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/account"
	"datalek/web/page"
)

// forgottenPage asks for two things that only the user has, and a new password.
type forgottenPage struct {
	page.View
	Form *page.Form
}

// unfit is the one fault of all that can be wrong, so that nobody learns from it
// which accounts there are.
func unfit() error {
	return &fault.Error{Code: fault.Invalid, Field: "login", Key: "error.forgotten",
		Message: "these do not belong together, or a code was used already; look at all fields, and wait for the next code of the app"}
}

func (a *Area) forgotten(c echo.Context) error {
	return a.showForgotten(c, http.StatusOK, page.FormOf())
}

func (a *Area) showForgotten(c echo.Context, status int, form *page.Form) error {
	for _, secret := range []string{"recovery", "code", "password"} {
		form.Set(secret, "") // never sent back
	}
	return a.site.Render(c, status, "factors/forgotten.html", &forgottenPage{View: page.NewView(c, "factors.forgotten.title").BackTo("/login"), Form: form})
}

// postForgotten sets a new password for somebody who shows a recovery code and a
// code of the app. A mailbox proves nothing here: it may be the one that leaked.
func (a *Area) postForgotten(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	login := registry.NormalEmail(form.Get("login"))
	if err := a.opts.Tries.Code(c, login); err != nil {
		return err
	}
	var faults fault.List
	account.CheckPassword(&faults, "password", form.Raw("password"), login)
	if err := faults.Err(); err != nil {
		return a.showForgotten(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	u, err := a.renewPassword(c.Request().Context(), login, form.Raw("recovery"), form.Get("code"), form.Raw("password"))
	if page.IsInvalid(err) {
		return a.showForgotten(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.opts.Tries.Right(login)
	if err := a.tellRenewed(c.Request().Context(), u); err != nil {
		return err
	}
	a.site.Done(c, "factors.forgotten.done")
	return c.Redirect(http.StatusSeeOther, "/login")
}

// renewPassword uses both codes up and ends every session, in one write. It
// hashes as often for an account that does not exist.
func (a *Area) renewPassword(ctx context.Context, login, recovery, code, password string) (registry.User, error) {
	u, err := a.opts.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return u, fmt.Errorf("look up account: %w", err)
	}
	place, match, err := a.matchRecovery(ctx, u, recovery)
	if err != nil {
		return u, err
	}
	hash, err := a.opts.Hasher.Hash(ctx, password)
	if err != nil {
		return u, err
	}
	if !match || len(u.Memberships) == 0 {
		return u, unfit()
	}
	spent := u.Factors.RecoveryHashes[place]
	after, err := a.opts.Store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		step, right := stepOf(u.Factors.AppSecret, code, u.Factors.AppStep, a.now())
		if !u.Factors.HasApp() || !right || !u.Factors.SpendRecovery(place, spent) {
			return unfit()
		}
		u.Factors.AppStep, u.PasswordHash, u.Reset = step, hash, registry.Reset{}
		u.Sessions, u.Devices = nil, nil
		a.note(u, incidents.Actor{Kind: register.ActorUser, ID: u.ID}, incidents.PasswordRecovered, leftOf(*u))
		return nil
	})
	if err != nil && !errors.Is(err, fault.Invalid) {
		return u, fmt.Errorf("keep a new password: %w", err)
	}
	return after, err
}

// tellRenewed mails the user once that the password is new.
func (a *Area) tellRenewed(ctx context.Context, u registry.User) error {
	left := u.Factors.RecoveryLeft()
	p, err := a.opts.Store.Practice(ctx, u.Memberships[0].PracticeID)
	if err != nil {
		return fmt.Errorf("find a practice of the account: %w", err)
	}
	return a.opts.Office.PasswordRecovered(ctx, u, p, u.ID+"-"+strconv.Itoa(left)+"-"+strconv.FormatInt(a.now().UnixMilli(), 10))
}
