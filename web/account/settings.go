package account

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
	"datalek/web/parts"
)

type settingsPage struct {
	page.View
	practiceView
	PublicForm string // address of the practice's form for everybody
}

func (a *Area) settings(c echo.Context) error {
	return a.showSettings(c, http.StatusOK, practiceForm(page.Practice(c)))
}

func (a *Area) showSettings(c echo.Context, status int, form *page.Form) error {
	practice := page.Practice(c)
	systems, err := a.systems(c.Request().Context(), practice.ID)
	if err != nil {
		return err
	}
	return a.site.Render(c, status, "account/settings.html", &settingsPage{View: page.NewView(c, "account.settings.title"),
		practiceView: a.practiceView(c, form, practice, systems), PublicForm: a.site.BaseURL() + "/p/" + practice.PublicCode})
}

func (a *Area) postSettings(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	practice := page.Practice(c)
	before := practice.Policy.ID
	wanted, faults := a.readPractice(form, practice)
	if len(faults) > 0 {
		return a.showSettings(c, http.StatusUnprocessableEntity, form.Fail(c, faults))
	}
	if wanted.Policy.ID != before {
		if err := a.opts.Office.KeepPolicies(c.Request().Context(), practice, wanted.Policy); err != nil {
			return fmt.Errorf("keep the rules of open cases: %w", err)
		}
	}
	saved, err := a.opts.Store.UpdatePractice(c.Request().Context(), practice.ID, func(p *registry.Practice) error {
		if strconv.FormatInt(p.Version, 10) != form.Get("version") {
			return fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile")
		}
		changed, faults := a.readPractice(form, *p)
		if changed.Policy.ID != p.Policy.ID {
			changed.Outbox.Put(string(p.ID), incidents.PolicyChange{Before: p.Policy, After: changed.Policy, Changed: []string{"policy"},
				Reason: page.T(c, "policyedit.chosen", "policy", a.policyTitle(c, changed.Policy.ID)), By: page.Actor(c)}.Event(p.ID, a.opts.Now()))
		}
		incidents.Act{By: page.Actor(c), At: a.opts.Now()}.Settings(*p, &changed)
		*p = changed
		return faults.Err()
	})
	if page.Mendable(err) {
		return a.showSettings(c, http.StatusConflict, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	a.site.Done(c, "account.settings.done")
	next := "/settings"
	if saved.Policy.ID != before {
		next = a.afterChoice(saved.Policy.ID, next)
	}
	return c.Redirect(http.StatusSeeOther, next)
}

type ownPage struct {
	page.View
	Form    *page.Form
	Tongues []parts.Option
	// Proved says that one may change the password now.
	Proved  bool
	Confirm string // where to prove it otherwise
}

func (a *Area) ownAccount(c echo.Context) error {
	user := page.User(c)
	return a.showOwn(c, http.StatusOK, page.FormOf("account_name", user.Name, "language", user.Language))
}

func (a *Area) showOwn(c echo.Context, status int, form *page.Form) error {
	for _, secret := range []string{"old_password", "password"} {
		form.Set(secret, "")
	}
	if form.Get("account_name") == "" {
		form.Set("account_name", page.User(c).Name)
	}
	return a.site.Render(c, status, "account/own.html", &ownPage{View: page.NewView(c, "account.own.title").BackTo(settingsOr(c)), Form: form, Proved: a.site.Proved(c), Confirm: page.ConfirmPath + "?next=/settings/account",
		Tongues: append([]parts.Option{{Value: "", Text: page.T(c, "account.own.browser_language")}}, languageOptions()...)})
}

func (a *Area) postOwnAccount(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	var faults fault.List
	registry.CheckLine(&faults, "account_name", form.Get("account_name"), 1, 120)
	lang := form.Get("language")
	if lang != "" && lang != page.Dutch && lang != page.English {
		faults.Add("language", "error.language", "choose nl or en")
	}
	if err := faults.Err(); err != nil {
		return a.showOwn(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	_, err = a.opts.Store.UpdateUser(c.Request().Context(), page.User(c).ID, func(u *registry.User) error {
		if u.Name == form.Get("account_name") && u.Language == lang {
			return nil
		}
		u.Name, u.Language = form.Get("account_name"), lang
		u.Notes = incidents.Act{By: page.Actor(c), At: a.site.Now()}.Account(*u, incidents.AccountChanged, nil)
		return nil
	})
	if err != nil {
		return fmt.Errorf("save account: %w", err)
	}
	a.site.ForgetLanguage(c)
	a.site.Done(c, "account.settings.done")
	return c.Redirect(http.StatusSeeOther, "/settings/account")
}

func (a *Area) postPassword(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	user := page.User(c)
	if err := a.opts.Tries.Password(c, user.Login); err != nil {
		return err
	}
	var faults fault.List
	CheckPassword(&faults, "password", form.Raw("password"), user.Login, user.Name)
	match, _, err := a.opts.Hasher.Check(c.Request().Context(), form.Raw("old_password"), user.PasswordHash)
	if err != nil {
		return err
	}
	if !match {
		faults.Add("old_password", "error.old_password", "this is not your present password")
	}
	if err := faults.Err(); err != nil {
		return a.showOwn(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	changed := func(u *registry.User) {
		u.Notes = incidents.Act{By: page.Actor(c), At: a.site.Now()}.Account(*u, incidents.PasswordChanged, nil)
	}
	if err := a.rehash(c, user.ID, form.Raw("password"), changed); err != nil {
		return err
	}
	if err := a.site.LogIn(c, user.ID, page.Practice(c).ID); err != nil {
		return err
	}
	a.site.Done(c, "account.own.password_done")
	return c.Redirect(http.StatusSeeOther, "/settings/account")
}

// settingsOr is the page of settings, or the desk for who may not see that.
func settingsOr(c echo.Context) string {
	if page.May(c, registry.SeeSettings) {
		return "/settings"
	}
	return "/"
}
