package factors

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/web/page"
)

const (
	secretKept = "factors.app"   // of an app that is being set up
	codesKept  = "factors.codes" // that are to be shown once
)

// overviewPage is one's second factors.
type overviewPage struct {
	page.View
	Factors  registry.Factors
	Overdue  bool
	MayDrop  bool // a factor may go: another one stays
	Left     int  // recovery codes
	Passkeys []keyRow
	Keys     keyOffer
}

func (a *Area) overview(c echo.Context) error {
	f := page.User(c).Factors
	number := len(f.Passkeys)
	if f.HasApp() {
		number++
	}
	v := &overviewPage{View: page.NewView(c, "factors.title").BackTo("/settings/account"), Factors: f, Overdue: f.Overdue(a.now()), MayDrop: number > 1,
		Left: f.RecoveryLeft(), Passkeys: keyRows(f), Keys: a.offerKeys(c, true)}
	return a.site.Render(c, http.StatusOK, "factors/overview.html", v)
}

// appPage shows the QR code of a new authenticator app.
type appPage struct {
	page.View
	Form *page.Form
	Key  appKey
	Has  bool // there is one, which this one replaces
}

func (a *Area) app(c echo.Context) error { return a.showApp(c, http.StatusOK, page.FormOf()) }

func (a *Area) showApp(c echo.Context, status int, form *page.Form) error {
	user := page.User(c)
	secret := a.site.Kept(c, secretKept)
	if secret == "" {
		secret = newSecret()
		a.site.Keep(c, secretKept, secret)
	}
	key, err := keyOf(user.Login, secret)
	if err != nil {
		return err
	}
	form.Set("code", "")
	return a.site.Render(c, status, "factors/app.html", &appPage{View: page.NewView(c, "factors.app.title").BackTo(page.SecurityPath), Form: form, Key: key, Has: user.Factors.HasApp()})
}

// postApp takes an app into use whose code is right.
func (a *Area) postApp(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	user, secret := page.User(c), a.site.Kept(c, secretKept)
	if secret == "" {
		return c.Redirect(http.StatusSeeOther, page.SecurityPath+"/app")
	}
	if err := a.opts.Tries.Code(c, user.ID); err != nil {
		return err
	}
	step, right := stepOf(secret, form.Get("code"), 0, a.now())
	if !right {
		return a.showApp(c, http.StatusUnprocessableEntity, form.Fail(c, wrongCode("code")))
	}
	a.opts.Tries.Right(user.ID)
	ctx := c.Request().Context()
	after, err := a.opts.Store.UpdateUser(ctx, user.ID, func(u *registry.User) error {
		u.Factors.AppSecret, u.Factors.AppStep, u.Factors.AppSince = secret, step, a.now()
		a.note(u, page.Actor(c), incidents.FactorAdded, told(incidents.FactorApp))
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep an app: %w", err)
	}
	a.site.Take(c, secretKept)
	return a.added(c, after, incidents.FactorApp)
}

// added leads from a new factor to the recovery codes, which the first one brings.
func (a *Area) added(c echo.Context, u registry.User, factor string) error {
	a.site.Done(c, "factors.added."+factor)
	if len(u.Factors.RecoveryHashes) > 0 {
		return c.Redirect(http.StatusSeeOther, page.SecurityPath)
	}
	return a.showNewCodes(c, u)
}

// showNewCodes makes recovery codes and leads to the one page that shows them.
func (a *Area) showNewCodes(c echo.Context, u registry.User) error {
	codes, err := a.renewCodes(c.Request().Context(), u, page.Actor(c))
	if err != nil {
		return err
	}
	a.site.Keep(c, codesKept, strings.Join(codes, " "))
	return c.Redirect(http.StatusSeeOther, page.SecurityPath+"/codes")
}

// lastFactor is the fault of taking away the only second factor.
func lastFactor() error {
	return fault.New(fault.Conflict, "error.factor_last", "this is your only second factor; add another one first")
}

func (a *Area) postDropApp(c echo.Context) error {
	ctx := c.Request().Context()
	_, err := a.opts.Store.UpdateUser(ctx, page.User(c).ID, func(u *registry.User) error {
		if len(u.Factors.Passkeys) == 0 {
			return lastFactor()
		}
		if u.Factors.HasApp() {
			a.note(u, page.Actor(c), incidents.FactorRemoved, told(incidents.FactorApp))
		}
		u.Factors.AppSecret, u.Factors.AppStep = "", 0
		return nil
	})
	if err != nil {
		return err
	}
	return a.dropped(c, incidents.FactorApp)
}

func (a *Area) dropped(c echo.Context, factor string) error {
	a.site.Done(c, "factors.removed."+factor)
	return c.Redirect(http.StatusSeeOther, page.SecurityPath)
}

// codesPage shows new recovery codes, once.
type codesPage struct {
	page.View
	Codes []string // none when they were shown
	Left  int
}

func (a *Area) codes(c echo.Context) error {
	user := page.User(c)
	v := &codesPage{View: page.NewView(c, "factors.codes.title").BackTo(page.SecurityPath), Codes: strings.Fields(a.site.Take(c, codesKept)), Left: user.Factors.RecoveryLeft()}
	v.PrintLine = page.FormatInstant(page.Lang(c), a.now(), page.Zone(c))
	return a.site.Render(c, http.StatusOK, "factors/codes.html", v)
}

// postCodes replaces the recovery codes.
func (a *Area) postCodes(c echo.Context) error { return a.showNewCodes(c, page.User(c)) }
