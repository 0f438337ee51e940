package members

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"datalek/incidents"
	"datalek/incidents/fault"
	"datalek/incidents/register"
	"datalek/incidents/registry"
	"datalek/incidents/tenant"
	"datalek/web/account"
	"datalek/web/casework"
	"datalek/web/page"
	"datalek/web/parts"
)

// shownOnce is where the session keeps a new link until it is shown.
const shownOnce = "members.link"

type invitePage struct {
	page.View
	Form  *page.Form
	Roles []parts.Option
	Mail  []parts.Option
}

func (a *Area) askInvite(c echo.Context) error {
	return a.showInvite(c, http.StatusOK, page.FormOf("mail", "yes"))
}

func (a *Area) showInvite(c echo.Context, status int, form *page.Form) error {
	v := &invitePage{View: page.NewView(c, "members.invite_title").BackTo("/settings/members"), Form: form,
		Mail: []parts.Option{{Value: "yes", Text: page.T(c, "members.mail_tick"), Checked: form.Has("mail", "yes")}}}
	for _, r := range registry.InvitedRoles() {
		v.Roles = append(v.Roles, parts.Option{Value: string(r), Text: roleText(c, r), Hint: page.T(c, "members.role."+string(r))})
	}
	return a.site.Render(c, status, "members/invite.html", v)
}

// invite makes a link for one person, shows it once, and mails it when asked.
func (a *Area) invite(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, now, practice := c.Request().Context(), page.Now(c), page.Practice(c)
	secret := casework.Secret(24)
	i := registry.Invitation{ID: a.opts.NewID(), Hash: casework.HashToken(secret), Role: registry.Role(form.Get("role")), Name: form.Get("name"),
		Email: registry.NormalEmail(form.Get("email")), By: page.User(c).ID, CreatedAt: now, ExpiresAt: now.Add(registry.InvitationLife)}
	if err := i.Check(); err != nil {
		return a.showInvite(c, http.StatusUnprocessableEntity, form.Fail(c, err))
	}
	saved, err := a.opts.Store.UpdatePractice(ctx, practice.ID, func(p *registry.Practice) error {
		incidents.MemberChange{Kind: incidents.MemberInvited, Subject: i.ID, Name: i.Name, By: page.Actor(c), Facts: map[string]string{"role": string(i.Role)}}.Note(p, now)
		return p.Invite(i, now)
	})
	if page.Mendable(err) {
		return a.showInvite(c, http.StatusConflict, form.Fail(c, err))
	}
	if err != nil {
		return fmt.Errorf("invite: %w", err)
	}
	link := a.site.BaseURL() + "/join/" + string(practice.ID) + "/" + secret
	if form.Has("mail", "yes") {
		if err := a.opts.Office.Invite(ctx, saved, i, link); err != nil {
			return fmt.Errorf("mail the invitation: %w", err)
		}
	}
	a.site.Keep(c, shownOnce, link)
	return c.Redirect(http.StatusSeeOther, "/settings/members/invited")
}

type invitedPage struct {
	page.View
	Link string // "" once it was shown
}

func (a *Area) invited(c echo.Context) error {
	c.Response().Header().Set("Cache-Control", "no-store")
	return a.site.Render(c, http.StatusOK, "members/invited.html",
		&invitedPage{View: page.NewView(c, "members.invited_title").BackTo("/settings/members"), Link: a.site.Take(c, shownOnce)})
}

func (a *Area) withdraw(c echo.Context) error {
	_, err := a.opts.Store.UpdatePractice(c.Request().Context(), page.Practice(c).ID, func(p *registry.Practice) error {
		i, open := p.Withdraw(c.Param("id"))
		if !open {
			return fault.NotFound
		}
		incidents.MemberChange{Kind: incidents.InvitationWithdrawn, Subject: i.ID, Name: i.Name, By: page.Actor(c), Facts: map[string]string{"role": string(i.Role)}}.Note(p, page.Now(c))
		return nil
	})
	if err != nil {
		return fmt.Errorf("withdraw invitation: %w", err)
	}
	a.site.Done(c, "members.withdrawn")
	return c.Redirect(http.StatusSeeOther, "/settings/members")
}

