// Package factors is what somebody shows at login beside the password, and
// again before changing who may come in: the code of an authenticator app, a
// passkey, or a recovery code.
package factors

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/page"
)

// store is what the pages here read and write.
type store interface {
	User(ctx context.Context, id string) (registry.User, error)
	UserByLogin(ctx context.Context, login string) (registry.User, error)
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
}

// office writes mails.
type office interface {
	PasswordRecovered(ctx context.Context, u registry.User, p registry.Practice, key string) error
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Hasher *account.Hasher
	Tries  *account.Tries
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(opts Options) *Area { return &Area{opts: opts} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	public := site.Public(e)
	public.GET("/login/code", a.enter)
	public.POST("/login/code", a.postEnter)
	public.GET("/login/recovery", a.recover)
	public.POST("/login/recovery", a.postRecover)
	public.GET("/login/forgotten", a.forgotten)
	public.POST("/login/forgotten", a.postForgotten)
	public.POST("/login/passkey/begin", a.beginKey)
	public.POST("/login/passkey", a.postKey)
	private := site.Private(e).For(registry.KeepAccount, registry.KeepAccount)
	private.GET("/settings/account/confirm", a.confirm)
	private.POST("/settings/account/confirm", a.postConfirm)
	private.GET("/settings/account/security", a.overview)
	private.GET("/settings/account/security/app", a.app, site.StepUp)
	private.POST("/settings/account/security/app", a.postApp, site.StepUp)
	private.POST("/settings/account/security/app/remove", a.postDropApp, site.StepUp)
	private.GET("/settings/account/security/codes", a.codes, site.StepUp)
	private.POST("/settings/account/security/codes", a.postCodes, site.StepUp)
	private.POST("/settings/account/confirm/passkey", a.postConfirmKey)
	private.GET("/settings/account/security/passkey", a.key, site.StepUp)
	private.POST("/settings/account/security/passkeys/begin", a.beginAdd, site.StepUp)
	private.POST("/settings/account/security/passkeys", a.postAdd, site.StepUp)
	private.POST("/settings/account/security/passkeys/remove", a.postDropKey, site.StepUp)
}

// now is the present instant in UTC.
func (a *Area) now() time.Time { return a.site.Now() }

// note adds what changes about a user's account, for the register of each practice
// that this person works for, to the write that changes it.
func (a *Area) note(u *registry.User, by incidents.Actor, kind incidents.EventKind, facts map[string]string) {
	u.Notes = append(u.Notes, incidents.Act{By: by, At: a.now()}.Account(*u, kind, facts)...)
}
