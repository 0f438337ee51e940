package factors

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

// enterPage asks for the second factor of somebody whose password was right.
type enterPage struct {
	page.View
	Form   *page.Form
	HasApp bool
	Keys   keyOffer
	Next   string
}

// half is somebody whose password was right a moment ago; without there is
// nothing to do here but to log in.
func (a *Area) half(c echo.Context, then func(u registry.User, next string) error) error {
	u, next, is, err := a.site.HalfLoggedIn(c)
	if err != nil {
		return fmt.Errorf("find who logs in: %w", err)
	}
	if !is || len(u.Memberships) == 0 {
		return c.Redirect(http.StatusSeeOther, "/login")
	}
	return then(u, next)
}

func (a *Area) enter(c echo.Context) error {
	return a.half(c, func(u registry.User, next string) error { return a.showEnter(c, http.StatusOK, page.FormOf(), u, next) })
}

func (a *Area) showEnter(c echo.Context, status int, form *page.Form, u registry.User, next string) error {
	form.Set("code", "")
	return a.site.Render(c, status, "factors/enter.html", &enterPage{View: page.NewView(c, "factors.enter.title"), Form: form,
		HasApp: u.Factors.HasApp(), Keys: a.offerKeys(c, len(u.Factors.Passkeys) > 0), Next: next})
}

func (a *Area) postEnter(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	return a.half(c, func(u registry.User, next string) error {
		if err := a.tryCode(c, u, form.Get("code")); err != nil {
			if page.IsInvalid(err) {
				return a.showEnter(c, http.StatusUnprocessableEntity, form.Fail(c, err), u, next)
			}
			return err
		}
		return a.letIn(c, u, next)
	})
}

// tryCode counts the try before it looks at the code.
func (a *Area) tryCode(c echo.Context, u registry.User, code string) error {
	if err := a.opts.Tries.Code(c, u.ID); err != nil {
		return err
	}
	if err := a.useCode(c.Request().Context(), u, code); err != nil {
		return err
	}
	a.opts.Tries.Right(u.ID)
	return nil
}

// letIn logs a user in who showed all that is asked.
func (a *Area) letIn(c echo.Context, u registry.User, next string) error {
	if err := a.site.LogIn(c, u.ID, u.Memberships[0].PracticeID); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, page.LocalPath(next))
}

// recoverPage asks for a recovery code.
type recoverPage struct {
	page.View
	Form *page.Form
}

func (a *Area) recover(c echo.Context) error {
	return a.half(c, func(registry.User, string) error { return a.showRecover(c, http.StatusOK, page.FormOf()) })
}

func (a *Area) showRecover(c echo.Context, status int, form *page.Form) error {
	form.Set("recovery", "")
	return a.site.Render(c, status, "factors/recover.html", &recoverPage{View: page.NewView(c, "factors.recover.title").BackTo("/login/code"), Form: form})
}

func (a *Area) postRecover(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	return a.half(c, func(u registry.User, next string) error {
		if err := a.opts.Tries.Code(c, u.ID); err != nil {
			return err
		}
		ctx := c.Request().Context()
		after, err := a.useRecovery(ctx, u, form.Raw("recovery"))
		if errors.Is(err, fault.Invalid) {
			return a.showRecover(c, http.StatusUnprocessableEntity, form.Fail(c, err))
		}
		if err != nil {
			return err
		}
		a.opts.Tries.Right(u.ID)
		left := after.Factors.RecoveryLeft()
		a.site.Flash(c, parts.Notice{Kind: "info", Text: page.T(c, "factors.recover.used", "n", left),
			Link: parts.Link{Href: page.SecurityPath, Text: page.T(c, "factors.recover.used_link")}})
		return a.letIn(c, u, next)
	})
}
