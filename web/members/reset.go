package members

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/page"
)

type resetPage struct {
	page.View
	Form   *page.Form
	Action string
	Login  string
}

func resetOver() error {
	return fault.New(fault.NotFound, "error.reset_over", "this link was used or is too old; ask the host for another one")
}

// resetting finds whose link it is. One that is over looks like one that never was.
func (a *Area) resetting(c echo.Context) (registry.User, error) {
	if ok, wait := a.byAddress.Allow(c.RealIP()); !ok {
		return registry.User{}, page.TooMany(c, wait)
	}
	u, err := a.opts.Store.User(c.Request().Context(), c.Param("user"))
	if errors.Is(err, fault.NotFound) || err == nil && !fits(u, c) {
		return registry.User{}, resetOver()
	}
	if err != nil {
		return u, fmt.Errorf("look up link: %w", err)
	}
	return u, nil
}

func fits(u registry.User, c echo.Context) bool {
	hash := casework.HashToken(c.Param("secret"))
	return u.Reset.Open(page.Now(c)) && subtle.ConstantTimeCompare([]byte(u.Reset.Hash), []byte(hash)) == 1
}

func (a *Area) reset(c echo.Context) error {
	u, err := a.resetting(c)
	if err != nil {
		return err
	}
	return a.showReset(c, http.StatusOK, u, page.FormOf())
}

func (a *Area) showReset(c echo.Context, status int, u registry.User, form *page.Form) error {
	form.Set("password", "") // never sent back
	return a.site.Render(c, status, "members/reset.html", &resetPage{View: page.NewView(c, "members.reset_title"), Form: form, Action: c.Request().URL.Path, Login: u.Login})
}

// postReset sets the password anew. Second factors, known devices and every
// session end with the old one, whoever held them; the register of each practice of
// the user gets it in the same write.
func (a *Area) postReset(c echo.Context) error {
	u, err := a.resetting(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	var faults fault.List
	account.CheckPassword(&faults, "password", form.Raw("password"), u.Login, u.Name)
	if err := faults.Err(); err != nil {
		return a.showReset(c, http.StatusUnprocessableEntity, u, form.Fail(c, err))
	}
	ctx := c.Request().Context()
	hash, err := a.opts.Hasher.Hash(ctx, form.Raw("password"))
	if err != nil {
		return err
	}
	used := u.Reset.Hash
	u, err = a.opts.Store.UpdateUser(ctx, u.ID, func(u *registry.User) error {
		if !fits(*u, c) {
			return resetOver()
		}
		u.PasswordHash, u.Reset = hash, registry.Reset{}
		u.Sessions, u.Devices = nil, nil
		u.Factors = registry.Factors{}
		u.Factors.Begin(a.site.Now())
		incidents.MemberChange{Kind: incidents.ResetDone, Subject: u.ID, Name: u.Name, By: incidents.Actor{Kind: register.ActorUser, ID: u.ID},
			Facts: map[string]string{"by": "host_link"}}.NoteInAll(u, a.site.Now())
		return nil
	})
	if err != nil {
		return err
	}
	if err := a.tellReset(c, u, used[:min(16, len(used))]); err != nil {
		return err
	}
	a.site.Done(c, "members.reset_done")
	return c.Redirect(http.StatusSeeOther, "/login")
}

// tellReset mails it to the user once, in the words of the first practice.
func (a *Area) tellReset(c echo.Context, u registry.User, key string) error {
	if len(u.Memberships) == 0 {
		return nil
	}
	ctx := c.Request().Context()
	p, err := a.opts.Store.Practice(ctx, u.Memberships[0].PracticeID)
	if err != nil {
		return fmt.Errorf("look up a practice of the user: %w", err)
	}
	return a.opts.Office.PasswordReset(ctx, u, p, key)
}