type joinPage struct {
	page.View
	Form   *page.Form
	Action string
	Into   string // the practice's name
	Role   string
	About  string // what the role may do
	Email  string
	// Self is the login of whoever is logged in, "" for nobody.
	Self  string
	LogIn string // where to log in first
}

// opened finds the invitation of the link. A link that is over looks like one
// that never was.
func (a *Area) opened(c echo.Context) (registry.Practice, registry.Invitation, error) {
	over := fault.New(fault.NotFound, "error.invitation_over", "this invitation was used, withdrawn or is too old; ask for another one")
	if ok, wait := a.byAddress.Allow(c.RealIP()); !ok {
		return registry.Practice{}, registry.Invitation{}, page.TooMany(c, wait)
	}
	p, err := a.opts.Store.Practice(c.Request().Context(), tenant.ID(c.Param("practice")))
	if errors.Is(err, fault.NotFound) {
		return p, registry.Invitation{}, over
	}
	if err != nil {
		return p, registry.Invitation{}, fmt.Errorf("look up invitation: %w", err)
	}
	i, open := p.Invited(casework.HashToken(c.Param("secret")), page.Now(c))
	if !open {
		return p, i, over
	}
	return p, i, nil
}

func (a *Area) join(c echo.Context) error {
	p, i, err := a.opened(c)
	if err != nil {
		return err
	}
	return a.showJoin(c, http.StatusOK, p, i, page.FormOf("account_name", i.Name))
}

func (a *Area) showJoin(c echo.Context, status int, p registry.Practice, i registry.Invitation, form *page.Form) error {
	form.Set("password", "") // never sent back
	u, known, err := a.site.Known(c)
	if err != nil {
		return err
	}
	v := &joinPage{View: page.NewView(c, "members.join_title"), Form: form, Action: c.Request().URL.Path, Into: p.Details.Name, Role: roleText(c, i.Role),
		About: page.T(c, "members.role."+string(i.Role)), Email: i.Email, LogIn: "/login?next=" + c.Request().URL.Path}
	if known {
		v.Self = u.Login
	}
	return a.site.Render(c, status, "members/join.html", v)
}

func (a *Area) postJoin(c echo.Context) error {
	p, i, err := a.opened(c)
	if err != nil {
		return err
	}
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	u, known, err := a.site.Known(c)
	if err != nil {
		return err
	}
	if known {
		err = a.accept(c, p, i, u)
	} else {
		err = a.enrol(c, p, i, form)
	}
	if page.Mendable(err) {
		return a.showJoin(c, http.StatusUnprocessableEntity, p, i, form.Fail(c, err))
	}
	return err
}

// accept makes who is logged in a member. The session goes on in the practice
// it works for: switching is for the user to do.
func (a *Area) accept(c echo.Context, p registry.Practice, i registry.Invitation, u registry.User) error {
	if _, member := u.In(p.ID); member {
		return fault.New(fault.Conflict, "error.member_already", "you work in this practice already")
	}
	if err := a.claim(c, p, i, u); err != nil {
		return err
	}
	_, err := a.opts.Store.UpdateUser(c.Request().Context(), u.ID, func(u *registry.User) error {
		u.Join(p.ID, i.Role)
		a.joined(u, p.ID, i)
		return nil
	})
	if err != nil {
		return errors.Join(fmt.Errorf("join: %w", err), a.giveBack(c, p, i, u))
	}
	a.site.Done(c, "members.accepted", "practice", p.Details.Name)
	return c.Redirect(http.StatusSeeOther, "/practices")
}

