// Package members is who works in a practice: inviting people, what each may do,
// and ending a membership. It also lets a user switch between practices, and
// choose a new password by a link that the host made.
package members

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the pages here read and write.
type store interface {
	UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error)
	User(ctx context.Context, id string) (registry.User, error)
	UserByLogin(ctx context.Context, login string) (registry.User, error)
	CreateUser(ctx context.Context, u registry.User) error
	UpdateUser(ctx context.Context, id string, change func(*registry.User) error) (registry.User, error)
	Practice(ctx context.Context, id tenant.ID) (registry.Practice, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
}

// office writes mails.
type office interface {
	Invite(ctx context.Context, p registry.Practice, i registry.Invitation, link string) error
	PasswordReset(ctx context.Context, u registry.User, p registry.Practice, key string) error
}

// Options is what an Area is made of.
type Options struct {
	Store  store
	Office office
	Hasher *account.Hasher
	NewID  func() string
	Now    func() time.Time
}

// Area registers the pages. Make it with New.
type Area struct {
	opts      Options
	site      *page.Site
	byAddress *page.Limiter
}

// How often links may be tried from one address: one every ten seconds after
// the first thirty.
const (
	linkBurst  = 30
	linkEvery  = 10 * time.Second
	mostLimits = 20_000
)

// New returns the area.
func New(o Options) *Area {
	return &Area{opts: o, byAddress: page.NewLimiter(linkBurst, linkEvery, mostLimits, o.Now)}
}

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	private := site.Private(e).For(registry.ManageMembers, registry.ManageMembers)
	private.GET("/settings/members", a.list)
	private.GET("/settings/members/invite", a.askInvite, site.StepUp)
	private.POST("/settings/members/invite", a.invite, site.StepUp)
	private.GET("/settings/members/invited", a.invited)
	private.POST("/settings/members/invitations/:id/withdraw", a.withdraw)
	private.GET("/settings/members/:id", a.one, site.StepUp)
	private.POST("/settings/members/:id/role", a.changeRole, site.StepUp)
	private.POST("/settings/members/:id/remove", a.remove, site.StepUp)
	private = private.For(registry.KeepAccount, registry.KeepAccount)
	private.GET("/practices", a.practices)
	private.POST("/practices", a.choose)
	public := site.Public(e)
	public.GET("/join/:practice/:secret", a.join)
	public.POST("/join/:practice/:secret", a.postJoin)
	public.GET("/reset/:user/:secret", a.reset)
	public.POST("/reset/:user/:secret", a.postReset)
}

// mostMembers bounds how many people work in a practice.
const mostMembers = 500

// memberRow is one member in the list.
type memberRow struct {
	Name, Login, Role string
	Href              string
	Self              bool
}

// invitationRow is one open invitation in the list.
type invitationRow struct {
	ID, Name, Email, Role string
	Until                 time.Time
}

type listPage struct {
	page.View
	Members     []memberRow
	Invitations []invitationRow
}

func (a *Area) list(c echo.Context) error {
	practice := page.Practice(c)
	members, err := a.members(c)
	if err != nil {
		return err
	}
	v := &listPage{View: page.NewView(c, "members.title").BackTo("/settings")}
	for _, u := range members {
		role, _ := u.In(practice.ID)
		v.Members = append(v.Members, memberRow{Name: u.Name, Login: u.Login, Role: roleText(c, role), Href: "/settings/members/" + u.ID, Self: u.ID == page.User(c).ID})
	}
	for _, i := range practice.Invitations {
		if i.Open(page.Now(c)) {
			v.Invitations = append(v.Invitations, invitationRow{ID: i.ID, Name: i.Name, Email: i.Email, Role: roleText(c, i.Role), Until: i.ExpiresAt})
		}
	}
	return a.site.Render(c, http.StatusOK, "members/list.html", v)
}

func roleText(c echo.Context, role registry.Role) string { return page.T(c, "role."+string(role)) }

// members lists who works in the practice, by name.
func (a *Area) members(c echo.Context) ([]registry.User, error) {
	found, err := a.opts.Store.UsersOf(c.Request().Context(), page.Practice(c).ID, "", mostMembers)
	if err != nil {
		return nil, fmt.Errorf("list members: %w", err)
	}
	slices.SortFunc(found, func(x, y registry.User) int { return strings.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)) })
	return found, nil
}

