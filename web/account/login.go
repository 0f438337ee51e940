package account

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

type loginPage struct {
	page.View
	Form *page.Form
	// Fresh says that nobody has an account yet: the set-up link comes first.
	Fresh bool
}

func (a *Area) login(c echo.Context) error {
	return a.showLogin(c, http.StatusOK, page.FormOf("next", page.LocalPath(c.QueryParam("next"))))
}

func (a *Area) showLogin(c echo.Context, status int, form *page.Form) error {
	users, err := a.opts.Store.CountUsers(c.Request().Context())
	if err != nil {
		return fmt.Errorf("count accounts: %w", err)
	}
	form.Set("password", "") // never sent back
	return a.site.Render(c, status, "account/login.html", &loginPage{View: page.NewView(c, "account.login.title"), Form: form, Fresh: users == 0})
}

func (a *Area) postLogin(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	login := registry.NormalEmail(form.Get("login"))
	if err := a.opts.Tries.Password(c, login); err != nil {
		return err
	}
	user, known, err := a.enter(c, login, form.Raw("password"))
	if err != nil {
		return err
	}
	if !known {
		// The same words whether the account or the password is wrong.
		return a.showLogin(c, http.StatusUnprocessableEntity, form.Fail(c,
			&fault.Error{Code: fault.Invalid, Field: "login", Key: "error.login", Message: "the address or the password is not right"}))
	}
	return a.letIn(c, user, form.Get("next"))
}

// letIn logs in who has no second factor yet, and asks all others for it. The
// first login begins the days of grace.
func (a *Area) letIn(c echo.Context, user registry.User, next string) error {
	if user.Factors.Some() {
		if err := a.site.BeginLogin(c, user, next); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, "/login/code")
	}
	if user.Factors.GraceUntil.IsZero() {
		_, err := a.opts.Store.UpdateUser(c.Request().Context(), user.ID, func(u *registry.User) error {
			u.Factors.Begin(a.site.Now())
			return nil
		})
		if err != nil {
			return fmt.Errorf("begin the days of grace: %w", err)
		}
	}
	if err := a.site.LogIn(c, user.ID, user.Memberships[0].PracticeID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.LocalPath(next))
}

// enter finds the account and checks the password. It works as long for an
// account that does not exist.
func (a *Area) enter(c echo.Context, login, password string) (registry.User, bool, error) {
	ctx := c.Request().Context()
	user, err := a.opts.Store.UserByLogin(ctx, login)
	if err != nil && !errors.Is(err, fault.NotFound) {
		return user, false, fmt.Errorf("look up account: %w", err)
	}
	if len(password) > 4*mostPassword {
		password = "" // no password is that long; hashing it would only take time
	}
	match, stale, err := a.opts.Hasher.Check(ctx, password, user.PasswordHash)
	if err != nil {
		return user, false, err
	}
	if match && stale {
		err = a.rehash(c, user.ID, password, nil)
	}
	return user, match && len(user.Memberships) > 0, err
}

// rehash stores the password's hash with today's parameters; changed notes that it is
// another password, nil when it is the same.
func (a *Area) rehash(c echo.Context, user, password string, changed func(*registry.User)) error {
	ctx := c.Request().Context()
	hash, err := a.opts.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	_, err = a.opts.Store.UpdateUser(ctx, user, func(u *registry.User) error {
		u.PasswordHash = hash
		u.Leave(func(registry.Session) bool { return true }) // they last no longer than the password
		if changed != nil {
			changed(u)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("renew password hash: %w", err)
	}
	return nil
}

func (a *Area) postLogout(c echo.Context) error {
	if err := a.site.LogOut(c); err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return c.Redirect(http.StatusSeeOther, "/login")
}
