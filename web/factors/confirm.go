package factors

import (
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"datalek/incidents/fault"
	"datalek/web/page"
)

// confirmPage asks somebody who is logged in to show again who it is.
type confirmPage struct {
	page.View
	Form   *page.Form
	HasApp bool
	Keys   keyOffer
	Next   string
}

func (a *Area) confirm(c echo.Context) error {
	return a.showConfirm(c, http.StatusOK, page.FormOf("next", page.LocalPath(c.QueryParam("next"))))
}

func (a *Area) showConfirm(c echo.Context, status int, form *page.Form) error {
	form.Set("password", "")
	form.Set("code", "")
	factors := page.User(c).Factors
	return a.site.Render(c, status, "factors/confirm.html", &confirmPage{View: page.NewView(c, "factors.confirm.title").BackTo("/settings/account"), Form: form,
		HasApp: factors.HasApp(), Keys: a.offerKeys(c, len(factors.Passkeys) > 0), Next: page.LocalPath(form.Get("next"))})
}

// postConfirm takes a code when one was typed, else the password.
func (a *Area) postConfirm(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	err = a.checkProof(c, form)
	if page.IsInvalid(err) {
		return a.showConfirm(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Prove(c)
	return c.Redirect(http.StatusSeeOther, page.LocalPath(form.Get("next")))
}

func (a *Area) checkProof(c echo.Context, form *page.Form) error {
	user := page.User(c)
	if form.Get("code") != "" && user.Factors.HasApp() {
		return a.tryCode(c, user, form.Get("code"))
	}
	if err := a.opts.Tries.Password(c, user.Login); err != nil {
		return err
	}
	match, _, err := a.opts.Hasher.Check(c.Request().Context(), form.Raw("password"), user.PasswordHash)
	if err != nil {
		return fmt.Errorf("check the password again: %w", err)
	}
	if !match {
		return &fault.Error{Code: fault.Invalid, Field: "password", Key: "error.factor_password", Message: "this is not your password"}
	}
	return nil
}