type onePage struct {
	page.View
	Form   *page.Form
	Member memberRow
	ID     string
	Roles  []parts.Option
	// Fixed says why nothing can be changed; "" when something can.
	Fixed string
}

// member finds who is meant among the members of the practice.
func (a *Area) member(c echo.Context) (registry.User, registry.Role, error) {
	u, err := a.opts.Store.User(c.Request().Context(), c.Param("id"))
	if err != nil {
		return u, "", fmt.Errorf("look up member: %w", err)
	}
	role, is := u.In(page.Practice(c).ID)
	if !is {
		return u, "", fault.NotFound
	}
	return u, role, nil
}

func (a *Area) one(c echo.Context) error {
	u, role, err := a.member(c)
	if err != nil {
		return err
	}
	return a.showOne(c, http.StatusOK, u, role, page.FormOf("role", string(role)))
}

func (a *Area) showOne(c echo.Context, status int, u registry.User, role registry.Role, form *page.Form) error {
	v := &onePage{View: page.NewView(c, "members.one_title").BackTo("/settings/members"), Form: form, ID: u.ID,
		Member: memberRow{Name: u.Name, Login: u.Login, Role: roleText(c, role), Self: u.ID == page.User(c).ID}}
	for _, r := range a.givable(c) {
		v.Roles = append(v.Roles, parts.Option{Value: string(r), Text: roleText(c, r), Hint: page.T(c, "members.role."+string(r))})
	}
	if role == registry.RoleOwner && !mine(c).May(registry.GiveOwnership) {
		v.Fixed = page.T(c, "members.owner_fixed")
	}
	return a.site.Render(c, status, "members/one.html", v)
}

// mine is what the user is in the practice.
func mine(c echo.Context) registry.Role {
	role, _ := page.User(c).In(page.Practice(c).ID)
	return role
}

// givable are the roles that the user may give to a member.
func (a *Area) givable(c echo.Context) []registry.Role {
	if mine(c).May(registry.GiveOwnership) {
		return registry.Roles()
	}
	return registry.InvitedRoles()
}

func (a *Area) changeRole(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	u, before, err := a.member(c)
	if err != nil {
		return err
	}
	role := registry.Role(form.Get("role"))
	if !slices.Contains(a.givable(c), role) {
		return a.showOne(c, http.StatusUnprocessableEntity, u, before, form.Fail(c,
			&fault.Error{Code: fault.Invalid, Field: "role", Key: "error.invited_role", Message: "choose what this person may do"}))
	}
	if role == before {
		return c.Redirect(http.StatusSeeOther, "/settings/members")
	}
	change := incidents.MemberChange{Kind: incidents.MemberRoleChanged, Subject: u.ID, Name: u.Name, By: page.Actor(c),
		Facts: map[string]string{"before": string(before), "after": string(role)}}
	return a.alter(c, u, before, form, change, func(u *registry.User, practice tenant.ID) { u.Join(practice, role) }, "members.role_changed")
}

func (a *Area) remove(c echo.Context) error {
	u, before, err := a.member(c)
	if err != nil {
		return err
	}
	change := incidents.MemberChange{Kind: incidents.MemberRemoved, Subject: u.ID, Name: u.Name, By: page.Actor(c), Facts: map[string]string{"before": string(before)}}
	return a.alter(c, u, before, page.FormOf("role", string(before)), change, func(u *registry.User, practice tenant.ID) { u.Part(practice) }, "members.removed")
}

// alter changes a membership, unless that takes the practice its last owner, and
// tells the register in the same write. Its sessions in this practice end with a
// membership.
func (a *Area) alter(c echo.Context, u registry.User, before registry.Role, form *page.Form, change incidents.MemberChange, do func(*registry.User, tenant.ID), done string) error {
	ctx, practice := c.Request().Context(), page.Practice(c).ID
	err := a.allowed(c, u, before)
	if err == nil {
		err = a.put(ctx, u.ID, practice, before, func(u *registry.User, practice tenant.ID) {
			do(u, practice)
			change.NoteIn(u, practice, page.Now(c))
		}, change.By)
	}
	if page.Mendable(err) {
		return a.showOne(c, http.StatusConflict, u, before, form.Fail(c, err))
	}
	if err != nil {
		return err
	}
	a.site.Done(c, done, "name", u.Name)
	if u.ID == page.User(c).ID {
		return c.Redirect(http.StatusSeeOther, "/")
	}
	return c.Redirect(http.StatusSeeOther, "/settings/members")
}

