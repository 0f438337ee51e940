// Package roles shows who may do what in a practice, and lets its owner choose
// whether two people approve messages, and which account is which coach.
package roles

import (
	"context"
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
	"datalek/web/page"
	"datalek/web/parts"
)

// store is what the page reads and changes.
type store interface {
	UsersOf(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.User, error)
	Clients(ctx context.Context, practice tenant.ID, after string, limit int) ([]registry.Client, error)
	UpdatePractice(ctx context.Context, id tenant.ID, change func(*registry.Practice) error) (registry.Practice, error)
}

// Options is what an Area is made of.
type Options struct {
	Store store
	Now   func() time.Time
}

// Area registers the page. Make it with New.
type Area struct {
	opts Options
	site *page.Site
}

// New returns the area.
func New(o Options) *Area { return &Area{opts: o} }

// Register puts the area's routes on e.
func (a *Area) Register(site *page.Site, e *echo.Echo) {
	a.site = site
	site.Private(e).For(registry.SeeSettings, registry.GiveOwnership).GET("/settings/roles", a.show)
	site.Private(e).For(registry.SeeSettings, registry.GiveOwnership).POST("/settings/roles/approval", a.postApproval)
	site.Private(e).For(registry.SeeSettings, registry.ManageMembers).POST("/settings/roles/coaches", a.postCoaches)
}

const (
	perRead     = 500
	mostMembers = 200
	mostCoaches = 100
)

type rolesPage struct {
	page.View
	Rows     []row
	FourEyes bool
	Enough   bool // two people can be the two
	Form     *page.Form
	Coaches  []coachRow
}

// row is an action with the roles that may do it, in words.
type row struct{ Text, Who string }

// coachRow is a member who is a coach, and the names in the list to choose from.
type coachRow struct {
	Field, Name, Login string
	Options            []parts.Option
}

func (a *Area) show(c echo.Context) error { return a.render(c, http.StatusOK, page.FormOf()) }

func (a *Area) render(c echo.Context, status int, form *page.Form) error {
	members, err := a.opts.Store.UsersOf(c.Request().Context(), page.Practice(c).ID, "", mostMembers)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	v := &rolesPage{View: page.NewView(c, "roles.title").BackTo("/settings"), Form: form, FourEyes: page.Practice(c).FourEyes, Enough: enough(members, page.Practice(c).ID)}
	for _, action := range registry.Actions() {
		var who []string
		for _, r := range action.Roles() {
			who = append(who, page.RoleName(c, r))
		}
		v.Rows = append(v.Rows, row{page.T(c, "roles.action."+string(action)), strings.Join(who, ", ")})
	}
	slices.SortFunc(v.Rows, func(x, y row) int { return strings.Compare(x.Text, y.Text) })
	if v.Coaches, err = a.coaches(c, members); err != nil {
		return err
	}
	return a.site.Render(c, status, "roles/roles.html", v)
}

// enough reports whether two members can be the two approvers.
func enough(members []registry.User, practice tenant.ID) bool {
	two, alone := 0, 0
	for _, m := range members {
		role, _ := m.In(practice)
		if role.May(registry.Countersign) {
			two++
		}
		if role.May(registry.Approve) {
			alone++
		}
	}
	return two >= 2 && alone >= 1
}

// coaches offers to each coach the names that the list of people knows coaches by.
func (a *Area) coaches(c echo.Context, members []registry.User) ([]coachRow, error) {
	practice := page.Practice(c)
	var rows []coachRow
	for _, m := range members {
		if role, _ := m.In(practice.ID); role == registry.RoleCoach {
			rows = append(rows, coachRow{Field: "coach_" + m.ID, Name: m.Name, Login: m.Login})
		}
	}
	if len(rows) == 0 {
		return nil, nil
	}
	names, err := a.coachNames(c.Request().Context(), practice.ID)
	if err != nil {
		return nil, err
	}
	for i, r := range rows {
		chosen := practice.Details.Coaches[strings.TrimPrefix(r.Field, "coach_")]
		options := []parts.Option{{Value: "", Text: page.T(c, "roles.coach_none"), Checked: chosen == ""}}
		for _, name := range names {
			options = append(options, parts.Option{Value: name, Text: name, Checked: strings.EqualFold(name, chosen)})
		}
		rows[i].Options = options
	}
	return rows, nil
}

// coachNames are the coaches whom the list of people names.
func (a *Area) coachNames(ctx context.Context, practice tenant.ID) ([]string, error) {
	var names []string
	for after := ""; ; {
		clients, err := a.opts.Store.Clients(ctx, practice, after, perRead)
		if err != nil {
			return nil, fmt.Errorf("list clients: %w", err)
		}
		for _, x := range clients {
			after = x.ID
			name := strings.TrimSpace(x.Person.Coach)
			known := slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) })
			if name != "" && !known && len(names) < mostCoaches {
				names = append(names, name)
			}
		}
		if len(clients) < perRead {
			slices.Sort(names)
			return names, nil
		}
	}
}

// postApproval chooses whether two people approve a message.
func (a *Area) postApproval(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	two := form.Get("four_eyes") == "yes"
	members, err := a.opts.Store.UsersOf(c.Request().Context(), page.Practice(c).ID, "", mostMembers)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	if two && !enough(members, page.Practice(c).ID) {
		var faults fault.List
		faults.Add("four_eyes", "error.four_eyes_alone", "invite a second person first who may approve messages")
		return a.render(c, http.StatusUnprocessableEntity, form.Fail(c, faults.Err()))
	}
	_, err = a.opts.Store.UpdatePractice(c.Request().Context(), page.Practice(c).ID, func(p *registry.Practice) error {
		if p.FourEyes == two {
			return nil
		}
		p.FourEyes = two
		kind := incidents.FourEyesOff
		if two {
			kind = incidents.FourEyesOn
		}
		p.Outbox.Put(string(p.ID), incidents.Event{PracticeID: p.ID, Kind: kind, At: a.opts.Now(), Actor: page.Actor(c)})
		return nil
	})
	if err != nil {
		return fmt.Errorf("choose who approves: %w", err)
	}
	a.site.Done(c, "roles.saved")
	return c.Redirect(http.StatusSeeOther, "/settings/roles")
}

// postCoaches ties accounts to coaches of the list.
func (a *Area) postCoaches(c echo.Context) error {
	form, err := page.ReadForm(c)
	if err != nil {
		return err
	}
	ctx, id := c.Request().Context(), page.Practice(c).ID
	members, err := a.opts.Store.UsersOf(ctx, id, "", mostMembers)
	if err != nil {
		return fmt.Errorf("list members: %w", err)
	}
	names, err := a.coachNames(ctx, id)
	if err != nil {
		return err
	}
	_, err = a.opts.Store.UpdatePractice(ctx, id, func(p *registry.Practice) error {
		tied := map[string]string{}
		for _, m := range members {
			name := form.Get("coach_" + m.ID)
			if role, _ := m.In(id); role == registry.RoleCoach && slices.Contains(names, name) {
				tied[m.ID] = name
			}
		}
		p.Details.Coaches = tied
		p.Outbox.Put(string(p.ID), incidents.Event{PracticeID: p.ID, Kind: incidents.CoachesTied, At: a.opts.Now(), Actor: page.Actor(c)})
		return nil
	})
	if err != nil {
		return fmt.Errorf("tie coaches: %w", err)
	}
	a.site.Done(c, "roles.saved")
	return c.Redirect(http.StatusSeeOther, "/settings/roles")
}