// enrol makes an account for whom the invitation is. Its address is that of the
// invitation, so that nobody can find out which other addresses have one.
func (a *Area) enrol(c echo.Context, p registry.Practice, i registry.Invitation, form *page.Form) error {
	ctx, now := c.Request().Context(), a.site.Now()
	u := registry.User{ID: a.opts.NewID(), Login: i.Email, Name: form.Get("account_name"), CreatedAt: now}
	u.Join(p.ID, i.Role)
	u.Factors.Begin(now)
	var faults fault.List
	registry.CheckLine(&faults, "account_name", u.Name, 1, 120)
	account.CheckPassword(&faults, "password", form.Raw("password"), u.Login, u.Name)
	if err := faults.Err(); err != nil {
		return err
	}
	taken := fault.New(fault.Conflict, "error.login_first", "this address has an account already; log in and open the link again")
	if _, err := a.opts.Store.UserByLogin(ctx, u.Login); !errors.Is(err, fault.NotFound) {
		if err != nil {
			return fmt.Errorf("look up account: %w", err)
		}
		return taken
	}
	hash, err := a.opts.Hasher.Hash(ctx, form.Raw("password"))
	if err != nil {
		return err
	}
	u.PasswordHash = hash
	if err := a.claim(c, p, i, u); err != nil {
		return err
	}
	a.joined(&u, p.ID, i)
	if err := a.opts.Store.CreateUser(ctx, u); err != nil {
		if errors.Is(err, fault.Duplicate) {
			err = taken
		}
		return errors.Join(err, a.giveBack(c, p, i, u))
	}
	if err := a.site.LogIn(c, u.ID, p.ID); err != nil {
		return err
	}
	a.site.Done(c, "members.welcome", "practice", p.Details.Name)
	return c.Redirect(http.StatusSeeOther, "/")
}

// joined notes with the write of the account that it works for the practice from now on.
func (a *Area) joined(u *registry.User, practice tenant.ID, i registry.Invitation) {
	incidents.MemberChange{Kind: incidents.MemberJoined, Subject: u.ID, Name: u.Name, By: incidents.Actor{Kind: register.ActorUser, ID: u.ID},
		Facts: map[string]string{"role": string(i.Role), "invitation": i.ID, "invited_by": i.By, "invited_at": i.CreatedAt.UTC().Format(time.RFC3339)}}.NoteIn(u, practice, a.site.Now())
}

// invitation is something that happens to an invitation by the hand of who is invited.
func invitation(kind incidents.EventKind, i registry.Invitation, u registry.User) incidents.MemberChange {
	return incidents.MemberChange{Kind: kind, Subject: i.ID, Name: i.Name, By: incidents.Actor{Kind: register.ActorUser, ID: u.ID},
		Facts: map[string]string{"role": string(i.Role), "user": u.ID}}
}

// claim uses the invitation up, so that it makes one member. It stands in the row of
// the practice and the membership in that of the account: these are two writes, each
// with an event of its own, and who is cut off between them has used a link that made
// no member.
func (a *Area) claim(c echo.Context, p registry.Practice, i registry.Invitation, u registry.User) error {
	_, err := a.opts.Store.UpdatePractice(c.Request().Context(), p.ID, func(p *registry.Practice) error {
		if _, open := p.Withdraw(i.ID); !open {
			return fault.New(fault.Conflict, "error.invitation_over", "this invitation was used, withdrawn or is too old; ask for another one")
		}
		invitation(incidents.InvitationUsed, i, u).Note(p, a.site.Now())
		return nil
	})
	if err != nil {
		return fmt.Errorf("use invitation: %w", err)
	}
	return nil
}

// giveBack opens an invitation again that made no member.
func (a *Area) giveBack(c echo.Context, p registry.Practice, i registry.Invitation, u registry.User) error {
	_, err := a.opts.Store.UpdatePractice(c.Request().Context(), p.ID, func(p *registry.Practice) error {
		invitation(incidents.InvitationReopened, i, u).Note(p, a.site.Now())
		return p.Invite(i, a.site.Now())
	})
	if err != nil {
		return fmt.Errorf("give invitation back: %w", err)
	}
	return nil
}