// allowed refuses what touches an owner and is not the user's to do.
func (a *Area) allowed(c echo.Context, u registry.User, before registry.Role) error {
	if before != registry.RoleOwner {
		return nil
	}
	if !mine(c).May(registry.GiveOwnership) {
		return fault.New(fault.Forbidden, "error.owner_fixed", "only an owner may change what an owner may do")
	}
	owners, err := a.owners(c.Request().Context(), page.Practice(c).ID)
	if err != nil {
		return err
	}
	if len(owners) < 2 && slices.Contains(owners, u.ID) {
		return lastOwner()
	}
	return nil
}

func lastOwner() error {
	return fault.New(fault.Conflict, "error.last_owner", "a practice must have an owner; make somebody else an owner first")
}

func (a *Area) owners(ctx context.Context, practice tenant.ID) ([]string, error) {
	members, err := a.opts.Store.UsersOf(ctx, practice, "", mostMembers)
	if err != nil {
		return nil, fmt.Errorf("count owners: %w", err)
	}
	var owners []string
	for _, u := range members {
		if role, _ := u.In(practice); role == registry.RoleOwner {
			owners = append(owners, u.ID)
		}
	}
	return owners, nil
}

// errMoved says that the role was another one meanwhile.
var errMoved = fault.New(fault.Conflict, "error.changed_meanwhile", "somebody else changed this meanwhile")

// put changes the membership. When two owners take each other's role at once,
// both changes are taken back, and the register tells of that too.
func (a *Area) put(ctx context.Context, user string, practice tenant.ID, before registry.Role, do func(*registry.User, tenant.ID), by incidents.Actor) error {
	_, err := a.opts.Store.UpdateUser(ctx, user, func(u *registry.User) error {
		if role, _ := u.In(practice); role != before {
			return errMoved
		}
		do(u, practice)
		return nil
	})
	if err != nil || before != registry.RoleOwner {
		return err
	}
	owners, err := a.owners(ctx, practice)
	if err != nil || len(owners) > 0 {
		return err
	}
	_, err = a.opts.Store.UpdateUser(ctx, user, func(u *registry.User) error {
		became, _ := u.In(practice)
		u.Join(practice, registry.RoleOwner)
		incidents.MemberChange{Kind: incidents.MemberRoleChanged, Subject: u.ID, Name: u.Name, By: by,
			Facts: map[string]string{"before": string(became), "after": string(registry.RoleOwner)}}.NoteIn(u, practice, a.site.Now())
		return nil
	})
	return errors.Join(lastOwner(), err)
}

type practicesPage struct {
	page.View
	Rows []practiceRow
}

type practiceRow struct {
	ID, Name, Role string
	Here           bool
}

// practices lists where the user works.
func (a *Area) practices(c echo.Context) error {
	v := &practicesPage{View: page.NewView(c, "members.practices_title").BackTo("/settings/account")}
	for _, m := range page.User(c).Memberships {
		p, err := a.opts.Store.Practice(c.Request().Context(), m.PracticeID)
		if err != nil {
			return fmt.Errorf("name a practice of the user: %w", err)
		}
		v.Rows = append(v.Rows, practiceRow{ID: string(p.ID), Name: p.Details.Name, Role: roleText(c, m.Role), Here: p.ID == page.Home(c).ID})
	}
	return a.site.Render(c, http.StatusOK, "members/practices.html", v)
}

// choose lets the session work for another practice of the user.
func (a *Area) choose(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	practice := form.Get("practice")
	if _, member := page.User(c).In(tenant.ID(practice)); !member {
		return fault.NotFound
	}
	p, err := a.opts.Store.Practice(c.Request().Context(), tenant.ID(practice))
	if err != nil {
		return fmt.Errorf("switch practices: %w", err)
	}
	if err := a.site.SwitchTo(c, tenant.ID(practice)); err != nil {
		return err
	}
	a.site.Done(c, "members.switched", "practice", p.Details.Name)
	return c.Redirect(http.StatusSeeOther, "/")
}
