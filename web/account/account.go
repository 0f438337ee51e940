// Package account is who may come in: the one-time set-up of the first account
// and practice, logging in and out, and the settings of the practice and of
// oneself.
package account

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/playbooks"
	"datalek/web/page"
)

// store is what the pages here read and write.
type store interface {
	CreatePractice(ctx context.Context, p registry.Practice) error
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
	Systems(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.System, error)
	CreateUser(ctx context.Context, u registry.User) error
	User(ctx context.Context, id string) (registry.User, error)
	UserByLogin(ctx context.Context, login string) (registry.User, error)
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
	CountUsers(ctx context.Context) (int64, error)
	Processors(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Processor, error)
}

// office saves what a practice takes over from its policy, and lets open cases keep
// theirs when it chooses another.
type office interface {
	SaveSystem(ctx context.Context, s registry.System) (registry.System, bool, error)
	SaveProcessor(ctx context.Context, p registry.Processor) (registry.Endpoint, bool, error)
	KeepPolicies(ctx context.Context, p registry.Practice, next registry.Policy) error
	// KeepOwnSystem puts datalek itself among a new practice's systems.
	KeepOwnSystem(ctx context.Context, p registry.Practice) error
}

// policyBook is where policies to choose from come from.
type policyBook interface {
	Policies() []playbooks.PolicyChoice
	Policy(id string) (registry.Policy, bool)
	Start(id, language string) (playbooks.Start, bool)
}

// Options is what an Area is made of.
type Options struct {
	Store    store
	Office   office
	Policies policyBook
	Hasher   *Hasher
	// SetupHash is the hex SHA-256 of the token in the one-time set-up link;
	// empty means that no link was given out.
	SetupHash string
	// SetupUntil is when the link ends, used or not; zero is never.
	SetupUntil time.Time
	// Tries are shared with the pages that ask for a second factor; nil makes own ones.
	Tries *Tries
	Now   func() time.Time
}

// Area registers the pages. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(opts Options) *Area {
	if opts.Tries == nil {
		opts.Tries = NewTries(opts.Now)
	}
	return &Area{opts: opts}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	public := site.Public(e)
	public.GET("/setup/:token", a.setup)
	public.POST("/setup/:token", a.postSetup)
	public.GET("/login", a.login)
	public.POST("/login", a.postLogin)
	public.POST("/logout", a.postLogout)
	private := site.Private(e).For(registry.SeeSettings, registry.ChangeSettings)
	private.GET("/settings", a.settings)
	private.POST("/settings", a.postSettings)
	private.GET("/settings/rules", a.rules)
	private.GET("/settings/start", a.begin)
	private.POST("/settings/start", a.postBegin)
	private = private.For(registry.KeepAccount, registry.KeepAccount)
	private.GET("/settings/account", a.ownAccount)
	private.POST("/settings/account", a.postOwnAccount)
	private.POST("/settings/account/password", a.postPassword, site.StepUp)
}
